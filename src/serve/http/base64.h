// Base64 (RFC 4648, section 4), for bytes inside JSON.
#pragma once

#include <string>
#include <string_view>

namespace artery::serve {

std::string base64(std::string_view bytes);

}  // namespace artery::serve
