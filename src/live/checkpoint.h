// Checkpoint files of live's readers: what a reader had made of everything below an offset of the log, whole, in one
// file. Format: docs/formats/live.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "runtime/executor.h"
#include "runtime/file.h"
#include "runtime/journal.h"
#include "runtime/task.h"
#include "runtime/turns.h"

namespace artery::live {

// The numbers are on disk.
enum class CheckpointKind : std::uint32_t { newest = 1, retained = 2 };

struct CheckpointHeader {
  CheckpointKind kind = CheckpointKind::newest;
  std::uint32_t partition = 0;
  std::uint32_t partitions = 1;
  Offset offset;  // everything below it is in the file
};

struct Checkpoint {
  CheckpointHeader header;
  std::string path;
  Buffer body;          // as it lies in the file
  bool packed = false;  // so that it is to be unpacked
};

// Gives what was written to `use`, piece by piece. It returns how many of the bytes it has used, from the first one on,
// and is given the others again with the next piece; nothing where they are malformed. False then, and where it did not
// use them all.
bool read_body(const Checkpoint& checkpoint, const std::function<std::optional<std::size_t>(Bytes)>& use);

struct Checkpoints {
  std::vector<Checkpoint> intact;    // the newest of each partition, the least offset first
  std::vector<std::string> useless;  // paths: older, damaged or half written ones
  bool damaged = false;              // any of them was damaged
};

// "newest-<partition>-<partitions>-<offset>", "retained-<offset>"
std::string checkpoint_name(const CheckpointHeader& header);

// The header of a whole file that is named as it says. Such a file never changes.
std::optional<CheckpointHeader> read_checkpoint_header(Bytes file, std::string_view name);

// Where the log is followed from, or further on, by a start that finds files with these headers and no others.
Offset followed_from(std::span<const CheckpointHeader> found);

// What verify_checkpoints() found. `damage` names file, offset and what is wrong, one line each.
struct VerifiedCheckpoints {
  std::uint64_t files = 0;
  std::vector<std::string> damage;
};

// Reads every byte of all files of every kind in a folder that no node has open; half-written ones are none. Changes
// nothing. On a pool. Errors: FileError::*, not_found where there is no such folder.
runtime::Task<Result<VerifiedCheckpoints>> verify_checkpoints(runtime::Files* files, std::string folder);

// The folder that all of live's readers have in common. Its files get their names one after the other: a failed sync of
// the folder takes what was renamed meanwhile with it, and the next one is good all the same.
//
// All tasks are called on `pool` and go on there.
class CheckpointFolder {
 public:
  CheckpointFolder(runtime::Files& files, runtime::Executor& pool, runtime::Journal& journal, std::string path);
  ~CheckpointFolder() = default;
  CheckpointFolder(const CheckpointFolder&) = delete;
  CheckpointFolder& operator=(const CheckpointFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_of(const CheckpointHeader& header) const;

  // All files of a kind. Makes the folder where it is missing. What is damaged is told in the journal. Errors:
  // FileError::*.
  runtime::Task<Result<Checkpoints>> load(CheckpointKind kind);

  // Afterwards the file is durable, and only afterwards it has its name, path_of(header), which none has before.
  // Errors: FileError::*; a file of that name is not there then.
  runtime::Task<Result<void>> write(CheckpointHeader header, Buffer body);

  // What cannot be removed stays, and is useless to the next start.
  runtime::Task<void> remove(std::vector<std::string> paths);

 private:
  runtime::Files& files_;
  runtime::Executor& pool_;
  runtime::Journal& journal_;
  const std::string path_;
  runtime::Turns naming_;
};

}  // namespace artery::live
