// What is damaged of one segment. Private to history/.
#pragma once

#include <string>

#include "base/result.h"
#include "history/history.h"
#include "history/manifest.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::history {

// Reads every byte of it. On the pool. Errors: FileError::* but io, which is damage.
runtime::Task<Result<Verified>> verify_segment(runtime::Files* files, std::string folder, SegmentEntry entry);

}  // namespace artery::history
