// The rest: what a partition has not applied, because its head is full and the disk too. A scan reads it from the log,
// so that reading goes on with everything that was acknowledged; it costs a pass over that part of the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "history/deletions.h"
#include "history/rows.h"
#include "history/scan.h"
#include "log/reader.h"
#include "model/ids.h"
#include "runtime/task.h"

namespace artery::history {

struct RestJob {
  std::unique_ptr<log::Reader> reader;  // stands where the rest begins; its home is the pool
  Offset end;                           // where it ends; not beyond the log's
  std::uint32_t index = 0;              // of the partition
  std::uint32_t count = 1;
  SignalId signal;
  Span span;
  Direction direction = Direction::forward;
  std::uint64_t limit = 0;  // of the samples that are asked for
  Time as_of = time_max;    // what arrived later is not asked for
  std::stop_token stop;
  std::size_t read_bytes = 0;   // of the log, taken at once
  std::uint64_t bytes_max = 0;  // of the rows that are found
};

// The signal's rows that a scan may come to, sorted within each; none is empty. And its deletions. On the pool. Errors:
// HistoryError::cancelled, too_much, LogError::*, FileError::*.
struct Rest {
  std::vector<Rows> rows;
  Deletions deletions;
  bool pruned = false;  // rows that a limited scan does not come to were let go of
};
runtime::Task<Result<Rest>> read_rest(RestJob job);

}  // namespace artery::history
