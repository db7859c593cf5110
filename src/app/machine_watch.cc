#include "app/machine_watch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "log/room.h"

namespace artery::app {

using runtime::Task;

namespace {

constexpr Duration look_every = std::chrono::seconds(5);
constexpr std::uint64_t warn_share = 5;  // of a small disk no more than one part in so many counts

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

MachineWatch::MachineWatch(Surroundings around, std::string folder, Levels levels)
    : around_(around), folder_(std::move(folder)), levels_(levels) {
  look();
}

void MachineWatch::stop() {
  ARTERY_ASSERT(around_.loop.is_current());
  around_.loop.cancel(timer_);
}

MachineWatch::Counts MachineWatch::counts() const {
  return {.memory_bytes = memory_bytes_,
          .disk_free_bytes = disk_free_bytes_,
          .disk_total_bytes = disk_total_bytes_,
          .disk_refuse_bytes = disk_refuse_bytes_,
          .disk_low = disk_low_};
}

bool MachineWatch::has_room(std::uint64_t bytes) const {
  return disk_total_bytes_ == 0 || disk_free_bytes_ >= disk_refuse_bytes_ + bytes;
}

void MachineWatch::look() {
  ARTERY_ASSERT(around_.loop.is_current());
  // A disk that answers slowly is not asked again meanwhile.
  if (scope_.idle()) {
    scope_.spawn(look_at_disk());
    scope_.spawn(look_at_memory());
  }
  timer_ = around_.loop.after(look_every, [this] { look(); });
}

Task<void> MachineWatch::look_at_disk() {
  const auto space = co_await around_.files.space(folder_);
  if (!space) co_return;
  disk_free_bytes_ = space->free_bytes;
  disk_total_bytes_ = space->total_bytes;
  disk_refuse_bytes_ = log::kept_free(levels_.refuse_free, *space);
  compare(*space);
}

std::uint64_t MachineWatch::warn_level(const runtime::Space& space) const {
  return std::min(levels_.warn_free, space.total_bytes / warn_share);
}

bool MachineWatch::is_low(const runtime::Space& space) const { return space.free_bytes < warn_level(space); }

// A disk that is about at the level is not told of again and again.
void MachineWatch::compare(const runtime::Space& space) {
  const std::uint64_t warn = warn_level(space);
  if (!disk_low_ && space.free_bytes < warn) {
    disk_low_ = true;
    around_.journal.warning("node",
                            "{}: {} MiB of the disk are free, less than {} MiB (disk.warn_free): make room; below "
                            "{} MiB writes are refused",
                            folder_, space.free_bytes >> 20, warn >> 20, disk_refuse_bytes_.load() >> 20);
  } else if (disk_low_ && space.free_bytes >= warn + warn / 10) {
    disk_low_ = false;
    around_.journal.info("node", "{}: {} MiB of the disk are free again", folder_, space.free_bytes >> 20);
  }
}

Task<void> MachineWatch::look_at_memory() {
  auto status = co_await around_.files.open("/proc/self/status", runtime::OpenMode::read);
  if (!status) co_return;
  std::array<std::byte, 4096> bytes{};
  const auto read = co_await (*status)->read(0, bytes);
  if (read) memory_bytes_ = resident_bytes(as_text(Bytes(bytes).first(*read)));
}

}  // namespace artery::app
