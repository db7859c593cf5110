#include "serve/http/openapi_document.h"

// Defined by cmake/embedded_file.S.in.
extern "C" const char artery_openapi_begin[];
extern "C" const char artery_openapi_end[];

namespace artery::serve {

std::string_view openapi_document() { return {artery_openapi_begin, artery_openapi_end}; }

}  // namespace artery::serve
