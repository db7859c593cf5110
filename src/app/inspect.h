// Files of a data folder as text for a person: `artery inspect`.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::app {

using Print = std::function<void(std::string_view line)>;

struct LogExtract {
  std::string folder;  // of the log, or the data folder around it
  std::uint64_t from = 0;
  std::uint64_t to = std::numeric_limits<std::uint64_t>::max();  // batches from <= offset < to
  bool payload = false;                                          // each sample and message too
};

// Segments, their batches and records, one line each. Errors: FileError::*.
runtime::Task<Result<void>> inspect_log(runtime::Files* files, LogExtract extract, Print print);

// A segment of history: what it covers, and its signals. Errors: FileError::*, HistoryError::damaged.
runtime::Task<Result<void>> inspect_segment(runtime::Files* files, std::string path, Print print);

}  // namespace artery::app
