// Reads every byte of a data folder that no node has open and says what is damaged: `artery verify`, and the doctor's
// look at the log. Changes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/data_folder.h"
#include "base/result.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::app {

struct Findings {
  std::uint64_t log_segments = 0;
  std::uint64_t log_batches = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t checkpoints = 0;  // live's
  std::uint64_t history_segments = 0;
  std::uint64_t history_samples = 0;
  std::uint64_t history_archives = 0;
  std::vector<std::string> damage;  // "file: offset N: what", one line each
  std::vector<std::string> notes;   // no damage, but worth knowing: a tail that a crash has torn
};

// Of the log alone.
runtime::Task<Result<void>> verify_log(runtime::Files* files, DataFolder folder, Findings* findings);
// Of everything. Errors: FileError::*; in_use where a node has the folder open.
runtime::Task<Result<Findings>> verify(runtime::Files* files, DataFolder folder);

// Held while a folder's files are read; nothing to hold where no node was ever at work in it, or on a read-only disk.
// Errors: FileError::*; in_use where a node has the folder open.
runtime::Task<Result<std::unique_ptr<runtime::FileLock>>> keep_nodes_out(runtime::Files* files, DataFolder folder);
// The names of a folder's files that begin so; none where there is no such folder. Errors: FileError::*.
runtime::Task<Result<std::vector<std::string>>> files_in(runtime::Files* files, std::string folder, std::string prefix);

}  // namespace artery::app
