// The log: the one place where data becomes durable. An append-only, checksummed, totally ordered sequence of batches.
//
// append() hands a batch over; its acknowledgement comes after the fdatasync that covers it, never before. While one
// sync runs the next group collects; there is no timer. Readers see a batch only after its sync, handed over in
// memory; the disk copy is for crashes and for those who fell behind.
//
// Threads: append(), end(), and counters() from any; everything else says so. Format: docs/formats/log.md.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "base/result.h"
#include "base/time.h"
#include "log/batch.h"
#include "log/reader.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/file.h"
#include "runtime/journal.h"
#include "runtime/task.h"

namespace artery::log {

enum class LogError {
  full,      // no room on the disk but what is kept free: refused, try again later; reading goes on
  busy,      // too much waits for its sync already: slow down
  too_long,  // the batch is longer than batch_bytes_max
  failed,    // a write or sync failed: the node must stop
  closed,    // the log is being closed
  detached,  // this reader stayed too far behind; resume from history
  damaged,   // the log on disk cannot be opened
};
inline std::string_view error_module(LogError) { return "log"; }

struct LogSettings {
  std::string folder;
  std::uint64_t segment_bytes = 32ULL << 20;
  std::uint64_t batch_bytes_max = 16ULL << 20;    // less than segment_bytes
  std::uint64_t pending_bytes_max = 64ULL << 20;  // waiting for their sync; beyond it append() says busy
  std::uint64_t memory_bytes_max = 32ULL << 20;   // kept for readers that are a little behind
  std::uint64_t keep_bytes = 0;                   // kept behind all checkpoints, at least
  Duration keep_time{0};                          // kept behind all checkpoints, at least
  std::uint64_t keep_free_bytes = 0;  // of the disk (room.h): below it the disk counts as full, so that the readers
                                      // have room for their checkpoints
};

struct LogCounters {
  std::uint64_t batches = 0;
  std::uint64_t bytes = 0;
  std::uint64_t refused_full = 0;
  std::uint64_t refused_busy = 0;
  DurationCounts syncs{};  // how long each took, the write before it included
  Duration sync_max{0};
  std::uint64_t segments = 0;  // on disk, spares not counted
  std::uint64_t disk_bytes = 0;
  std::uint64_t damaged_batches = 0;  // found rotten so far
  std::uint64_t detached_readers = 0;
  bool full = false;
};

// Called once per append(), on the log's loop: post what is to be done to your own.
using Acknowledge = std::move_only_function<void(Result<Offset>)>;

class Log {
 public:
  // Recovers what is in the folder, as docs/formats/log.md says, and starts the writer on `home`. `pool` prepares
  // segments and reads for readers that fell behind. `on_failed` is called once, on `home`, when a write or sync
  // failed: nothing is acknowledged any more and the node must exit. All references must outlive the log. Errors:
  // LogError::damaged, LogError::full, FileError::*. Runs on `home`.
  struct Surroundings {
    runtime::Loop& home;
    runtime::Executor& pool;
    runtime::Files& files;
    runtime::Clock& clock;
    runtime::Journal& journal;
  };
  static runtime::Task<Result<std::unique_ptr<Log>>> open(Surroundings around, LogSettings settings,
                                                          std::function<void(const Error&)> on_failed);
  // Only after close() was awaited, or when `home` and `pool` run no more work (a crash in the simulator).
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Takes a batch that is not empty. An error here (full, busy, too_long, failed, closed) means `acknowledge` will not
  // be called. Any thread.
  Result<void> append(BatchBuilder batch, Acknowledge acknowledge);

  // Every batch below it is durable and can be read. Any thread.
  [[nodiscard]] Offset end() const;
  // The oldest batch that is still on disk. Any thread.
  [[nodiscard]] Offset begin() const;

  // Starts a reader at `from` (its own checkpoint), which keeps the log from that position on until it reports
  // a checkpoint; at most `lag_bytes_max` of it, after which it is detached, loudly: for a reader that can resume from
  // history. What has its data from nowhere but the log takes `no_lag_limit`. `home` is where it is used and
  // woken. A `from` below begin() starts at begin() and the journal says what is missing. Any thread.
  static constexpr std::uint64_t no_lag_limit = std::numeric_limits<std::uint64_t>::max();
  std::unique_ptr<Reader> follow(std::string name, runtime::Executor& home, Offset from, std::uint64_t lag_bytes_max);

  // Once every reader follows: from now on what all of them have checkpointed may be forgotten. On `home`.
  void allow_trimming();

  // A stamp for what arrives now: the clock's time, but above every stamp given before, also before a restart. With
  // `count` above 1 reserves that many, one nanosecond apart, and returns the first. Any thread.
  Time stamp(std::uint64_t count);

  // Writes and acknowledges what waits, ends the readers and stops. On `home`.
  runtime::Task<void> close();

  [[nodiscard]] LogCounters counters() const;

 private:
  class Writer;
  explicit Log(std::unique_ptr<Writer> writer);
  std::unique_ptr<Writer> writer_;
};

}  // namespace artery::log
