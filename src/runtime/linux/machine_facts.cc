#include "runtime/linux/machine_facts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/linux/descriptor.h"

namespace artery::runtime {
namespace {

// A small file of /sys or /proc; empty where there is none.
std::string read_text(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return {};
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t got = 0; (got = ::read(file.number(), piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string_view line_of(std::string_view text) { return text.substr(0, text.find('\n')); }

std::string user_name(uid_t user) {
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, room.data(), room.size(), &found) == 0 && found != nullptr) return entry.pw_name;
  return fmt::to_string(user);
}

// Of the mount with that device number: /proc/self/mountinfo has "36 35 98:0 /root /point options... - ext4 source
// ...".
std::string file_system_of(const std::string& device_number) {
  const std::string mounts = read_text("/proc/self/mountinfo");
  std::string_view rest = mounts;
  while (!rest.empty()) {
    const std::string_view line = line_of(rest);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos || !line.contains(fmt::format(" {} ", device_number))) continue;
    const std::string_view type = line.substr(dash + 3);
    return std::string(type.substr(0, type.find(' ')));
  }
  return {};
}

// A partition's folder lies in that of its disk, which has the queue.
void find_device(const std::string& device_number, FolderFacts& facts) {
  const std::string place = fmt::format("/sys/dev/block/{}", device_number);
  const std::string about = read_text(place + "/uevent");
  constexpr std::string_view key = "DEVNAME=";
  const std::size_t at = about.find(key);
  if (at == std::string::npos) return;
  facts.device = line_of(std::string_view(about).substr(at + key.size()));
  std::string cache = read_text(place + "/queue/write_cache");
  if (cache.empty()) cache = read_text(place + "/../queue/write_cache");
  facts.write_cache = line_of(cache);
}

}  // namespace

unsigned usable_cores() {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (::sched_getaffinity(0, sizeof usable, &usable) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&usable)));
}

MachineFacts facts_of_machine() {
  MachineFacts facts;
  facts.cores = usable_cores();
  utsname system{};
  if (::uname(&system) == 0) {
    facts.name = system.nodename;
    facts.kernel = fmt::format("{} {}", std::string_view(system.sysname), std::string_view(system.release));
  }
  facts.memory_bytes =
      static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) facts.open_files_max = files.rlim_cur;
  const std::string cpu = read_text("/proc/cpuinfo");
  facts.has_sse42 = cpu.contains(" sse4_2");
  facts.has_avx2 = cpu.contains(" avx2");
  return facts;
}

FolderFacts facts_of_folder(const std::string& path) {
  FolderFacts facts;
  facts.user = user_name(::geteuid());
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) return facts;
  facts.exists = true;
  facts.is_folder = S_ISDIR(about.st_mode);
  facts.may_write = ::access(path.c_str(), W_OK | X_OK) == 0;
  facts.owner = user_name(about.st_uid);
  const std::string device_number = fmt::format("{}:{}", major(about.st_dev), minor(about.st_dev));
  facts.file_system = file_system_of(device_number);
  find_device(device_number, facts);
  struct statvfs space{};
  if (::statvfs(path.c_str(), &space) == 0) facts.free_inodes = space.f_favail;
  return facts;
}

}  // namespace artery::runtime
