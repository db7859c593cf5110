// What live's readers of the log have in common: taking batches, telling who waits how far they are, and checkpoints by
// bytes, by time and at the end. Private to live/.
//
// Everything on `home` but position(). While a checkpoint is written, following goes on.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "live/checkpoint.h"
#include "log/log.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/journal.h"
#include "runtime/task.h"

namespace artery::live {

// What is made of the log.
class Target {
 public:
  virtual ~Target() = default;
  virtual void apply(const log::Batch& batch) = 0;
  // All batches that were taken at once are applied.
  virtual void turn_ended() = 0;
  // The body of a checkpoint of what is applied now.
  [[nodiscard]] virtual Buffer snapshot() const = 0;
  // No batch will come any more.
  virtual void ended() = 0;
};

struct FollowerSettings {
  std::string name;  // for the journal
  CheckpointKind kind = CheckpointKind::newest;
  std::uint32_t partition = 0;
  std::uint32_t partitions = 1;
  std::uint64_t checkpoint_bytes = 0;
  Duration checkpoint_time{0};
  std::size_t read_bytes = 0;
  std::function<void(const Error&)> on_failed;
};

class Follower {
 public:
  struct Surroundings {
    runtime::Loop& home;
    runtime::Executor& pool;
    CheckpointFolder& checkpoints;
    runtime::Journal& journal;
    log::Log& log;
  };
  Follower(Surroundings around, FollowerSettings settings, Target& target);
  // When `home` and `pool` run no more of its work.
  ~Follower() = default;
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  // Begins to follow, from its own checkpoint (`path`, if any) or another one. `stale` says that a checkpoint is due
  // even if nothing new comes. Any thread; goes on on `home`.
  void start(Offset from, std::string path, bool stale);

  // Everything below it is applied. Any thread.
  [[nodiscard]] Offset position() const { return Offset(position_); }
  [[nodiscard]] std::uint64_t checkpoints() const { return checkpoints_; }
  [[nodiscard]] std::uint64_t checkpoints_failed() const { return checkpoints_failed_; }

  // Waits until everything below `offset` is applied. Errors: LiveError::closed.
  runtime::Task<Result<void>> applied(Offset offset);

  // After the log was closed. Errors: FileError::*.
  runtime::Task<Result<void>> close();

 private:
  static constexpr Duration retry_after = std::chrono::minutes(1);

  runtime::Task<void> run();
  runtime::Task<void> checkpoint();
  void spawn_checkpoint();
  void arm_timer(Duration delay);
  void wake(bool all);

  Surroundings around_;
  FollowerSettings settings_;
  Target& target_;
  std::unique_ptr<log::Reader> reader_;
  std::atomic<std::uint64_t> position_ = 0;
  std::atomic<std::uint64_t> checkpoints_ = 0;
  std::atomic<std::uint64_t> checkpoints_failed_ = 0;
  std::multimap<std::uint64_t, std::coroutine_handle<>> waiting_;
  std::string path_;             // of its newest checkpoint
  std::uint64_t new_bytes_ = 0;  // applied since its newest checkpoint
  bool stale_ = false;
  bool checkpointing_ = false;
  bool ended_ = false;
  std::optional<Error> checkpoint_error_;  // of the last try
  runtime::TimerId timer_;
  runtime::Wakeup changed_;  // ended_ or checkpointing_
  runtime::Scope scope_;     // last: its frames use what stands above
};

}  // namespace artery::live
