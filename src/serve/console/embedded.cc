#include "serve/console/embedded.h"

// Defined by cmake/embedded_file.S.in.
extern "C" const char artery_console_begin[];
extern "C" const char artery_console_end[];

namespace artery::serve {

std::string_view embedded_console() { return {artery_console_begin, artery_console_end}; }

}  // namespace artery::serve
