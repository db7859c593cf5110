// A run of integers of any length: a line, vectors one after the other, or entropy coded. docs/formats/coding.md,
// "Runs".
//
// All of codec/ is sans-I/O and keeps nothing: any thread may call it. What is written is appended to a buffer of the
// caller's; a reader never believes a length that the bytes do not bear out, and needs no checksum to be safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace artery::codec {

// What encoding may cost: `light` is for data that was just written, `small` tries everything for data at rest.
enum class Effort : std::uint8_t { light, small };

inline constexpr std::size_t run_values_max = 1U << 16;

// Appends 1 to run_values_max integers.
void write_integers(Buffer& out, std::span<const std::uint64_t> values, Effort effort);

// Reads as many as were written. False where the bytes are not that; then `values` holds anything. Stretch by stretch,
// while it is in the cache, what was read is given to `each`, which may write it over.
using EachStretch = std::function<void(std::span<std::uint64_t>)>;
bool read_integers(ByteReader& reader, std::span<std::uint64_t> values, const EachStretch& each = {});

// Value i is first + i * step (wrapping).
struct Line {
  std::uint64_t first = 0;
  std::uint64_t step = 0;
};
// A run that says of itself that it is a line; else nothing, and it is still to be read.
std::optional<Line> read_line(ByteReader& reader);
// The same where all are equal to the first.
std::optional<std::uint64_t> read_equal(ByteReader& reader);

}  // namespace artery::codec
