// The few recipes for durable files that every module needs, so that each sync is in its place once.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::runtime {

// Makes the folder and its parents, and syncs every folder on the way, so that what is put into it can be durable.
Task<Result<void>> make_durable_folder(Files& files, std::string folder);

// Replaces `path` with `contents` or leaves it as it was, whatever happens: temporary file, sync, rename, sync of the
// folder. Done means durable.
Task<Result<void>> replace_file(Files& files, std::string path, Bytes contents);

// The whole of a file that is known to be small. FileError::not_found where there is none.
Task<Result<Buffer>> read_file(Files& files, std::string path);

}  // namespace artery::runtime
