// Differences to values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace artery::codec {

// Each becomes the sum of `start` and all up to and with itself (wrapping). A few at a time are summed up by
// themselves: then what waits for the sum before is one addition for all of them.
inline void sum_up(std::span<std::uint64_t> values, std::uint64_t start) {
  constexpr std::size_t step = 8;
  std::uint64_t* at = values.data();
  std::size_t left = values.size();
  for (; left >= step; left -= step, at += step) {
    std::array<std::uint64_t, step> sums;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < step; ++i) sums[i] = sum += at[i];
    for (std::size_t i = 0; i < step; ++i) at[i] = start + sums[i];
    start += sum;
  }
  for (; left > 0; --left, ++at) *at = start += *at;
}

}  // namespace artery::codec
