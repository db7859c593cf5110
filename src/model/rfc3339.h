// Times as RFC 3339 writes them: 2023-11-14T22:13:20.5Z, 2023-11-15T06:13:20+08:00. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace artery {

// The whole of `text`, or nothing where it is no time: a date, `T`, `t` or one space, a time of day with seconds and at
// most nine digits of a fraction, and `Z`, `z` or an offset. Nothing, too, for what 64 bits of nanoseconds cannot hold
// (before 1677-09-21, after 2262-04-11). A leap second (60, only at the end of a month in UTC) is the second after it,
// as POSIX counts.
std::optional<Time> parse_rfc3339(std::string_view text);

// In UTC, with no fraction or one of three, six or nine digits: as many as keep the time exact.
std::string format_rfc3339(Time time);

}  // namespace artery
