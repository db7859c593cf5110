// The integers that names are resolved to once. Ids are assigned by the catalogue, start at 1, are never reused, and 0
// is no id.
#pragma once

#include <cstdint>

#include "base/strong.h"

namespace artery {

struct AssetIdTag;
using AssetId = Strong<AssetIdTag, std::uint32_t>;

struct SignalIdTag;
using SignalId = Strong<SignalIdTag, std::uint32_t>;

// The number of a batch in the log: 0 is the first ever written, each following batch has the next. As a position it
// means "everything below it".
struct OffsetTag;
using Offset = Strong<OffsetTag, std::uint64_t>;

}  // namespace artery
