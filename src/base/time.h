// Time. A `Time` is what a source or a node's clock says: int64 nanoseconds since 1970-01-01T00:00:00 UTC, without leap
// seconds. An `Instant` only measures how long something takes; it never jumps and means nothing outside the process.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>

#include "base/strong.h"

namespace artery {

using Duration = std::chrono::nanoseconds;

struct TimeTag;
using Time = Strong<TimeTag, std::int64_t>;

inline constexpr Time time_min{std::numeric_limits<std::int64_t>::min()};
inline constexpr Time time_max{std::numeric_limits<std::int64_t>::max()};

struct InstantTag;
using Instant = Strong<InstantTag, std::int64_t>;  // nanoseconds since some fixed moment

inline Instant operator+(Instant from, Duration by) { return Instant(from.value() + by.count()); }
inline Duration operator-(Instant to, Instant from) { return Duration(to.value() - from.value()); }

}  // namespace artery
