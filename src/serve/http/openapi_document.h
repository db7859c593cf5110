// docs/api/openapi.json, as it was when the program was built.
#pragma once

#include <string_view>

namespace artery::serve {

std::string_view openapi_document();

}  // namespace artery::serve
