// How much of a disk is kept free.
#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/file.h"

namespace artery::log {

// Of a small disk no more than a tenth, however much is wanted: it should be of use too.
inline constexpr std::uint64_t kept_share = 10;

inline std::uint64_t kept_free(std::uint64_t wanted, const runtime::Space& space) {
  return std::min(wanted, space.total_bytes / kept_share);
}

}  // namespace artery::log
