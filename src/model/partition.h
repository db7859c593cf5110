// Which partition an asset belongs to: its newest values, heads and state live there, so that columns that arrive
// together stay together. Never written to disk: the number of partitions may differ from run to run.
#pragma once

#include <cstdint>

#include "model/ids.h"

namespace artery {

// From 0 to count - 1; count is at least 1. Neighbouring ids spread evenly.
constexpr std::uint32_t partition_of(AssetId asset, std::uint32_t count) {
  const std::uint64_t mixed = asset.value() * 0x9E3779B97F4A7C15ULL;  // 2^64 / golden ratio: Fibonacci hashing
  return static_cast<std::uint32_t>((mixed >> 32) % count);
}

}  // namespace artery
