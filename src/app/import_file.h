// A file that `artery export` wrote, on its way back: whether it is whole, and what it says of signals. Blocks; on any
// thread but a loop's.
#pragma once

#include <cstdint>
#include <string>

#include "app/replay_source.h"
#include "base/result.h"
#include "runtime/runtime.h"

namespace artery::app {

struct ExportFacts {
  std::string node;  // that made it
  std::string made;  // when
  std::uint64_t samples = 0;
  std::uint64_t lines = 0;
  bool is_whole = false;    // false only where `partial` was asked for
  bool incomplete = false;  // of the node's own: damage had eaten something
};

// Reads all of it. With `partial` a file that is cut off is taken up to there. Errors: AppError::damaged with file and
// line where it is no export, cut off, or changed; FileError::*, ReplayError::unreadable.
Result<ExportFacts> check_export(ReplaySource& source, bool partial);

// Tells the node what the file knows of assets and signals; what is known there stays. Errors: AppError::refused with
// the first of those that it will not have, net::ClientError, AppError::no_answer.
Result<void> send_metadata(runtime::Runtime& runtime, ReplaySource& source, const std::string& node, Duration wait_max);

}  // namespace artery::app
