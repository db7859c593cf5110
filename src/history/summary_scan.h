// How history is asked what samples come to, interval by interval, without handing out the samples: tiles stand in for
// them wherever that changes nothing (tile.h).
//
// Of times whose samples are let go of while tiles are kept (archive.h) only tiles tell. They cannot be cut: the finest
// tile there is counts as a whole in the interval that has its first sample, and not at all where that lies before the
// range. Its samples are summed up as Usable::not_bad says; where something else is asked for finer tiles are looked
// at, and what the finest cannot tell apart is as it is: ArchivedPart says so.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "history/summary.h"
#include "history/tile.h"
#include "model/ids.h"
#include "runtime/task.h"

namespace artery::history {

struct SummaryScan {
  AssetId asset;  // the one that the signal is of
  SignalId signal;
  Time from = time_min;  // the range is from <= time < to
  Time to = time_max;
  // Where the interval that has this time ends: later than it, the same for all times of an interval. Called for
  // ascending times, by the task that uses the cursor. Nothing: the range is one interval.
  std::function<Time(Time)> end_of;
  Usable usable = Usable::not_bad;
  SummaryParts parts = SummaryParts::all;
  Time as_of = time_max;  // as Scan::as_of; a segment's tiles do not help then, nor does an archive that is younger
  std::stop_token stop;   // ends it with HistoryError::cancelled
};

// Of which times archived tiles alone tell, and what they cannot tell.
struct ArchivedPart {
  Time before;
  // Usable::good: uncertain samples count that tiles have together with good ones. Usable::any: tiles lack bad samples,
  // or ones that are not numbers. So far: of what next() has handed out.
  bool quality_unheeded = false;
  // Samples of these times arrived after their tiles were made, and are not let go of yet. They count nowhere: of a
  // sample that is gone nobody knows whether they are the same one again.
  bool late_left_out = false;
};

// Summaries under way, as Cursor is for samples.
class SummaryCursor {
 public:
  class State;
  explicit SummaryCursor(std::unique_ptr<State> state);
  SummaryCursor(SummaryCursor&& other) noexcept;
  SummaryCursor& operator=(SummaryCursor&& other) noexcept;
  SummaryCursor(const SummaryCursor&) = delete;
  SummaryCursor& operator=(const SummaryCursor&) = delete;
  ~SummaryCursor();

  // The next intervals that have samples, in their order; none at the end. An interval in which the signal changed its
  // type comes once for each stretch of one type. On the pool. Errors: HistoryError::cancelled, FileError::*.
  runtime::Task<Result<std::vector<Summary>>> next();
  // As Cursor::incomplete().
  [[nodiscard]] bool incomplete() const;
  // Nothing where no part of the answer is of archived tiles.
  [[nodiscard]] std::optional<ArchivedPart> archived() const;
  // Samples before it are shown by no scan.
  [[nodiscard]] Time samples_from() const;
  // Whether there may have been samples of the signal that no scan shows.
  [[nodiscard]] bool hides_samples() const;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace artery::history
