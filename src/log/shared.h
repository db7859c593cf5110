// What the writer and the readers of one log share. Private to log/.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "log/batch.h"
#include "log/log.h"
#include "log/segment_files.h"
#include "runtime/executor.h"
#include "runtime/journal.h"
#include "runtime/task.h"

namespace artery::log {

// One reader's seat. Guarded by Shared::mutex but for `wakeup`.
struct Seat {
  Seat(std::string seat_name, runtime::Executor& home, std::uint64_t from, std::uint64_t lag_max)
      : name(std::move(seat_name)), wakeup(home), position(from), checkpoint(from), lag_bytes_max(lag_max) {}
  const std::string name;
  runtime::Wakeup wakeup;
  std::uint64_t position;    // what next() returns first
  std::uint64_t checkpoint;  // what the log must keep
  const std::uint64_t lag_bytes_max;
  bool detached = false;
};

class Shared {
 public:
  Shared(SegmentFiles segment_files, runtime::Executor& background, runtime::Journal& told)
      : files(std::move(segment_files)), pool(background), journal(told) {}

  enum class State { open, closed, failed };

  SegmentFiles files;
  runtime::Executor& pool;
  runtime::Journal& journal;

  std::mutex mutex;  // guards what follows, down to the atomics; never held over I/O
  State state = State::open;
  std::vector<Segment> segments;  // oldest first; the last one is being written
  std::deque<BatchPtr> recent;    // the newest batches, without a hole, up to `end`
  std::size_t recent_bytes = 0;
  std::vector<std::shared_ptr<Seat>> seats;
  std::function<void()> on_checkpoint;  // tells the writer that something may be trimmed

  std::atomic<std::uint64_t> end = 0;    // below: on the device
  std::atomic<std::uint64_t> begin = 0;  // below: forgotten
  std::atomic<std::uint64_t> damaged_batches = 0;
  std::atomic<std::uint64_t> detached_readers = 0;
};

}  // namespace artery::log
