// What live refuses or cannot do.
#pragma once

#include <string_view>

namespace artery::live {

enum class LiveError {
  bad_filter,  // not a filter, or with too many levels
  too_many,    // a limit is reached; the message names it
  closed,      // the node stops: the log ended
};
inline std::string_view error_module(LiveError) { return "live"; }

}  // namespace artery::live
