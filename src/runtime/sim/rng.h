// Chance from a seed (SplitMix64: Steele, Lea, Flood 2014). Same seed, same sequence, on every machine.
#pragma once

#include <cstdint>

#include "base/assert.h"
#include "base/time.h"

namespace artery::sim {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  // 0 to `count` - 1. The bias of the remainder is below 2^-32 for what simulations ask.
  std::uint64_t below(std::uint64_t count) {
    ARTERY_ASSERT(count > 0);
    return next() % count;
  }
  bool chance(double probability) {
    return probability > 0 && static_cast<double>(next() >> 11U) * 0x1p-53 < probability;
  }
  Duration between(Duration low, Duration high) {
    if (high <= low) return low;
    return low + Duration(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((high - low).count()) + 1)));
  }

 private:
  std::uint64_t state_;
};

}  // namespace artery::sim
