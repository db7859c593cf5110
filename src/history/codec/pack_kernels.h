// The loop behind unpack_add(), apart so that a test can run it for every machine. `packed` holds a full vector in
// lanes.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "history/codec/bits.h"
#include "history/codec/pack.h"
#include "history/codec/versions.h"

namespace artery::codec {

inline constexpr std::size_t lanes = 16;
inline constexpr std::size_t lane_rows = vector_values / lanes;

struct UnpackLanes {
  [[gnu::always_inline]] static inline void run(const std::byte* __restrict packed, unsigned width, std::uint64_t base,
                                                std::uint64_t* __restrict values) {
    constexpr std::size_t stride = lanes * sizeof(std::uint64_t);
    const std::uint64_t mask = low_bits(width);
    for (std::size_t row = 0; row < lane_rows; ++row) {
      const std::byte* word = packed + row * width / 64 * stride;
      const std::uint64_t shift = row * width % 64;
      std::uint64_t* to = values + row * lanes;
      // Unrolled as a whole, which GCC would do first, these loops would not be vectorised.
      if (shift + width <= 64) {
#pragma GCC unroll 1
        for (std::size_t lane = 0; lane < lanes; ++lane) {
          const auto low = load<std::uint64_t>(word + lane * sizeof(std::uint64_t));
          to[lane] = ((low >> shift) & mask) + base;
        }
      } else {
#pragma GCC unroll 1
        for (std::size_t lane = 0; lane < lanes; ++lane) {
          const auto low = load<std::uint64_t>(word + lane * sizeof(std::uint64_t));
          const auto high = load<std::uint64_t>(word + stride + lane * sizeof(std::uint64_t));
          to[lane] = ((low >> shift | high << (64 - shift)) & mask) + base;
        }
      }
    }
  }
};

}  // namespace artery::codec
