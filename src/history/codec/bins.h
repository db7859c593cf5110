// Bins for the entropy coder: integers are told by the bin they fall in and by their distance from its lower end. Which
// bins cost least is found by dynamic programming over a histogram, as in "Pcodec: Better Compression for Numerical
// Sequences" (Loncaric, 2025).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace artery::codec {

// Holds the values from `lower` on (as signed numbers) whose distance to it fits `width` bits.
struct Bin {
  std::uint64_t lower = 0;
  unsigned width = 0;
  std::uint32_t count = 0;
};

struct Bins {
  std::vector<Bin> all;  // ascending; no value falls in two
  double bits = 0;       // what all values will take, roughly, with the bins' own description
};

inline constexpr std::size_t bins_max = 512;  // in a file; a search ends with fewer

// How closely to look: into how many groups the histogram goes, whose square the search takes.
enum class Search : std::uint8_t { rough, thorough };

// `sorted` is ascending as signed numbers and not empty.
Bins choose_bins(std::span<const std::uint64_t> sorted, Search search);

}  // namespace artery::codec
