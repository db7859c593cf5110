// For the tests of this folder: crossing from the test's thread to a loop and back.
#pragma once

#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>

#include "base/assert.h"
#include "runtime/executor.h"
#include "runtime/journal.h"
#include "runtime/task.h"

namespace artery::runtime::testing {

// Runs `work` on the executor; returns what it returns, once it is done.
template <class F>
std::invoke_result_t<F&> run_on(Executor& executor, F work) {
  std::packaged_task<std::invoke_result_t<F&>()> task(std::move(work));
  auto outcome = task.get_future();
  executor.post([running = std::move(task)]() mutable { running(); });
  return outcome.get();
}

template <class T>
Task<void> keep_result(Task<T> task, std::optional<T>* into) {
  into->emplace(co_await std::move(task));
}

// Runs a task that never waits for another thread, as those of the machine's files.
template <class T>
T run_now(Task<T> task) {
  std::optional<T> result;
  Scope scope;
  scope.spawn(keep_result(std::move(task), &result));
  return std::move(*result);
}

// Something that happens once, on another thread; a second time ends the test. A test that waits in vain is ended by
// ctest. May be destroyed as soon as wait() has returned.
class Event {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    ARTERY_ASSERT(!happened_);
    happened_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return happened_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool happened_ = false;
};

// Waits until the destructor of an executor that is kept from ending by its work has begun: from then on a post drops
// its work at once.
inline void wait_for_end_of(Executor& ending) {
  while (true) {
    auto probe = std::make_shared<int>();
    const std::weak_ptr<int> dropped = probe;
    ending.post([probe = std::move(probe)] {});
    if (dropped.expired()) return;
    std::this_thread::yield();
  }
}

class SilentJournal final : public Journal {
 public:
  void write(Severity, std::string_view, std::string_view) override {}
};

}  // namespace artery::runtime::testing
