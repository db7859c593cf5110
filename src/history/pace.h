// How a job in the background goes on: it gives way to others again and again, keeps to a rate, and can be cancelled.
// Used by one task at a time.
#pragma once

#include <cstdint>
#include <stop_token>

#include "base/result.h"
#include "base/time.h"
#include "history/segment_writer.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/task.h"

namespace artery::history {

// All outlive it.
struct PaceSettings {
  runtime::Executor* pool = nullptr;  // where the job runs; nothing: it is the only one, and never waits
  runtime::Loop* home = nullptr;      // where it waits
  const runtime::Clock* clock = nullptr;
  std::uint64_t bytes_per_second = 0;  // read and written
  std::stop_token stop{};
};

class Pace {
 public:
  explicit Pace(PaceSettings settings);

  void read(std::uint64_t bytes) { bytes_read_ += bytes; }
  // Writes what there is enough of, and gives way. On the pool, where it goes on. Errors: HistoryError::cancelled,
  // FileError::*.
  runtime::Task<Result<void>> go_on(SegmentWriter* writer) const;

 private:
  [[nodiscard]] Duration ahead(std::uint64_t written) const;

  const PaceSettings settings_;
  const Instant begun_;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace artery::history
