// A device that loses what was not synced: the simulator's disk, mounted for real programs.
//
//   lossy_disk FOLDER SEED [--ignore-file-syncs] [--ignore-folder-syncs]
//
// Mounts at FOLDER what runtime/sim/faults.h describes (clauses 1 to 4 and 7, 8): everything is kept in memory;
// contents are durable with fsync and fdatasync, names with the fsync of their folder. A sync takes up to 4 ms, in
// which the power may go. Says "mounted" once it is; SIGTERM, and the end of the process that started it, end it and
// with it all that it holds.
//
//   setxattr FOLDER user.power off   cuts the power: of what is not durable some is lost, torn and
//                                    reordered as the seed has it; from then on everything fails
//                                    with EIO: nothing a dying program still does leaves a trace
//   setxattr FOLDER user.power on    after all programs that had files open have ended
//   getxattr FOLDER user.lost        "CONTENTS NAMES": how many files have, since the mount, shown
//                                    other contents after a cut than before, and how many names
//                                    were gone or back
//
// With --ignore-... syncs answer as ever, after as long, and do nothing: what a test sees of that shows what it can
// see.
#define FUSE_USE_VERSION 31
#include <fmt/format.h>
#include <fuse.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/crc32c.h"
#include "runtime/sim/disk.h"

namespace artery::sim {
namespace {

using namespace std::chrono_literals;
using runtime::FileError;
using runtime::OpenMode;

constexpr std::uint64_t capacity_bytes = std::uint64_t{4} << 30U;
constexpr std::uint64_t block_bytes = 4096;
constexpr Duration sync_max = 4ms;

struct Ignored {
  bool file_syncs = false;
  bool folder_syncs = false;
};

int error_of(const Error& error) {
  if (error.is(FileError::not_found)) return -ENOENT;
  if (error.is(FileError::exists)) return -EEXIST;
  if (error.is(FileError::no_space)) return -ENOSPC;
  if (error.is(FileError::denied)) return -EPERM;
  return -EIO;
}

int done(const Result<void>& result) { return result ? 0 : error_of(result.error()); }

// The operations as the system asks for them, from several threads: 0 or a count, or a negated errno.
class LossyDisk {
 public:
  LossyDisk(std::uint64_t seed, Ignored ignored) : disk_(seed), ignored_(ignored) {}

  // `file` is open, or null; `path` is null where nothing names the open file any more.
  int about(const char* path, const fuse_file_info* file, struct stat* into) {
    const std::scoped_lock lock(mutex_);
    if (!power_) return -EIO;
    const Result<NodeId> id = file != nullptr ? NodeId(file->fh) : disk_.open(path, OpenMode::read);
    if (!id && !disk_.exists(path)) return -ENOENT;
    into->st_mode = id ? S_IFREG | 0640 : S_IFDIR | 0750;
    into->st_nlink = 1;
    into->st_uid = ::getuid();
    into->st_gid = ::getgid();
    into->st_size = id ? static_cast<off_t>(disk_.file(*id).size()) : 0;
    return 0;
  }

  int open(const char* path, OpenMode mode, std::uint64_t* handle) {
    const std::scoped_lock lock(mutex_);
    if (!power_) return -EIO;
    const auto id = disk_.open(path, mode);
    if (!id) return error_of(id.error());
    *handle = id->value();
    return 0;
  }

  int read(std::uint64_t handle, std::uint64_t at, std::span<std::byte> into) {
    const std::scoped_lock lock(mutex_);
    if (!power_) return -EIO;
    return static_cast<int>(disk_.file(NodeId(handle)).read(at, into));
  }

  int write(std::uint64_t handle, std::uint64_t at, Bytes bytes) {
    const std::scoped_lock lock(mutex_);
    if (!power_) return -EIO;
    const auto written = disk_.write(NodeId(handle), at, bytes, capacity_bytes);
    return written ? static_cast<int>(bytes.size()) : error_of(written.error());
  }

  int truncate(const char* path, const fuse_file_info* file, std::uint64_t size) {
    const std::scoped_lock lock(mutex_);
    if (!power_) return -EIO;
    const Result<NodeId> id = file != nullptr ? NodeId(file->fh) : disk_.open(path, OpenMode::write);
    if (!id) return error_of(id.error());
    disk_.file(*id).truncate(size);
    return 0;
  }

