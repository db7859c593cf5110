// What may go wrong in history, beside files.
#pragma once

#include <string_view>

#include "base/result.h"

namespace artery::history {

enum class HistoryError {
  damaged,    // what is on disk cannot be opened; the message names the file
  cancelled,  // the caller wanted no more
  closed,     // history is being closed, or its reader of the log ended
  failed,     // a sync failed: the node must stop
};
inline std::string_view error_module(HistoryError) { return "history"; }

}  // namespace artery::history
