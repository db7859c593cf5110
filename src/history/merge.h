// Merges runs of one signal into its history: sorted by time, replays absorbed, revisions numbered. Opens a run only
// when the merge comes to its time, so it holds those that overlap and no others.
//
// Sans-I/O: the caller opens the runs that are wanted() and gives their rows. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "history/rows.h"
#include "history/scan.h"

namespace artery::history {

struct MergeOrder {
  Direction direction = Direction::forward;
  Revisions revisions = Revisions::newest;
  std::optional<Position> after;
};

class Merge {
 public:
  // One span for each run; its rows lie within.
  Merge(std::vector<Span> runs, MergeOrder order);

  // The run that must be given before the merge can go on.
  [[nodiscard]] std::optional<std::size_t> wanted() const;
  // Whether all of the wanted run comes before anything else does, as it is, if each of its times is there once.
  [[nodiscard]] bool is_next_alone() const;
  // Rows may be none; they have all columns.
  void give(std::size_t run, Rows rows);
  // Instead of give(): the caller has taken the rows of the run, which is alone, for itself.
  void pass(std::size_t run);
  [[nodiscard]] bool done() const;
  // Appends samples, of the columns that `into` has; false where `into` must be handed out first: it is full, or the
  // next sample is of another type. Only when no run is wanted and it is not done. May append nothing, where all it
  // came to is not asked for.
  bool step(Samples& into);

 private:
  struct Open {
    Rows rows;
    std::size_t next = 0;  // counted in the direction
  };
  struct Ref {
    std::uint32_t run;
    std::uint32_t row;
    std::uint32_t revision;
  };
  struct Next {
    Time time;
    std::uint32_t run;
  };

  [[nodiscard]] bool forward() const { return order_.direction == Direction::forward; }
  [[nodiscard]] bool before(Time a, Time b) const { return forward() ? a < b : a > b; }
  [[nodiscard]] Time start(std::size_t run) const { return forward() ? runs_[run].first : runs_[run].last; }
  [[nodiscard]] Time end(std::size_t run) const { return forward() ? runs_[run].last : runs_[run].first; }
  [[nodiscard]] std::size_t row_of(const Open& open) const {
    return forward() ? open.next : open.rows.size() - 1 - open.next;
  }
  [[nodiscard]] bool asked_for(Time time, std::uint32_t revision) const;
  void push_next(std::uint32_t run);
  bool emit(Samples& into, const Ref& ref) const;
  bool emit_stretch(Samples& into);
  bool emit_rows(Samples& into, Open& open) const;
  void gather();
  void number_revisions();

  std::vector<Span> runs_;
  MergeOrder order_;
  std::vector<std::uint32_t> closed_;    // not given yet; the first in time is the last here
  std::vector<Open> open_;               // by run
  std::vector<Next> heap_;               // the next row's time of each open run; the first in time at the front
  std::vector<Ref> group_;               // what is left of the time that the merge stands at, last first
  std::vector<std::uint32_t> standing_;  // the runs that it came from
};

}  // namespace artery::history