  // Covers what was written before it began.
  int sync_file(std::uint64_t handle) {
    std::unique_lock lock(mutex_);
    if (!power_) return -EIO;
    const std::uint64_t mark = disk_.file(NodeId(handle)).mark();
    if (!device_is_done(lock)) return -EIO;
    if (!ignored_.file_syncs) disk_.file(NodeId(handle)).sync(mark);
    return 0;
  }

  int sync_folder(const char* path) {
    std::unique_lock lock(mutex_);
    if (!power_ || !device_is_done(lock)) return -EIO;
    return ignored_.folder_syncs ? 0 : done(disk_.sync_folder(path));
  }

  // What changes names.
  template <class Change>
  int change(Change change) {
    const std::scoped_lock lock(mutex_);
    return power_ ? done(change(disk_)) : -EIO;
  }

  int list(const char* path, std::vector<std::string>* names) {
    const std::scoped_lock lock(mutex_);
    if (!power_) return -EIO;
    const auto entries = disk_.list(path);
    if (!entries) return error_of(entries.error());
    for (const runtime::FolderEntry& entry : *entries) names->push_back(entry.name);
    return 0;
  }

  int space(struct statvfs* into) {
    const std::scoped_lock lock(mutex_);
    if (!power_) return -EIO;
    into->f_bsize = into->f_frsize = block_bytes;
    into->f_blocks = capacity_bytes / block_bytes;
    into->f_bfree = into->f_bavail = (capacity_bytes - std::min(capacity_bytes, disk_.used_bytes())) / block_bytes;
    into->f_files = into->f_ffree = into->f_favail = 1'000'000;
    into->f_namemax = 255;
    return 0;
  }

  int set_power(std::string_view power) {
    const std::scoped_lock lock(mutex_);
    if (power == "on") {
      power_ = true;
      return 0;
    }
    if (power != "off" || !power_) return -EINVAL;
    power_ = false;
    const Contents before = contents();
    disk_.crash(CrashKind::power_loss);
    count_losses(before, contents());
    return 0;
  }

  std::string losses() {
    const std::scoped_lock lock(mutex_);
    return fmt::format("{} {}", lost_contents_, lost_names_);
  }

 private:
  using Contents = std::map<std::string, std::uint32_t>;  // of every path: a checksum, of a folder 0

  // The device works without the lock; false when the power went meanwhile. It is not on again by then: whoever
  // switches it on has waited for the end of the program that asked for this.
  bool device_is_done(std::unique_lock<std::mutex>& lock) {
    const Duration takes = disk_.rng().between(0ns, sync_max);
    lock.unlock();
    std::this_thread::sleep_for(takes);
    lock.lock();
    return power_;
  }

  Contents contents() {
    Contents all;
    std::vector<std::string> folders{""};
    while (!folders.empty()) {
      const std::string folder = std::move(folders.back());
      folders.pop_back();
      const auto entries = disk_.list(folder);
      for (const runtime::FolderEntry& entry : *entries) {
        const std::string path = fmt::format("{}/{}", folder, entry.name);
        all[path] = entry.is_folder ? 0 : crc32c(disk_.file(*disk_.open(path, OpenMode::read)).seen());
        if (entry.is_folder) folders.push_back(path);
      }
    }
    return all;
  }

  void count_losses(const Contents& before, const Contents& after) {
    for (const auto& [path, checksum] : before) {
      const auto now = after.find(path);
      if (now == after.end()) {
        ++lost_names_;
      } else if (now->second != checksum) {
        ++lost_contents_;
      }
    }
    for (const auto& [path, checksum] : after) lost_names_ += before.contains(path) ? 0U : 1U;
  }

