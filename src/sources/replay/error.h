// What can go wrong with a replayed file as a whole. Internal to the module and its command.
#pragma once

#include <string_view>

namespace artery::replay {

enum class ReplayError {
  bad_option,  // an option or a line of a mapping that cannot be
  unreadable,  // bytes that are not what the file claims to be: a broken gzip, an unknown encoding
  no_table,    // a file that is no table, or has no time
};
inline std::string_view error_module(ReplayError) { return "replay"; }

}  // namespace artery::replay
