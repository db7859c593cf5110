// What goes wrong with backups; the rest comes from the modules and files they read.
#pragma once

#include <string_view>

namespace artery::backup {

enum class BackupError {
  not_set,    // there is no folder for backups
  busy,       // one is being made
  closed,     // the node stops
  damaged,    // no backup, made half, or not as it was made
  not_empty,  // the folder that is to be restored to
};
inline std::string_view error_module(BackupError) { return "backup"; }

}  // namespace artery::backup
