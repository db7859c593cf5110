// An executor of a fixed number of threads behind one queue. Work starts in the order it was posted.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/executor.h"

namespace artery::runtime {

class ThreadPool final : public Executor {
 public:
  ThreadPool(const std::string& name, unsigned threads);
  // Waits for the work that runs and drops the work that waits.
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void post(Work work) override;
  [[nodiscard]] bool is_current() const override;

 private:
  void run();

  std::mutex mutex_;  // guards the queue and the end
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace artery::runtime
