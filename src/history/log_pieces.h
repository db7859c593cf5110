// What the log of a node that does not run still holds of a history: for repair(). Private to history/.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "history/head.h"
#include "log/inspect.h"
#include "model/ids.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::history {

// Batches that follow each other, and when the first and the last of them arrived.
struct LogStretch {
  Offset from;
  Offset to;
  Time first;
  Time last;
};

// A log that nobody has open. Nothing is changed.
class ClosedLog {
 public:
  // One without a batch where there is no folder. On a pool. Errors: FileError::* but io, which is damage.
  static runtime::Task<Result<ClosedLog>> open(runtime::Files* files, std::string folder);

  [[nodiscard]] Offset begin() const { return segments_.empty() ? end_ : Offset(segments_.front().base); }
  [[nodiscard]] Offset end() const { return end_; }

 private:
  friend class LogPieces;
  [[nodiscard]] std::optional<std::uint64_t> end_of(std::size_t segment) const;

  runtime::Files* files_ = nullptr;
  std::string folder_;
  std::vector<log::SegmentName> segments_;
  Offset end_;
};

// The batches of a range that can be read, in order, as heads that may be sealed one by one, so that no more than one
// file of the log and about `bytes_max` of samples are in memory.
class LogPieces {
 public:
  LogPieces(const ClosedLog* log, Offset from, Offset to, std::uint64_t bytes_max)
      : log_(*log), from_(from), to_(to), bytes_max_(bytes_max) {}

  struct Piece {
    LogStretch stretch;
    std::shared_ptr<Head> head;
  };
  // Nothing at the end. Errors: FileError::* but io, which is damage.
  runtime::Task<Result<std::optional<Piece>>> next();

 private:
  void add(const log::BatchHeader& header, Bytes payload);

  const ClosedLog& log_;
  const Offset from_;
  const Offset to_;
  const std::uint64_t bytes_max_;
  std::size_t segment_ = 0;   // the next of the log's
  std::deque<Piece> pieces_;  // all but the last one are complete
};

}  // namespace artery::history
