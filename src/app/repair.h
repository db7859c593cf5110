// Makes the history of a data folder that no node has open whole again: `artery repair`.
#pragma once

#include "app/data_folder.h"
#include "base/result.h"
#include "base/time.h"
#include "history/repair.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::app {

// As history::repair(), with the names that the catalogue knows. Without `write` nothing is changed. Errors: as of
// that; FileError::in_use where a node has the folder open.
runtime::Task<Result<history::Repaired>> repair(runtime::Files* files, DataFolder folder, Time now, bool write);

}  // namespace artery::app
