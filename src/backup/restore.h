// From a backup back to a data folder, without a node. A folder that is half restored is told from a whole one by the
// backup's list of contents: it is there first and goes last, and a node does not open a folder that has it.
#pragma once

#include <cstdint>
#include <string>

#include "backup/contents.h"
#include "base/result.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::backup {

// Copies a backup to `to`, which is missing or empty, and compares every byte with the list of contents. Done means:
// all of it is on the device, and a node does not open it before finish_restore(). After an error nothing of it is
// left. Errors: BackupError::damaged with the file that is, not_empty, FileError::*.
runtime::Task<Result<Contents>> restore_files(runtime::Files* files, std::string backup, std::string to);

// Lets nodes open the folder. Errors: FileError::*.
runtime::Task<Result<void>> finish_restore(runtime::Files* files, std::string to);

// Whether a folder is a backup, or half restored: no data folder to write to. Errors: BackupError::damaged, with what
// to do instead; FileError::*.
runtime::Task<Result<void>> check_not_backup(runtime::Files* files, std::string folder);

}  // namespace artery::backup
