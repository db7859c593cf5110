// Reads every byte of a data folder that no node has open and says what is damaged: `artery verify`, and the doctor's
// look at the log. Changes nothing.
#pragma once

#include <cstdint>
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
  std::vector<std::string> damage;  // "file: offset N: what", one line each
  std::vector<std::string> notes;   // no damage, but worth knowing: a tail that a crash has torn
};

// Of the log alone.
runtime::Task<Result<void>> verify_log(runtime::Files* files, DataFolder folder, Findings* findings);
// Of everything. Errors: FileError::*; in_use where a node has the folder open.
runtime::Task<Result<Findings>> verify(runtime::Files* files, DataFolder folder);

}  // namespace artery::app
