// Numbers of the line protocol, exactly: the nearest double of a decimal, integers that fit or are refused. Internal.
#pragma once

#include <cstdint>

#include "model/sample.h"

namespace artery::line_protocol {

enum class NumberRead : std::uint8_t { good, malformed, out_of_range };

// From `p` on, which afterwards is behind what was read: 12, -3i, 7u, 1.5, .5, 2., 1e3. No sign but `-`, no NaN, no
// infinity.
NumberRead read_number(const char*& p, const char* end, ValueView& value);
// Only digits, with or without `-`.
NumberRead read_integer(const char*& p, const char* end, std::int64_t& value);

}  // namespace artery::line_protocol
