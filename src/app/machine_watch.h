// How much of the machine this node has taken and what is left: looked at every few seconds on one loop, told to any
// thread. What cannot be found out stays 0.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "runtime/executor.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::app {

class MachineWatch {
 public:
  struct Counts {
    std::uint64_t memory_bytes = 0;  // resident, of this process
    std::uint64_t disk_free_bytes = 0;
    std::uint64_t disk_total_bytes = 0;  // where `folder` lies
  };

  // On `loop`, where it looks at once and then every few seconds until stop(). The references must outlive it; it goes
  // when the loop runs no more.
  MachineWatch(runtime::Loop& loop, runtime::Files& files, std::string folder);
  MachineWatch(const MachineWatch&) = delete;
  MachineWatch& operator=(const MachineWatch&) = delete;
  ~MachineWatch() = default;

  // On `loop`.
  void stop();
  // Any thread.
  [[nodiscard]] Counts counts() const;

 private:
  void look();
  runtime::Task<void> look_at_disk();
  runtime::Task<void> look_at_memory();

  runtime::Loop& loop_;
  runtime::Files& files_;
  const std::string folder_;
  runtime::Scope scope_;
  runtime::TimerId timer_;
  std::atomic<std::uint64_t> memory_bytes_ = 0;
  std::atomic<std::uint64_t> disk_free_bytes_ = 0;
  std::atomic<std::uint64_t> disk_total_bytes_ = 0;
};

}  // namespace artery::app
