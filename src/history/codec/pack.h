// Integers of one width, packed. A full vector (1,024) is packed in interleaved lanes, so that one shift and mask
// serves all lanes and the machine's wide registers take it ("The FastLanes Compression Layout", Afroozeh and Boncz,
// VLDB 2023): lane l holds the values l, l + 16, l + 32 ..., its 64-bit words stand 16 words apart. Fewer values stand
// one after the other.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace artery::codec {

inline constexpr std::size_t vector_values = 1024;
inline constexpr unsigned width_max = 64;

constexpr std::size_t packed_bytes(std::size_t count, unsigned width) { return (count * width + 7) / 8; }

// Every value fits `width` bits; at most vector_values of them. Appends packed_bytes(count, width).
void pack(Buffer& out, std::span<const std::uint64_t> values, unsigned width);

// `packed` is packed_bytes(values.size(), width) long.
void unpack(Bytes packed, unsigned width, std::span<std::uint64_t> values);
// The same, with `base` added to each (wrapping): frame of reference.
void unpack_add(Bytes packed, unsigned width, std::uint64_t base, std::span<std::uint64_t> values);

}  // namespace artery::codec
