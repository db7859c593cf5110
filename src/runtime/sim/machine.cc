#include "runtime/sim/machine.h"

#include <algorithm>

#include "base/assert.h"

namespace artery::sim {

namespace {
constexpr std::int64_t first_wall_time = 1'700'000'000'000'000'000;  // 2023-11-14T22:13:20Z
}

void MemoryJournal::write(runtime::Severity severity, std::string_view module, std::string_view line) {
  if (lines_.size() == lines_max) lines_.pop_front();
  lines_.push_back({severity, std::string(module), std::string(line)});
}

bool MemoryJournal::has(std::string_view part) const {
  return std::ranges::any_of(lines_, [part](const Line& line) { return line.text.find(part) != std::string::npos; });
}

Machine::Machine(std::uint64_t seed, FaultPlan plan)
    : plan_(plan), rng_(seed), disk_(rng_.next()), wall_offset_(first_wall_time), trace_(seed) {}

void Machine::crash(CrashKind kind) {
  ARTERY_ASSERT(running_ == 0);
  trace(static_cast<std::uint64_t>(kind));
  disk_.crash(kind);
}

bool Machine::rot(std::string_view path, std::uint64_t at) {
  const auto id = disk_.open(path, runtime::OpenMode::read);
  if (!id || at >= disk_.file(*id).size()) return false;
  disk_.file(*id).rot(at, static_cast<unsigned>(rng_.below(8)));
  trace(at);
  return true;
}

std::optional<std::pair<std::string, std::uint64_t>> Machine::rot_anywhere() {
  auto where = disk_.random_byte();
  if (where) ARTERY_ASSERT(rot(where->first, where->second));
  return where;
}

Result<Buffer> Machine::contents(std::string_view path) {
  auto id = disk_.open(path, runtime::OpenMode::read);
  if (!id) return std::move(id).error();
  const Bytes seen = disk_.file(*id).seen();
  return Buffer(seen.begin(), seen.end());
}

void Machine::pass_until(Instant later) { instant_ = std::max(instant_, later); }

bool Machine::fails(Kind kind) {
  const Fault* fault = nullptr;
  switch (kind) {
    case Kind::read:
      fault = &plan_.read_fails;
      break;
    case Kind::write:
      fault = &plan_.write_fails;
      break;
    case Kind::sync:
      fault = &plan_.sync_fails;
      break;
    case Kind::folder_sync:
      fault = &plan_.folder_sync_fails;
      break;
  }
  const std::uint64_t number = ++counts_.at(static_cast<std::size_t>(kind));
  return number == fault->at || rng_.chance(fault->chance);
}

void Machine::trace(std::uint64_t what) { trace_ = Rng(trace_ ^ what).next() + std::uint64_t(instant_.value()); }

std::uint64_t Machine::process_started() {
  ++running_;
  return ++processes_;
}

void Machine::process_ended(std::uint64_t process) {
  --running_;
  std::erase_if(locks_, [process](const auto& lock) { return lock.second == process; });
}

}  // namespace artery::sim
