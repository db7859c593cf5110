#include "history/partition.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "history/error.h"

namespace artery::history {

using runtime::Task;

Partition::Partition(PartitionSettings settings, runtime::Loop& loop, runtime::Executor& pool,
                     std::unique_ptr<log::Reader> reader, std::shared_ptr<const Stored> stored,
                     std::function<void()> on_due)
    : settings_(settings),
      loop_(loop),
      pool_(pool),
      reader_(std::move(reader)),
      stored_(std::move(stored)),
      on_due_(std::move(on_due)),
      head_(std::make_shared<Head>(settings.index, settings.count)),
      applied_(reader_->position()),
      changed_(loop) {}

Task<Error> Partition::follow() {
  while (true) {
    auto batches = co_await reader_->next(settings_.read_bytes);
    if (!batches) {
      ended_ = true;
      wake_waiters();
      co_return batches.error();
    }
    for (const log::BatchPtr& batch : *batches) {
      advance(batch->offset());  // what the log skipped
      if (!co_await until_free(batch->offset())) {
        ended_ = true;
        wake_waiters();
        co_return Error(HistoryError::closed, "history is closed");
      }
      apply(*batch);
      advance(Offset(batch->offset().value() + 1));
    }
    advance(reader_->position());
    co_await runtime::on(loop_);  // others' turn
  }
}

bool Partition::must_wait(Offset next) const { return (stop_at_ && next >= *stop_at_) || !has_room(); }

// False where it is to go on no more.
Task<bool> Partition::until_free(Offset next) {
  while (must_wait(next)) {
    if (leaving_) co_return false;
    wake_waiters();
    co_await changed_.wait();
  }
  co_return true;
}

void Partition::apply(const log::Batch& batch) {
  const std::uint64_t before = head_->samples();
  malformed_records_ += head_->append(batch);
  samples_applied_ += head_->samples() - before;
  log_bytes_ += batch.bytes().size();
  count();
  const bool due = log_bytes_ >= settings_.checkpoint_bytes || head_->bytes() >= settings_.head_bytes_max;
  if (due && !due_.exchange(true)) on_due_();
}

void Partition::advance(Offset to) {
  if (to <= applied_) return;
  applied_ = to;
  wake_waiters();
}

// Waiters are resumed by work of their own: they may do anything.
void Partition::wake_waiters() {
  std::erase_if(waiters_, [&](const Waiter& waiter) {
    if (!is_settled(waiter.offset)) return false;
    loop_.post([task = waiter.task] { task.resume(); });
    return true;
  });
}

auto Partition::wait_for(Offset offset) {
  struct Wait {
    Partition& partition;
    Offset offset;
    bool await_ready() const noexcept { return partition.is_settled(offset); }
    void await_suspend(std::coroutine_handle<> self) const { partition.waiters_.push_back({offset, self}); }
    void await_resume() const noexcept {}
  };
  return Wait{*this, offset};
}

Task<Reached> Partition::applied(Offset offset) {
  ARTERY_ASSERT(loop_.is_current());
  co_await wait_for(offset);
  if (applied_ >= offset) co_return Reached::all;
  co_return ended_ ? Reached::ended : Reached::no_room;
}

Task<void> Partition::end() {
  ARTERY_ASSERT(loop_.is_current());
  leaving_ = true;
  changed_.notify();
  co_await wait_for(Offset(std::numeric_limits<Offset::rep>::max()));
}

Snapshot Partition::snapshot(SignalId signal, const Span& span) const {
  ARTERY_ASSERT(loop_.is_current());
  Snapshot snapshot{stored_, head_->runs(signal, span), {}, {}};
  if (frozen_ != nullptr) std::ranges::move(frozen_->runs(signal, span), std::back_inserter(snapshot.head));
  const auto take = [&](const auto& deletions) {
    std::ranges::copy_if(deletions, std::back_inserter(snapshot.visible.deletions),
                         [&](const StoredDeletion& one) { return one.span().meets(span); });
  };
  take(deletions_of(stored_->deletions, signal));
  if (frozen_ != nullptr) take(frozen_->deletions(signal));
  take(head_->deletions(signal));
  return snapshot;
}

Offset Partition::hold() {
  ARTERY_ASSERT(loop_.is_current() && !stop_at_ && !frozen_);
  stop_at_ = applied_;
  return applied_;
}

Task<bool> Partition::reach(Offset at) {
  ARTERY_ASSERT(loop_.is_current() && stop_at_ && at >= applied_);
  stop_at_ = at;
  changed_.notify();
  co_await wait_for(at);
  co_return applied_ == at;
}

std::shared_ptr<const Head> Partition::freeze() {
  ARTERY_ASSERT(loop_.is_current() && stop_at_ == applied_ && !frozen_);
  frozen_ = std::exchange(head_, std::make_shared<Head>(settings_.index, settings_.count));
  log_bytes_ = 0;
  due_ = false;
  count();
  return frozen_;
}

void Partition::release() {
  ARTERY_ASSERT(loop_.is_current() && stop_at_);
  stop_at_.reset();
  changed_.notify();
}

void Partition::publish(std::shared_ptr<const Stored> stored, Offset cursor) {
  ARTERY_ASSERT(loop_.is_current());
  stored_ = std::move(stored);
  // Giving back a large head takes long: not here.
  if (frozen_ != nullptr) pool_.post([gone = std::move(frozen_)] {});
  frozen_ = nullptr;
  not_written_ = false;
  reader_->checkpointed(cursor);
  changed_.notify();
  count();
}

void Partition::replace(std::shared_ptr<const Stored> stored) {
  ARTERY_ASSERT(loop_.is_current());
  stored_ = std::move(stored);
}

void Partition::not_written() {
  ARTERY_ASSERT(loop_.is_current());
  not_written_ = true;
  changed_.notify();
}

void Partition::count() {
  head_samples_ = head_->samples() + (frozen_ ? frozen_->samples() : 0);
  head_bytes_ = head_->bytes() + (frozen_ ? frozen_->bytes() : 0);
}

}  // namespace artery::history