  std::mutex mutex_;  // guards everything but ignored_
  Disk disk_;
  bool power_ = true;
  std::uint64_t lost_contents_ = 0;
  std::uint64_t lost_names_ = 0;
  const Ignored ignored_;
};

LossyDisk& disk() { return *static_cast<LossyDisk*>(fuse_get_context()->private_data); }

// Nothing is kept in the system's caches: what lies there would outlive a cut.
void* begin(fuse_conn_info*, fuse_config* config) {
  config->direct_io = 1;
  config->hard_remove = 1;
  config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
  fmt::print("mounted\n");
  std::fflush(stdout);
  return &disk();
}

int list_folder(const char* path, void* into, fuse_fill_dir_t fill, off_t, fuse_file_info*, fuse_readdir_flags) {
  std::vector<std::string> names{".", ".."};
  const int listed = disk().list(path, &names);
  for (const std::string& name : names) fill(into, name.c_str(), nullptr, 0, fuse_fill_dir_flags{});
  return listed;
}

int set_attribute(const char* path, const char* name, const char* value, std::size_t size, int) {
  if (std::string_view(path) != "/" || std::string_view(name) != "user.power") return -ENOTSUP;
  return disk().set_power({value, size});
}

int get_attribute(const char* path, const char* name, char* into, std::size_t size) {
  if (std::string_view(path) != "/" || std::string_view(name) != "user.lost") return -ENODATA;
  const std::string text = disk().losses();
  if (size != 0 && size < text.size()) return -ERANGE;
  if (size != 0) text.copy(into, text.size());
  return static_cast<int>(text.size());
}

void set_folder_operations(fuse_operations& operations) {
  operations.mkdir = [](const char* path, mode_t) {
    return disk().change([path](Disk& on) { return on.make_folder(path); });
  };
  operations.rmdir = [](const char* path) {
    const int removed = disk().change([path](Disk& on) { return on.remove(path); });
    return removed == -EPERM ? -ENOTEMPTY : removed;
  };
  operations.unlink = [](const char* path) { return disk().change([path](Disk& on) { return on.remove(path); }); };
  operations.link = [](const char* from, const char* to) {
    return disk().change([from, to](Disk& on) { return on.link(from, to); });
  };
  operations.rename = [](const char* from, const char* to, unsigned flags) {
    if (flags != 0) return -EINVAL;
    return disk().change([from, to](Disk& on) { return on.rename(from, to); });
  };
  operations.readdir = list_folder;
  operations.fsyncdir = [](const char* path, int, fuse_file_info*) { return disk().sync_folder(path); };
  operations.statfs = [](const char*, struct statvfs* into) { return disk().space(into); };
  operations.setxattr = set_attribute;
  operations.getxattr = get_attribute;
}

void set_file_operations(fuse_operations& operations) {
  operations.getattr = [](const char* path, struct stat* into, fuse_file_info* file) {
    return disk().about(path, file, into);
  };
  operations.create = [](const char* path, mode_t, fuse_file_info* file) {
    return disk().open(path, OpenMode::create, &file->fh);
  };
  operations.open = [](const char* path, fuse_file_info* file) {
    return disk().open(path, OpenMode::write, &file->fh);
  };
  operations.read = [](const char*, char* into, std::size_t size, off_t at, fuse_file_info* file) {
    return disk().read(file->fh, static_cast<std::uint64_t>(at), std::as_writable_bytes(std::span(into, size)));
  };
  operations.write = [](const char*, const char* from, std::size_t size, off_t at, fuse_file_info* file) {
    return disk().write(file->fh, static_cast<std::uint64_t>(at), as_bytes({from, size}));
  };
  operations.truncate = [](const char* path, off_t size, fuse_file_info* file) {
    return disk().truncate(path, file, static_cast<std::uint64_t>(size));
  };
  operations.fsync = [](const char*, int, fuse_file_info* file) { return disk().sync_file(file->fh); };
}

int mount_and_serve(const std::string& folder, std::uint64_t seed, Ignored ignored) {
  LossyDisk lossy(seed, ignored);
  fuse_operations operations{};
  operations.init = begin;
  set_folder_operations(operations);
  set_file_operations(operations);
  // Where the process that started this has been killed, nobody else would take the mount away.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  std::array<std::string, 5> words{"lossy_disk", "-f", "-o", "fsname=lossy_disk", folder};
  std::array<char*, 5> arguments{};
  std::ranges::transform(words, arguments.begin(), [](std::string& word) { return word.data(); });
  return fuse_main(static_cast<int>(arguments.size()), arguments.data(), &operations, &lossy);
}

}  // namespace
}  // namespace artery::sim

int main(int argc, char** argv) {
  CLI::App program("A device that loses what was not synced, for tests");
  std::string folder;
  std::uint64_t seed = 0;
  artery::sim::Ignored ignored;
  program.add_option("FOLDER", folder, "Where to mount it")->required();
  program.add_option("SEED", seed, "Of what is lost, and of how long a sync takes")->required();
  program.add_flag("--ignore-file-syncs", ignored.file_syncs, "fsync of files says it is done, and does nothing");
  program.add_flag("--ignore-folder-syncs", ignored.folder_syncs, "The same of folders");
  CLI11_PARSE(program, argc, argv);
  return artery::sim::mount_and_serve(folder, seed, ignored);
}
