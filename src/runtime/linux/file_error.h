// What the system's error numbers mean for files.
#pragma once

#include <string_view>

#include "base/result.h"

namespace artery::runtime {

// "/data/log/1.seg: cannot write (No space left on device)"
Error file_error(std::string_view path, std::string_view what, int error_number);

}  // namespace artery::runtime
