// The few recipes for durable files that every module needs, so that each sync is in its place once.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::runtime {

// Makes the folder and its parents, and syncs all of them, so that what is put into it can be durable, and what is
// found in it is: a process that was killed between a rename and the sync of the folder leaves a name that programs see
// and a power loss takes. Call it before anything in the folder is relied upon, above all before the log may forget for
// it.
Task<Result<void>> make_durable_folder(Files& files, std::string folder);

// Replaces `path` with the parts, one after the other, or leaves it as it was, whatever happens: temporary file (`path`
// with `.tmp`), sync, rename, sync of the folder. Done means durable. After an error it may be either, and if it is the
// new one a power loss may still undo that.
Task<Result<void>> replace_file(Files& files, std::string path, std::vector<Bytes> parts);

// The whole of a file that is known to be small. FileError::not_found where there is none.
Task<Result<Buffer>> read_file(Files& files, std::string path);

}  // namespace artery::runtime
