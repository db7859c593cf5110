// The bytes of the console that was built with this program: a bundle (bundle.h). They live as long as the program.
#pragma once

#include <string_view>

namespace artery::serve {

[[nodiscard]] std::string_view embedded_console();

}  // namespace artery::serve
