// Work in pieces that do not depend on each other, done by several threads of a pool.
#pragma once

#include <algorithm>
#include <atomic>
#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "runtime/executor.h"

namespace artery::runtime {

// `co_await each(pool, 2, 100, work);` calls work(0) to work(99), each once, up to two at the same time, and goes on on
// the pool when all are done. What `work` refers to must live until then.
inline auto each(Executor& pool, std::size_t at_once, std::size_t pieces, std::function<void(std::size_t)> work) {
  struct Progress {
    Executor& pool;
    const std::size_t pieces;
    const std::function<void(std::size_t)> work;
    std::atomic<std::size_t> next;
    std::atomic<std::size_t> workers;
    std::coroutine_handle<> done;
  };
  struct Each {
    std::shared_ptr<Progress> progress;

    // Holds nothing of the caller's: the last worker may resume it while others are still leaving.
    static void run(const std::shared_ptr<Progress>& progress) {
      for (std::size_t piece = progress->next++; piece < progress->pieces; piece = progress->next++)
        progress->work(piece);
      if (--progress->workers == 0) progress->done.resume();
    }
    bool await_ready() const noexcept { return progress->pieces == 0; }
    void await_suspend(std::coroutine_handle<> self) const {
      const std::shared_ptr<Progress> shared = progress;  // `this` may be gone after the last post
      shared->done = self;
      for (std::size_t i = 0, workers = shared->workers; i < workers; ++i) shared->pool.post([shared] { run(shared); });
    }
    void await_resume() const noexcept {}
  };
  return Each{std::make_shared<Progress>(pool, pieces, std::move(work), 0, std::min(at_once, pieces), nullptr)};
}

}  // namespace artery::runtime
