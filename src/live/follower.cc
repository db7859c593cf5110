#include "live/follower.h"

#include <utility>
#include <vector>

#include "base/assert.h"
#include "live/error.h"

namespace artery::live {

using runtime::Task;

Follower::Follower(Surroundings around, FollowerSettings settings, Target& target)
    : around_(around), settings_(std::move(settings)), target_(target), changed_(around.home) {}

void Follower::start(Offset from, std::string path, bool stale) {
  reader_ = around_.log.follow(settings_.name, around_.home, from, log::Log::no_lag_limit);
  position_ = reader_->position().value();
  path_ = std::move(path);
  stale_ = stale;
  around_.home.post([this] {
    if (stale_) arm_timer(settings_.checkpoint_time);
    scope_.spawn(run());
  });
}

Task<void> Follower::run() {
  while (true) {
    auto batches = co_await reader_->next(settings_.read_bytes);
    if (!batches) {
      ended_ = true;
      target_.ended();
      wake(true);
      changed_.notify();
      if (!batches.error().is(log::LogError::closed)) settings_.on_failed(batches.error());
      co_return;
    }
    if (new_bytes_ == 0) arm_timer(settings_.checkpoint_time);
    for (const log::BatchPtr& batch : *batches) {
      target_.apply(*batch);
      new_bytes_ += batch->bytes().size();
    }
    position_ = reader_->position().value();
    target_.turn_ended();
    wake(false);
    // After a failure the timer decides.
    if (new_bytes_ >= settings_.checkpoint_bytes && !checkpoint_error_) spawn_checkpoint();
    // The shard has other work too: a reader that is behind must not keep it waiting.
    co_await runtime::on(around_.home);
  }
}

void Follower::wake(bool all) {
  std::vector<std::coroutine_handle<>> due;
  const auto end = all ? waiting_.end() : waiting_.upper_bound(position_);
  for (auto at = waiting_.begin(); at != end; ++at) due.push_back(at->second);
  waiting_.erase(waiting_.begin(), end);
  for (const auto frame : due) frame.resume();
}

Task<Result<void>> Follower::applied(Offset offset) {
  struct Wait {
    Follower& follower;
    std::uint64_t offset;
    [[nodiscard]] bool await_ready() const noexcept { return follower.ended_ || follower.position_ >= offset; }
    void await_suspend(std::coroutine_handle<> self) const { follower.waiting_.emplace(offset, self); }
    void await_resume() const noexcept {}
  };
  ARTERY_ASSERT(around_.home.is_current());
  co_await Wait{*this, offset.value()};
  if (position_ < offset.value()) co_return Error(LiveError::closed, "the node is stopping");
  co_return {};
}

void Follower::arm_timer(Duration delay) {
  around_.home.cancel(timer_);
  timer_ = around_.home.after(delay, [this] { spawn_checkpoint(); });
}

void Follower::spawn_checkpoint() {
  if (!checkpointing_ && !ended_) scope_.spawn(checkpoint());
}

// Cuts at what is applied now; what is applied while it is written belongs to the next one.
Task<void> Follower::checkpoint() {
  checkpointing_ = true;
  around_.home.cancel(timer_);
  const Offset offset = position();
  const std::uint64_t bytes = std::exchange(new_bytes_, 0);
  Buffer body = target_.snapshot();
  const CheckpointHeader header{
      .kind = settings_.kind, .partition = settings_.partition, .partitions = settings_.partitions, .offset = offset};
  std::string path = around_.checkpoints.path_of(header);
  Result<void> written;
  if (path != path_) {  // the file that is there says the same, and a failure would take it
    co_await runtime::on(around_.pool);
    written = co_await around_.checkpoints.write(header, std::move(body));
    if (written && !path_.empty()) co_await around_.checkpoints.remove(std::vector<std::string>(1, path_));
    co_await runtime::on(around_.home);
  }
  if (written) {
    path_ = std::move(path);
    stale_ = false;
    checkpoint_error_.reset();
    ++checkpoints_;
    reader_->checkpointed(offset);
  } else {
    if (!checkpoint_error_) {
      around_.journal.warning("live", "{}; the checkpoint is tried again every minute, the log is kept until then",
                              written.error().message());
    }
    checkpoint_error_ = std::move(written).error();
    new_bytes_ += bytes;
    ++checkpoints_failed_;
    if (!ended_) arm_timer(retry_after);
  }
  checkpointing_ = false;
  changed_.notify();
}

Task<Result<void>> Follower::close() {
  ARTERY_ASSERT(around_.home.is_current());
  while (!ended_ || checkpointing_) co_await changed_.wait();
  around_.home.cancel(timer_);
  if (new_bytes_ == 0 && !stale_) co_return {};
  co_await checkpoint();
  if (checkpoint_error_) co_return *checkpoint_error_;
  co_return {};
}

}  // namespace artery::live
