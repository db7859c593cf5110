// One vector of up to 1,024 integers in the cheapest light form: constant, frame of reference, deltas in a frame or in
// runs, runs, or a dictionary. Light means that decoding costs less than a nanosecond a value and needs nothing but the
// vector itself. docs/formats/coding.md, "Vectors", is the specification. Integers are 64 bits; whether signed is the
// reader's affair.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "history/codec/pack.h"

namespace artery::codec {

// The numbers are on disk.
enum class VectorForm : std::uint8_t { constant = 0, frame = 1, delta = 2, runs = 3, dictionary = 4, delta_runs = 5 };

// Appends 1 to vector_values integers.
void write_vector(Buffer& out, std::span<const std::uint64_t> values);

// Reads as many as were written. False where the bytes are no vector of that many; then `values` holds anything.
bool read_vector(ByteReader& reader, std::span<std::uint64_t> values);

}  // namespace artery::codec
