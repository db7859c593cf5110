// A run of integers in the smallest form: differences of some order, sorted into bins, the bins' numbers entropy coded,
// the distances from the bins' lower ends packed. For data at rest: it decodes at about half a value per nanosecond and
// is expensive to make. docs/formats/coding.md, "Entropy coded", is the specification.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace artery::codec {

inline constexpr std::size_t entropy_values_max = 1U << 16;
inline constexpr unsigned difference_order_max = 3;

// Appends 1 to entropy_values_max integers.
void write_entropy(Buffer& out, std::span<const std::uint64_t> values);

// Reads as many as were written. False where the bytes are nothing of that kind; then `values` holds anything.
bool read_entropy(ByteReader& reader, std::span<std::uint64_t> values);

}  // namespace artery::codec
