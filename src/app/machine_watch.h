// How much of the machine this node has taken and what is left: looked at every few seconds on one loop, told to any
// thread. What cannot be found out stays 0.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "runtime/executor.h"
#include "runtime/file.h"
#include "runtime/journal.h"
#include "runtime/task.h"

namespace artery::app {

class MachineWatch {
 public:
  // Of the disk. Below `warn_free` the journal says so, once until there is clearly more.
  struct Levels {
    std::uint64_t warn_free = 0;
    std::uint64_t refuse_free = 0;
  };
  struct Counts {
    std::uint64_t memory_bytes = 0;  // resident, of this process
    std::uint64_t disk_free_bytes = 0;
    std::uint64_t disk_total_bytes = 0;   // where `folder` lies
    std::uint64_t disk_refuse_bytes = 0;  // the level at which the log refuses writes
    bool disk_low = false;
  };

  // On `loop`, where it looks at once and then every few seconds until stop(). The references must outlive it; it goes
  // when the loop runs no more.
  struct Surroundings {
    runtime::Loop& loop;
    runtime::Files& files;
    runtime::Journal& journal;
  };
  MachineWatch(Surroundings around, std::string folder, Levels levels);
  MachineWatch(const MachineWatch&) = delete;
  MachineWatch& operator=(const MachineWatch&) = delete;
  ~MachineWatch() = default;

  // On `loop`.
  void stop();
  // Any thread.
  [[nodiscard]] Counts counts() const;
  // Whether a file system like this one has less free than the level at which the journal warns.
  [[nodiscard]] bool is_low(const runtime::Space& space) const;
  // Whether so many bytes more would leave the disk above the level at which the log refuses writes.
  [[nodiscard]] bool has_room(std::uint64_t bytes) const;

 private:
  void look();
  runtime::Task<void> look_at_disk();
  void compare(const runtime::Space& space);
  [[nodiscard]] std::uint64_t warn_level(const runtime::Space& space) const;
  runtime::Task<void> look_at_memory();

  const Surroundings around_;
  const std::string folder_;
  const Levels levels_;
  runtime::Scope scope_;
  runtime::TimerId timer_;
  std::atomic<std::uint64_t> memory_bytes_ = 0;
  std::atomic<std::uint64_t> disk_free_bytes_ = 0;
  std::atomic<std::uint64_t> disk_total_bytes_ = 0;
  std::atomic<std::uint64_t> disk_refuse_bytes_ = 0;
  std::atomic<bool> disk_low_ = false;
};

}  // namespace artery::app
