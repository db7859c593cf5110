// A line of line protocol on its way through: only its time is made one of nanoseconds, and shifted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace artery::replay {

struct CopiedLine {
  std::string_view series;   // up to the first blank that no backslash escapes
  Time time;                 // unshifted
  std::string_view fault{};  // why nothing was appended
};
// Appends the line with its end. A line without a time is refused: repeated, it would be another reading.
CopiedLine copy_line(std::string_view line, std::int64_t unit_ns, Duration shift, std::string& lines);

}  // namespace artery::replay
