// The program's version.
#pragma once

#include <string_view>

namespace artery::app {

inline constexpr std::string_view version = "0.1.0";  // as CMakeLists.txt and CHANGELOG.md have it

}  // namespace artery::app
