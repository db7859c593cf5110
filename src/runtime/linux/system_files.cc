#include "runtime/linux/system_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <utility>

#include "runtime/linux/descriptor.h"
#include "runtime/linux/file_error.h"
#include "runtime/linux/system_file.h"

namespace artery::runtime {

namespace {

// Readings are their owner's business: nothing is made for others to read.
constexpr mode_t file_permissions = 0640;
constexpr mode_t folder_permissions = 0750;

Result<Descriptor> open_descriptor(const std::string& path, int flags, std::string_view what) {
  while (true) {
    Descriptor opened(::open(path.c_str(), flags | O_CLOEXEC, file_permissions));
    if (opened.open()) return opened;
    if (errno != EINTR) return file_error(path, what, errno);
  }
}

bool is_folder(const std::string& path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}

Result<std::vector<FolderEntry>> list_entries(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(folder.c_str()), &::closedir);
  if (!opened) return file_error(folder, "cannot list", errno);
  std::vector<FolderEntry> entries;
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(opened.get());
    if (entry == nullptr) break;
    const std::string_view name(entry->d_name);
    if (name == "." || name == "..") continue;
    // Some file systems do not tell the type here, and a link's is the type of what it leads to.
    const bool told = entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK;
    entries.push_back(
        {std::string(name), told ? entry->d_type == DT_DIR : is_folder(fmt::format("{}/{}", folder, name))});
  }
  if (errno != 0) return file_error(folder, "cannot list", errno);
  std::ranges::sort(entries, {}, &FolderEntry::name);
  return entries;
}

Result<void> make_folders(const std::string& folder) {
  // Every prefix that ends before a slash, then the whole; the parents that exist are passed over.
  for (std::size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
    const std::string part = folder.substr(0, end);
    if (::mkdir(part.c_str(), folder_permissions) != 0) {
      // A parent may exist where this user must not create anything, so what mkdir says is not yet the answer.
      const int error_number = errno;
      if (!is_folder(part)) {
        const bool taken = error_number == EEXIST;
        return file_error(part, taken ? "cannot create the folder over a file" : "cannot create the folder",
                          error_number);
      }
    }
    if (end == std::string::npos) return {};
  }
}

class SystemFileLock final : public FileLock {
 public:
  explicit SystemFileLock(Descriptor locked) : locked_(std::move(locked)) {}

 private:
  const Descriptor locked_;
};

// What a holder wrote into its lock file; empty where it has not yet.
std::string read_holder(const Descriptor& file) {
  std::array<char, 32> text{};
  const ssize_t got = ::pread(file.number(), text.data(), text.size(), 0);
  const std::string_view all(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  return std::string(all.substr(0, all.find_first_not_of("0123456789")));
}

Result<std::unique_ptr<FileLock>> lock_file(const std::string& path) {
  auto file = open_descriptor(path, O_RDWR | O_CREAT, "cannot open the lock file");
  if (!file) return file.error();
  // A lock of the open file, not of the process (F_SETLK), which any other close of this file would let go.
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file->number(), F_OFD_SETLK, &whole) != 0) {
    if (errno != EAGAIN && errno != EACCES) return file_error(path, "cannot lock", errno);
    const std::string holder = read_holder(*file);
    return Error(FileError::in_use, fmt::format("{}: in use by {}; stop it, or use another folder", path,
                                                holder.empty() ? "another process" : "process " + holder));
  }
  const std::string holder = fmt::format("{}\n", ::getpid());
  const auto size = static_cast<ssize_t>(holder.size());
  if (::ftruncate(file->number(), 0) != 0 || ::pwrite(file->number(), holder.data(), holder.size(), 0) != size) {
    return file_error(path, "cannot write the process id", errno);
  }
  return std::make_unique<SystemFileLock>(std::move(*file));
}

}  // namespace

Task<Result<std::unique_ptr<File>>> SystemFiles::open(std::string path, OpenMode mode) {
  const int flags = mode == OpenMode::read ? O_RDONLY : mode == OpenMode::write ? O_RDWR : O_RDWR | O_CREAT | O_EXCL;
  auto opened = open_descriptor(path, flags, mode == OpenMode::create ? "cannot create" : "cannot open");
  if (!opened) co_return opened.error();
  co_return std::make_unique<SystemFile>(std::move(path), std::move(*opened));
}

Task<Result<void>> SystemFiles::rename(std::string from, std::string to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    co_return file_error(from, fmt::format("cannot rename to {}", to), errno);
  }
  co_return Result<void>();
}

Task<Result<void>> SystemFiles::remove(std::string path) {
  if (::remove(path.c_str()) != 0) co_return file_error(path, "cannot remove", errno);
  co_return Result<void>();
}

Task<Result<void>> SystemFiles::link(std::string from, std::string to) {
  if (::link(from.c_str(), to.c_str()) != 0) co_return file_error(from, fmt::format("cannot link as {}", to), errno);
  co_return Result<void>();
}

Task<Result<std::vector<FolderEntry>>> SystemFiles::list(std::string folder) { co_return list_entries(folder); }

Task<Result<void>> SystemFiles::make_folder(std::string folder) { co_return make_folders(folder); }

Task<Result<void>> SystemFiles::sync_folder(std::string folder) {
  const auto opened = open_descriptor(folder, O_RDONLY | O_DIRECTORY, "cannot open the folder");
  if (!opened) co_return opened.error();
  if (::fsync(opened->number()) != 0) co_return file_error(folder, "cannot sync the folder", errno);
  co_return Result<void>();
}

Task<Result<Space>> SystemFiles::space(std::string folder) {
  struct statvfs about{};
  if (::statvfs(folder.c_str(), &about) != 0) co_return file_error(folder, "cannot tell the free space", errno);
  co_return Space{.total_bytes = about.f_blocks * about.f_frsize, .free_bytes = about.f_bavail * about.f_frsize};
}

Task<Result<std::unique_ptr<FileLock>>> SystemFiles::lock(std::string path) { co_return lock_file(path); }

}  // namespace artery::runtime
