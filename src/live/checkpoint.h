// Checkpoint files of live's readers: what a reader had made of everything below an offset of the log, whole, in one
// file. Format: docs/formats/live.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "runtime/file.h"
#include "runtime/journal.h"
#include "runtime/task.h"

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
  Buffer body;
};

struct Checkpoints {
  std::vector<Checkpoint> intact;    // the newest of each partition, the least offset first
  std::vector<std::string> useless;  // paths: older, damaged or half written ones
  bool damaged = false;              // any of them was damaged
};

// "newest-<partition>-<partitions>-<offset>", "retained-<offset>"
std::string checkpoint_name(const CheckpointHeader& header);

// All files of a kind in a folder, which is made where it is missing. What is damaged is told in the journal. On a
// pool. Errors: FileError::*.
runtime::Task<Result<Checkpoints>> load_checkpoints(runtime::Files* files, runtime::Journal* journal,
                                                    std::string folder, CheckpointKind kind);

// What verify_checkpoints() found. `damage` names file, offset and what is wrong, one line each.
struct VerifiedCheckpoints {
  std::uint64_t files = 0;
  std::vector<std::string> damage;
};

// Reads every byte of all files of every kind in a folder that no node has open; half-written ones are none. Changes
// nothing. On a pool. Errors: FileError::*, not_found where there is no such folder.
runtime::Task<Result<VerifiedCheckpoints>> verify_checkpoints(runtime::Files* files, std::string folder);

// Afterwards the file is durable, and only afterwards it has its name. Returns its path. On a pool. Errors:
// FileError::*; a file of that name is not there then.
runtime::Task<Result<std::string>> write_checkpoint(runtime::Files* files, std::string folder, CheckpointHeader header,
                                                    Buffer body);

// What cannot be removed stays, and is useless to the next start. On a pool.
runtime::Task<void> remove_files(runtime::Files* files, std::vector<std::string> paths);

}  // namespace artery::live
