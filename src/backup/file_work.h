// What a backup and a restore do with whole files and folders, in steps between which others get their turn on the
// pool.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "runtime/executor.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::backup {

struct Digest {
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;  // CRC-32C
  friend bool operator==(const Digest&, const Digest&) = default;
};

// Used by one task at a time, on the pool.
class FileWork {
 public:
  // Both may be null: nobody else waits for the thread, nobody stops it.
  FileWork(runtime::Files& files, runtime::Executor* pool, const std::atomic<bool>* stop)
      : files_(files), pool_(pool), stop_(stop) {}

  // Errors of all: FileError::*, and BackupError::closed where it is stopped.
  runtime::Task<Result<Digest>> digest(std::string path);
  // Done means: the new file's contents are on the device; its name is the caller's to sync.
  runtime::Task<Result<Digest>> copy(std::string from, std::string to);
  runtime::Task<Result<Digest>> write(std::string path, Buffer bytes);
  // A file, or a folder and all in it; no error where there is none.
  runtime::Task<Result<void>> remove_tree(std::string path);
  // Lets others have their turn.
  runtime::Task<Result<void>> give_way();

 private:
  // Of a file that is read to its end; what is read goes to `into` as well, unless that is null.
  runtime::Task<Result<Digest>> read_through(runtime::File* from, runtime::File* into);

  runtime::Files& files_;
  runtime::Executor* pool_;
  const std::atomic<bool>* stop_;
};

}  // namespace artery::backup
