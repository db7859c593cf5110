// Retained messages: of each topic the last one published to be retained, as the log has it. An empty payload removes.
//
// A reader of the log with a checkpoint file of its own (docs/formats/live.md). What the log has is kept, always:
// limits are asked for before a message is submitted, so that its sender can be told.
//
// Following and checkpoints belong to `home`. The messages lie in one tree under one lock that readers share, so that
// any shard is told at once whether a message may be retained; only `home` writes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "live/checkpoint.h"
#include "live/error.h"
#include "live/message.h"
#include "log/log.h"
#include "model/ids.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/journal.h"
#include "runtime/task.h"

namespace artery::live {

struct RetainedSettings {
  std::uint64_t count_max = 100'000;
  std::uint64_t bytes_max = 64ULL << 20;             // topics and payloads
  std::uint64_t checkpoint_bytes = 256ULL << 20;     // of the log, applied since the last checkpoint
  Duration checkpoint_time = std::chrono::hours(1);  // where there was anything new
  std::size_t read_bytes = 1U << 20;                 // of the log, taken at once
};

struct RetainedCounters {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t refused = 0;  // by announce()
  std::uint64_t checkpoints = 0;
  std::uint64_t checkpoints_failed = 0;  // tried again
  Offset applied;                        // everything below it is here
};

class Retained {
 public:
  // All must outlive it.
  struct Surroundings {
    runtime::Loop& home;
    runtime::Executor& pool;
    CheckpointFolder& checkpoints;
    runtime::Clock& clock;
    runtime::Journal& journal;
    log::Log& log;
  };

  // Loads the newest intact checkpoint and follows the log from there. `on_failed` is called at most once, on `home`,
  // when following ended otherwise than by the log's closing: the node must exit. On `home`. Errors: FileError::*.
  static runtime::Task<Result<std::unique_ptr<Retained>>> open(Surroundings around, RetainedSettings settings,
                                                               std::function<void(const Error&)> on_failed);
  // When `home` and `pool` run no more of its work. Before the log.
  ~Retained();
  Retained(const Retained&) = delete;
  Retained& operator=(const Retained&) = delete;

  // A retained message that is being submitted to the log. Keep it until the submission was answered, either way: a
  // find() that begins meanwhile waits for it. May be moved to and destroyed on any thread, also after Retained.
  class Announced {
   public:
    Announced(Announced&&) noexcept = default;
    Announced(const Announced&) = delete;
    Announced& operator=(Announced&&) = delete;
    Announced& operator=(const Announced&) = delete;
    ~Announced();

   private:
    friend class Retained;
    class Waiting;
    Announced(std::shared_ptr<Waiting> waiting, std::uint64_t number) : waiting_(std::move(waiting)), number_(number) {}
    std::shared_ptr<Waiting> waiting_;
    std::uint64_t number_;
  };
  // Before a message with the retain flag goes to admission and to the router. Removing and replacing with no more
  // bytes is always allowed. Limits are met but for what is announced and not yet applied. Any thread. Errors:
  // LiveError::too_many.
  Result<Announced> announce(std::string_view topic, std::size_t payload_bytes);

  // The messages whose topic a filter selects, sorted by topic, after everything acknowledged or announced before the
  // call is applied. Called on `asker`, and goes on there. Errors: LiveError::closed.
  runtime::Task<Result<std::vector<SharedMessage>>> find(std::string filter, runtime::Executor& asker);

  // After the log was closed: waits for the end of following and writes a last checkpoint where there is anything new.
  // On `home`. Errors: FileError::*.
  runtime::Task<Result<void>> close();

  // Any thread.
  [[nodiscard]] RetainedCounters counters() const;

 private:
  class Store;
  explicit Retained(std::unique_ptr<Store> store);
  std::unique_ptr<Store> store_;
};

}  // namespace artery::live
