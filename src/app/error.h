// What goes wrong in a command itself; the rest comes from the modules it calls.
#pragma once

#include <string_view>

#include "base/result.h"

namespace artery::app {

enum class AppError {
  bad_config,   // a configuration file that is no TOML, an assignment without a value
  not_allowed,  // listening beyond loopback
  no_answer,    // the node that a command talks to kept it waiting for too long, or says no
  refused,      // the node will not have it, now or later
  damaged,      // found by verify
};
inline std::string_view error_module(AppError) { return "app"; }

}  // namespace artery::app
