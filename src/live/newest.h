// The newest value of every signal, and who follows it.
//
// One partition per shard keeps the newest values of its assets' signals (model/partition.h), each a reader of the log
// with checkpoint files of its own (docs/formats/live.md). The greatest source time wins; of equal ones the later in
// the log, a correction, unless the same was said of that time before: that is a replay (promise 3), and the newest
// stays. A batch applied twice changes nothing in the end. Where the newest is deleted live does not know what comes
// next.
//
// Threads: a partition belongs to its shard's loop; opening and closing to `home`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "live/checkpoint.h"
#include "live/error.h"
#include "live/signal_subscription.h"
#include "log/log.h"
#include "model/ids.h"
#include "model/sample.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/journal.h"
#include "runtime/task.h"

namespace artery::live {

struct NewestSettings {
  std::uint64_t checkpoint_bytes = 256ULL << 20;     // of the log, applied since the last checkpoint
  Duration checkpoint_time = std::chrono::hours(1);  // where there was anything new
  std::size_t read_bytes = 256U << 10;               // of the log, taken at once
  std::size_t filters_max = 1000;                    // of one subscription
  std::size_t subscriptions_max = 10'000;            // of signals, over all shards
  std::size_t outbox_updates_max = 10'000;           // waiting for one subscriber
  std::size_t outbox_bytes_max = 4ULL << 20;         // of them, texts included
};

struct SignalKey {
  AssetId asset;  // the one that the signal is of
  SignalId signal;
};

struct NewestValue {
  Time time;
  Value value;
  Quality quality;
  Time arrival;  // when admission took it
};

// Names and ids, as the catalogue has them. All are called on the shards, at once from several.
struct SignalNames {
  std::function<std::string(SignalId)> name;                       // "" where unknown
  std::function<std::optional<SignalKey>(std::string_view)> find;  // by former names as well
  std::function<std::uint64_t()> epoch;                            // another number when a name may have changed
};

struct NewestCounters {
  std::uint64_t signals = 0;  // with a newest value
  std::uint64_t samples = 0;  // applied since the start
  std::uint64_t subscriptions = 0;
  std::uint64_t updates_sent = 0;
  std::uint64_t updates_dropped = 0;
  std::uint64_t malformed_records = 0;  // of the log; a defect or a format of the future
  std::uint64_t checkpoints = 0;
  std::uint64_t checkpoints_failed = 0;  // tried again
  Offset applied;                        // everything below it is here, in all partitions
};

class Newest {
 public:
  // All must outlive it. `shards` may name `home` and one loop more than once.
  struct Surroundings {
    runtime::Loop& home;
    std::vector<runtime::Loop*> shards;
    runtime::Executor& pool;
    CheckpointFolder& checkpoints;
    runtime::Clock& clock;
    runtime::Journal& journal;
    log::Log& log;
    SignalNames names;
  };

  // Loads the checkpoints, of however many partitions they are, and follows the log from the least of their offsets.
  // `on_failed` is called, on `home`, when a partition's following ended otherwise than by the log's closing: the node
  // must exit. On `home`. Errors: FileError::*.
  static runtime::Task<Result<std::unique_ptr<Newest>>> open(Surroundings around, NewestSettings settings,
                                                             std::function<void(const Error&)> on_failed);
  // When no loop and no pool runs its work any more. Before the log.
  ~Newest();
  Newest(const Newest&) = delete;
  Newest& operator=(const Newest&) = delete;

  // The newest values of `signals`, in their order, after everything acknowledged before the call is applied; nothing
  // where a signal has no sample, or what was newest was deleted and nothing as new came since. Called on `asker`, and
  // goes on there. Errors: LiveError::closed.
  runtime::Task<Result<std::vector<std::optional<NewestValue>>>> last(std::vector<SignalKey> signals,
                                                                      runtime::Executor& asker);

  // Waits until all partitions have applied everything below `offset`. Called on `asker`, and goes on there. Errors:
  // LiveError::closed.
  runtime::Task<Result<void>> applied(Offset offset, runtime::Executor& asker);

  // Follows all signals, also those that appear later, whose full names any filter selects; a filter without wildcards
  // may be a former name. Where a signal's name changes it is followed, or not, by its new one from the next batch on.
  // First come their newest values. Called on `asker`, where `subscriber` is called too; it must outlive the
  // subscription. Errors: LiveError::bad_filter, too_many.
  Result<std::unique_ptr<SignalSubscription>> subscribe(const SignalSelection& selection, SignalSubscriber& subscriber,
                                                        runtime::Executor& asker);

  // After the log was closed: waits for the end of following and writes the last checkpoints. On `home`. Errors:
  // FileError::*.
  runtime::Task<Result<void>> close();

  // Any thread.
  [[nodiscard]] NewestCounters counters() const;

 private:
  class Core;
  explicit Newest(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace artery::live
