// What survives the crash of a process: the disk, the clocks, the journal; and the one source of chance of a run. A run
// is a machine and, one after the other, the processes on it; the same seed and the same program give the same run,
// which trace_hash() shows.
//
// A crash-at-every-operation test in outline:
//
//   for (n = 1;; ++n) {
//     Machine machine(seed, plan);
//     machine.crash_at_io(n);
//     {
//       Process process(machine);
//       ... make the program's objects, process.run_until(...)
//       if (!process.halted()) done = true;
//       process.halt();     // first: work and timers are dropped, nothing runs any more
//     }                     // second: the program's objects, then the process
//     machine.crash(CrashKind::power_loss);
//     ... a new Process recovers, the oracle looks
//   }
//
// One thread. Processes must not outlive their machine.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "runtime/journal.h"
#include "runtime/sim/disk.h"
#include "runtime/sim/faults.h"
#include "runtime/sim/rng.h"

namespace artery::sim {

// Keeps the newest lines.
class MemoryJournal : public runtime::Journal {
 public:
  struct Line {
    runtime::Severity severity;
    std::string module;
    std::string text;
  };
  static constexpr std::size_t lines_max = 1000;

  void write(runtime::Severity severity, std::string_view module, std::string_view line) override;
  [[nodiscard]] const std::deque<Line>& lines() const { return lines_; }
  [[nodiscard]] bool has(std::string_view part) const;

 private:
  std::deque<Line> lines_;
};

class Machine {
 public:
  explicit Machine(std::uint64_t seed, FaultPlan plan = {});
  ~Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // May be changed at any time.
  FaultPlan& faults() { return plan_; }
  // What the disk holds after a crash. No process may exist.
  void crash(CrashKind kind);
  // The file operation with this number (the machine's first is 1) is cut in the middle and ends the process, once.
  void crash_at_io(std::uint64_t number) { crash_at_io_ = number; }
  [[nodiscard]] std::uint64_t io_count() const { return io_count_; }

  // Flips a bit of a byte of a file as programs see it; false where there is no such byte.
  bool rot(std::string_view path, std::uint64_t at);
  // The same anywhere; returns where, or nothing where all files are empty.
  std::optional<std::pair<std::string, std::uint64_t>> rot_anywhere();
  // A file as programs see it, without an operation: for oracles.
  [[nodiscard]] Result<Buffer> contents(std::string_view path);
  Disk& disk() { return disk_; }

  [[nodiscard]] Instant instant() const { return instant_; }
  [[nodiscard]] Time now() const { return Time(instant_.value() + wall_offset_); }
  void set_wall(Time now) { wall_offset_ = now.value() - instant_.value(); }
  void jump_wall(Duration by) { wall_offset_ += by.count(); }
  [[nodiscard]] bool synchronised() const { return synchronised_; }
  void set_synchronised(bool synchronised) { synchronised_ = synchronised; }
  void pass_until(Instant later);

  MemoryJournal& journal() { return journal_; }
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_; }

  // For sim/ itself.
  enum class Kind { read, write, sync, folder_sync };
  // Whether the plan fails the operation of this kind that happens now.
  bool fails(Kind kind);
  // Counts a file operation; true for the one at which the process ends.
  bool count_io() { return ++io_count_ == crash_at_io_; }
  void trace(std::uint64_t what);
  std::uint64_t draw_seed() { return rng_.next(); }
  Rng& rng() { return rng_; }
  std::uint64_t process_started();
  void process_ended(std::uint64_t process);
  // Who holds the lock on a path, by process.
  std::map<NodeId, std::uint64_t>& locks() { return locks_; }

 private:
  FaultPlan plan_;
  Rng rng_;
  Disk disk_;
  MemoryJournal journal_;
  Instant instant_;
  std::int64_t wall_offset_;
  bool synchronised_ = true;
  std::uint64_t io_count_ = 0;
  std::uint64_t crash_at_io_ = 0;
  std::array<std::uint64_t, 4> counts_{};  // by Kind
  std::uint64_t trace_;
  std::uint64_t processes_ = 0;
  int running_ = 0;
  std::map<NodeId, std::uint64_t> locks_;
};

}  // namespace artery::sim
