#include "runtime/linux/pool.h"

#include <utility>

#include "base/assert.h"
#include "runtime/linux/thread.h"

namespace artery::runtime {

ThreadPool::ThreadPool(const std::string& name, unsigned threads) {
  ARTERY_ASSERT(threads > 0);
  threads_.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this, name] {
      enter_thread(name, *this);
      run();
    });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::post(Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    waiting_.push_back(std::move(work));
  }
  changed_.notify_one();
}

bool ThreadPool::is_current() const { return current_executor() == this; }

void ThreadPool::run() {
  while (true) {
    Work work;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

}  // namespace artery::runtime
