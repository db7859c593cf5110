// Retained messages under way to the log, and who waits for them. Thread-safe. Private to live/.
#pragma once

#include <coroutine>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>

#include "live/retained.h"
#include "runtime/executor.h"

namespace artery::live {

class Retained::Announced::Waiting {
 public:
  std::uint64_t open() {
    const std::scoped_lock lock(mutex_);
    open_.insert(++last_);
    return last_;
  }
  void close(std::uint64_t number) {
    const std::scoped_lock lock(mutex_);
    open_.erase(number);
    while (!waiting_.empty() && is_over(waiting_.begin()->first)) {
      const auto [home, frame] = waiting_.begin()->second;
      waiting_.erase(waiting_.begin());
      home->post([resumed = frame] { resumed.resume(); });
    }
  }
  // Nobody is woken any more.
  void forget() {
    const std::scoped_lock lock(mutex_);
    waiting_.clear();
  }
  [[nodiscard]] std::uint64_t last() {
    const std::scoped_lock lock(mutex_);
    return last_;
  }

  // Waits until all up to `number` are closed; goes on on `home`.
  auto all_closed(std::uint64_t number, runtime::Executor& home) {
    struct Wait {
      Waiting& waiting;
      std::uint64_t number;
      runtime::Executor& home;
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      [[nodiscard]] bool await_suspend(std::coroutine_handle<> self) const {
        const std::scoped_lock lock(waiting.mutex_);
        if (waiting.is_over(number)) return false;
        waiting.waiting_.emplace(number, Waiter{&home, self});
        return true;
      }
      void await_resume() const noexcept {}
    };
    return Wait{*this, number, home};
  }

 private:
  struct Waiter {
    runtime::Executor* home;
    std::coroutine_handle<> frame;
  };
  [[nodiscard]] bool is_over(std::uint64_t number) const { return open_.empty() || *open_.begin() > number; }

  std::mutex mutex_;  // guards what follows
  std::uint64_t last_ = 0;
  std::set<std::uint64_t> open_;
  std::multimap<std::uint64_t, Waiter> waiting_;
};

}  // namespace artery::live
