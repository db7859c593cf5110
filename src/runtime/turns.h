// What one task at a time may do, in the order of asking; who waits blocks no thread.
//
// take() and give() from any thread. Whoever took a turn gives it back, by hand: a frame that is destroyed in its turn
// goes with all that wait for theirs.
#pragma once

#include <coroutine>
#include <deque>
#include <mutex>
#include <utility>

#include "base/assert.h"
#include "runtime/executor.h"

namespace artery::runtime {

class Turns {
 public:
  // `co_await turns.take(home);` The caller must run on `home`, and goes on there.
  auto take(Executor& home) {
    struct Take {
      Turns& turns;
      Executor& home;
      bool await_ready() const noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> self) const { return turns.wait(home, self); }
      void await_resume() const noexcept {}
    };
    return Take{*this, home};
  }

  void give() {
    const std::scoped_lock lock(mutex_);
    ARTERY_ASSERT(taken_);
    if (waiting_.empty()) {
      taken_ = false;
      return;
    }
    const auto [home, next] = waiting_.front();
    waiting_.pop_front();
    home->post([next] { next.resume(); });
  }

 private:
  bool wait(Executor& home, std::coroutine_handle<> self) {
    const std::scoped_lock lock(mutex_);
    if (!std::exchange(taken_, true)) return false;
    waiting_.emplace_back(&home, self);
    return true;
  }

  std::mutex mutex_;  // guards what follows
  bool taken_ = false;
  std::deque<std::pair<Executor*, std::coroutine_handle<>>> waiting_;
};

}  // namespace artery::runtime
