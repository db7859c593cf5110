#include "serve/console/embedded.h"

// Defined by console_bundle.S.in: the assembler takes the file as it is, which costs no compile time.
extern "C" const char artery_console_begin[];
extern "C" const char artery_console_end[];

namespace artery::serve {

std::string_view embedded_console() { return {artery_console_begin, artery_console_end}; }

}  // namespace artery::serve
