// Summaries under way: stretch by stretch (stretches.h). What is archived is told by archives' tiles alone. Where one
// segment alone has samples, the coarsest tiles that fit, and rows between them; elsewhere samples, merged.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "history/cursor.h"
#include "history/partition.h"
#include "history/segment.h"
#include "history/stretches.h"
#include "history/summary_scan.h"
#include "history/tile.h"
#include "runtime/file.h"

namespace artery::history {

// Reads one signal of one segment, going forward in time.
class SignalReader {
 public:
  // `visible` must outlive it.
  SignalReader(Cursor::State::Surroundings around, std::shared_ptr<const Segment> segment, SignalId signal,
               SummaryParts parts, const Visible* visible);

  [[nodiscard]] bool has_tiles(std::size_t level) const { return !levels_[level].places.empty(); }
  // Whether tile() has what it needs for this time; else fetch() reads it. A level that is damaged is given up.
  [[nodiscard]] bool at_hand(std::size_t level, Time time) const { return levels_[level].at_hand(time); }
  runtime::Task<Result<void>> fetch(std::size_t level, Time time);
  // The first tile of the level that does not end before `time`, which must be at hand; nullptr where no more come.
  const Summary* tile(std::size_t level, Time time);
  // The chunk with the first sample from `time` on: its rows that are visible, newest revisions only; nothing where no
  // more are to come. What is damaged is left out.
  runtime::Task<Result<const Samples*>> chunk(Time time);
  // Whether a deletion may have taken something of the segment's samples in the span; or all.
  [[nodiscard]] bool meets_deletion(const Span& span) const;
  [[nodiscard]] bool is_deleted(const Span& span) const;
  [[nodiscard]] bool incomplete() const { return incomplete_; }

 private:
  struct Level {
    std::vector<TilePlace> places;
    std::size_t block = 0;
    std::vector<Summary> tiles;  // of it; none: not read yet
    std::size_t next = 0;
    [[nodiscard]] bool at_hand(Time time) const {
      return block == places.size() || (!tiles.empty() && time <= tiles.back().last.time);
    }
  };
  runtime::Task<Result<void>> load(ChunkPlace place);
  runtime::Task<Result<runtime::File*>> file();

  const Cursor::State::Surroundings around_;
  const std::shared_ptr<const Segment> segment_;
  const SignalId signal_;
  const SummaryParts parts_;
  const Visible* const visible_;
  std::unique_ptr<runtime::File> file_;
  std::array<Level, tile_levels> levels_;
  std::uint64_t read_to_ = 0;  // where in the file the last chunk ended that was read
  Samples rows_;
  bool incomplete_ = false;
};

class SummaryCursor::State {
 public:
  // `samples_from`: the signal's horizon.
  State(Cursor::State::Surroundings around, SummaryScan scan, const Span& span, Snapshot snapshot, Time samples_from);

  runtime::Task<Result<std::vector<Summary>>> next();
  [[nodiscard]] bool incomplete() const { return incomplete_ || (reader_ && reader_->incomplete()); }
  [[nodiscard]] std::optional<ArchivedPart> archived() const { return archived_; }
  [[nodiscard]] Time samples_from() const { return samples_from_; }
  [[nodiscard]] bool hides_samples() const { return std::max(samples_from_, archived_until_) > time_min; }

 private:
  void plan_archives(const Span& span);
  runtime::Task<Result<void>> step();
  runtime::Task<Result<void>> step_archived();
  void take_archived(const Summary* taken, std::optional<Time> end);
  [[nodiscard]] bool tells_usable(const Summary& archived) const;
  [[nodiscard]] Summary heeded(const Summary& archived);
  runtime::Task<Result<void>> step_alone();
  [[nodiscard]] bool take_tile(std::size_t level);
  [[nodiscard]] Time rows_until();
  runtime::Task<Result<void>> step_merged();
  void end_stretch();
  void go_on_after(Time time);
  [[nodiscard]] bool fits(const Summary& tile) const;
  [[nodiscard]] bool may_use(const Summary& tile) const;
  [[nodiscard]] Time end_of_interval(Time time) const;
  void add(const Summary& summary);
  void add_rows(const Samples& rows, std::size_t begin, std::size_t end);
  void start_interval(Time time, ValueType type);

  const Cursor::State::Surroundings around_;
  const SummaryScan scan_;
  const Time samples_from_;
  const Time archived_until_;  // of the signal: nothing but archives tells of what is before
  std::optional<ArchivedPart> archived_;
  const Snapshot snapshot_;  // without head runs; no sample before archived_until_
  std::vector<Stretch> stretches_;
  std::size_t stretch_ = 0;
  Time position_;                       // in it: everything before is summed up
  std::optional<SignalReader> reader_;  // of the stretch's segment
  const Segment* reader_of_ = nullptr;
  std::unique_ptr<Cursor::State> merge_;
  bool incomplete_ = false;
  Summary open_;  // of the interval that the position is in
  Time open_end_;
  std::vector<Summary> ready_;
};

}  // namespace artery::history
