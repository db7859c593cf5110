// A simulated process: what a crash destroys. One thread; loops and pools are lanes of a seeded scheduler.
//
// The end of a process: halt() (or the machine's crash_at_io) drops all work, timers and file operations under way, and
// nothing runs any more; then its owner destroys what it made from the process (loops, files, sockets, scopes); then
// the process; then Machine::crash() decides what the disk holds. After a halt, calls on what is left do nothing, and
// is_current() is true everywhere: whoever destroys is alone.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/assert.h"
#include "runtime/runtime.h"
#include "runtime/sim/machine.h"
#include "runtime/task.h"

namespace artery::sim {

class Network;

class Process : public runtime::Runtime {
 public:
  explicit Process(Machine& machine);
  ~Process() override;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  runtime::Clock& clock() override;
  runtime::Random& random() override;
  runtime::Files& files() override;
  runtime::Journal& journal() override { return machine_.journal(); }
  std::unique_ptr<runtime::Loop> make_loop(std::string name) override;
  std::unique_ptr<runtime::Executor> make_pool(std::string name, unsigned threads) override;

  static constexpr std::uint64_t task_steps_max = 10'000'000;
  static constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
  // Runs until the predicate holds (asked before each item of work). False when it does not after `steps_max` items,
  // or nothing is left to run, or the process halted.
  bool run_until(const std::function<bool()>& predicate, std::uint64_t steps_max = no_limit);
  // Runs what there is to run in that time; at the end it has passed, unless the process halted.
  void run_for(Duration time);
  // Runs a task, and all else meanwhile, to the task's end; nothing where the process halted before. The frame is
  // destroyed when it has ended, or with the process: what it refers to must live so long. A task that waits for what
  // never comes is a defect.
  template <class T>
  std::optional<T> run(runtime::Task<T> task) {
    std::optional<T> result;
    spawn(store(std::move(task), &result));
    ARTERY_ASSERT(run_until([&] { return result.has_value(); }, task_steps_max) || halted());
    return result;
  }

  void halt();
  [[nodiscard]] bool halted() const;

  // For its faults (network.h).
  Network& network();

 private:
  struct Parts;

  template <class T>
  static runtime::Task<void> store(runtime::Task<T> task, std::optional<T>* into) {
    into->emplace(co_await task);
  }
  void spawn(runtime::Task<void> task);

  Machine& machine_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace artery::sim
