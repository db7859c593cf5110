// Files and folders. Operations are tasks: under linux/ they are done on the calling thread before the task is first
// suspended (so they belong on the log's thread or a background pool, not on a shard); in sim/ they take simulated
// time, may be torn, lost or reordered by a crash, and may fail.
//
// Done means: write() has given the bytes to the system, which a kill -9 survives and a power loss does not; sync() has
// put the file's data and length on the device; sync_folder() has put the folder's entries (creations, renames,
// removals) there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "runtime/task.h"

namespace artery::runtime {

enum class FileError { not_found, exists, no_space, read_only, denied, too_many_open, in_use, io };
inline std::string_view error_module(FileError) { return "file"; }

// One open file. Not thread-safe; operations on one file do not overlap, but reads may overlap reads. Buffers must
// stay valid until the task is done. Destruction closes and syncs nothing.
class File {
 public:
  virtual ~File() = default;
  // Returns how many bytes were read; fewer than asked only at the end of the file.
  virtual Task<Result<std::size_t>> read(std::uint64_t at, std::span<std::byte> into) = 0;
  // Writes the parts one after the other from `at`; the file grows as needed. After an error any prefix may be there.
  virtual Task<Result<void>> write(std::uint64_t at, std::vector<Bytes> parts) = 0;
  // After a failed sync what was written since the last good one may be lost for good: never retry, stop.
  virtual Task<Result<void>> sync() = 0;
  virtual Task<Result<std::uint64_t>> size() = 0;
  virtual Task<Result<void>> truncate(std::uint64_t size) = 0;
};

enum class OpenMode { read, write, create };  // `write` and `create` also read; `create` fails where the file exists

struct FolderEntry {
  std::string name;  // without its folder
  bool is_folder = false;
};

struct Space {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  // for this user
};

// Held until destroyed; the system releases it when the process ends, however it ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// Thread-safe. Paths are as the system takes them; messages name the path.
class Files {
 public:
  virtual ~Files() = default;
  virtual Task<Result<std::unique_ptr<File>>> open(std::string path, OpenMode mode) = 0;
  // Replaces `to` where it exists, atomically.
  virtual Task<Result<void>> rename(std::string from, std::string to) = 0;
  virtual Task<Result<void>> remove(std::string path) = 0;
  // Another name for the same file, in a folder of the same file system; fails where `to` exists, and with denied or io
  // where the file system, or one boundary between two, does not allow it.
  virtual Task<Result<void>> link(std::string from, std::string to) = 0;
  // Sorted by name.
  virtual Task<Result<std::vector<FolderEntry>>> list(std::string folder) = 0;
  // With its parents; no error where it exists.
  virtual Task<Result<void>> make_folder(std::string folder) = 0;
  virtual Task<Result<void>> sync_folder(std::string folder) = 0;
  virtual Task<Result<Space>> space(std::string folder) = 0;
  // An exclusive lock between processes on a file that is created where it is missing. FileError::in_use with the
  // holder's process id where that is known.
  virtual Task<Result<std::unique_ptr<FileLock>>> lock(std::string path) = 0;
};

}  // namespace artery::runtime
