// One partition of history: a reader of the log, and the samples of its assets that are in no segment yet.
//
// Everything but the counters happens on the partition's loop.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "history/head.h"
#include "history/rows.h"
#include "history/stored.h"
#include "log/reader.h"
#include "runtime/executor.h"
#include "runtime/task.h"

namespace artery::history {

struct PartitionSettings {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
  std::size_t read_bytes = 0;
  std::uint64_t head_bytes_max = 0;    // of one head; there are two while a checkpoint is being written
  std::uint64_t checkpoint_bytes = 0;  // of the log
};

// What a scan reads: taken in one turn, so that every sample is in it once. Immutable.
struct Snapshot {
  std::shared_ptr<const Stored> stored;
  std::vector<HeadRun> head;
  std::vector<Rows> rest;  // what is in neither yet, where that was read from the log; sorted, none of them empty,
                           // and of the whole range that was asked for
  Visible visible;         // of all of these
};

// How far a partition came that was waited for.
enum class Reached {
  all,
  no_room,  // its head is full and cannot be written: the rest stays in the log until there is room on the disk
  ended,    // it follows the log no more
};

class Partition {
 public:
  // `on_due` is called on the loop when a checkpoint is due. `loop` must outlive it.
  Partition(PartitionSettings settings, runtime::Loop& loop, runtime::Executor& pool,
            std::unique_ptr<log::Reader> reader, std::shared_ptr<const Stored> stored, std::function<void()> on_due);
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;
  ~Partition() = default;

  [[nodiscard]] runtime::Loop& loop() { return loop_; }
  // Follows the log to its end, and then tells why it ended: LogError::closed in order.
  runtime::Task<Error> follow();
  // Waits until every batch below `offset` is applied, or it is certain that this will take until something else
  // happens.
  runtime::Task<Reached> applied(Offset offset);
  // Gives up what there is no room for, and waits until the log, which must be closed, is followed no more.
  runtime::Task<void> end();
  // Every batch below it is applied.
  [[nodiscard]] Offset position() const { return applied_; }
  [[nodiscard]] Snapshot snapshot(SignalId signal, const Span& span) const;

  // A checkpoint begins with a cut, at the same offset for all partitions. hold(): goes on no further, and says how far
  // it came. reach(): goes on to exactly there; false where it ended before. freeze(): puts the head aside and has an
  // empty one. release(): goes on, and must follow every hold().
  Offset hold();
  runtime::Task<bool> reach(Offset at);
  std::shared_ptr<const Head> freeze();
  void release();
  // And ends with either: what was put aside is in a segment; or it could not be written, and will be tried again.
  void publish(std::shared_ptr<const Stored> stored, Offset cursor);
  void not_written();
  // What is in the segments is the same, in others: a compaction.
  void replace(std::shared_ptr<const Stored> stored);

  // Any thread.
  [[nodiscard]] bool is_due() const { return due_; }
  [[nodiscard]] std::uint64_t samples_applied() const { return samples_applied_; }
  [[nodiscard]] std::uint64_t head_samples() const { return head_samples_; }
  [[nodiscard]] std::uint64_t head_bytes() const { return head_bytes_; }
  [[nodiscard]] std::uint64_t malformed_records() const { return malformed_records_; }

 private:
  struct Waiter {
    Offset offset;
    std::coroutine_handle<> task;
  };
  auto wait_for(Offset offset);
  runtime::Task<bool> until_free(Offset next);
  [[nodiscard]] bool must_wait(Offset next) const;
  [[nodiscard]] bool has_room() const { return frozen_ == nullptr || head_->bytes() < settings_.head_bytes_max; }
  [[nodiscard]] bool is_stuck() const { return not_written_ && !leaving_ && !has_room(); }
  [[nodiscard]] bool is_settled(Offset offset) const { return applied_ >= offset || ended_ || is_stuck(); }
  void apply(const log::Batch& batch);
  void advance(Offset to);
  void wake_waiters();
  void count();

  const PartitionSettings settings_;
  runtime::Loop& loop_;
  runtime::Executor& pool_;
  std::unique_ptr<log::Reader> reader_;
  std::shared_ptr<const Stored> stored_;
  std::function<void()> on_due_;
  std::shared_ptr<Head> head_;
  std::shared_ptr<const Head> frozen_;  // being written
  Offset applied_;                      // every batch below it
  std::optional<Offset> stop_at_;       // no batch from here on may be applied
  std::uint64_t log_bytes_ = 0;         // applied since the head was empty
  bool not_written_ = false;            // frozen_ was tried
  bool leaving_ = false;
  bool ended_ = false;
  std::vector<Waiter> waiters_;
  runtime::Wakeup changed_;  // of stop_at_, frozen_, not_written_ or leaving_

  std::atomic<bool> due_ = false;  // a checkpoint
  std::atomic<std::uint64_t> samples_applied_ = 0;
  std::atomic<std::uint64_t> head_samples_ = 0;
  std::atomic<std::uint64_t> head_bytes_ = 0;
  std::atomic<std::uint64_t> malformed_records_ = 0;
};

}  // namespace artery::history
