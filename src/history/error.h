// What may go wrong in history, beside files.
#pragma once

#include <string_view>

#include "base/result.h"

namespace artery::history {

enum class HistoryError {
  damaged,    // what is on disk cannot be opened; the message names the file
  cancelled,  // the caller wanted no more
  closed,     // history is being closed, or its reader of the log ended
  too_much,   // what a scan must take from the log, as the disk is full, is more than head_bytes_max
  failed,     // a sync failed: the node must stop
};
inline std::string_view error_module(HistoryError) { return "history"; }

}  // namespace artery::history
