#include "app/machine_watch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"

namespace artery::app {

using runtime::Task;

namespace {

constexpr Duration look_every = std::chrono::seconds(5);

// "VmRSS:     1234 kB" of /proc/self/status.
std::uint64_t resident_bytes(std::string_view status) {
  constexpr std::string_view name = "VmRSS:";
  const std::size_t at = status.find(name);
  if (at == std::string_view::npos) return 0;
  status.remove_prefix(at + name.size());
  status.remove_prefix(std::min(status.find_first_of("0123456789"), status.size()));
  std::uint64_t kib = 0;
  (void)std::from_chars(status.data(), status.data() + status.size(), kib);
  return kib * 1024;
}

}  // namespace

MachineWatch::MachineWatch(runtime::Loop& loop, runtime::Files& files, std::string folder)
    : loop_(loop), files_(files), folder_(std::move(folder)) {
  look();
}

void MachineWatch::stop() {
  ARTERY_ASSERT(loop_.is_current());
  loop_.cancel(timer_);
}

MachineWatch::Counts MachineWatch::counts() const {
  return {.memory_bytes = memory_bytes_, .disk_free_bytes = disk_free_bytes_, .disk_total_bytes = disk_total_bytes_};
}

void MachineWatch::look() {
  ARTERY_ASSERT(loop_.is_current());
  // A disk that answers slowly is not asked again meanwhile.
  if (scope_.idle()) {
    scope_.spawn(look_at_disk());
    scope_.spawn(look_at_memory());
  }
  timer_ = loop_.after(look_every, [this] { look(); });
}

Task<void> MachineWatch::look_at_disk() {
  const auto space = co_await files_.space(folder_);
  if (!space) co_return;
  disk_free_bytes_ = space->free_bytes;
  disk_total_bytes_ = space->total_bytes;
}

Task<void> MachineWatch::look_at_memory() {
  auto status = co_await files_.open("/proc/self/status", runtime::OpenMode::read);
  if (!status) co_return;
  std::array<std::byte, 4096> bytes{};
  const auto read = co_await (*status)->read(0, bytes);
  if (read) memory_bytes_ = resident_bytes(as_text(Bytes(bytes).first(*read)));
}

}  // namespace artery::app
