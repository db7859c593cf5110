// A run of 64-bit floats, kept bit by bit, as integers that take less: decimals (ALP: "ALP: Adaptive Lossless
// Floating-Point Compression", Afroozeh, Kuffo, Boncz, SIGMOD 2024), the decimals behind 32-bit floats that were
// widened, the bits of 32-bit floats, or the bits themselves, whole or in two parts (ALP-RD). docs/formats/coding.md,
// "Floats".
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "history/codec/integers.h"

namespace artery::codec {

// The numbers are on disk.
enum class FloatForm : std::uint8_t { bits = 0, single_bits = 1, decimal = 2, single_decimal = 3, split = 4 };

// Appends 1 to run_values_max floats, given as their bits.
void write_floats(Buffer& out, std::span<const std::uint64_t> words, Effort effort);

// Reads as many as were written. False where the bytes are not that; then `words` holds anything.
bool read_floats(ByteReader& reader, std::span<std::uint64_t> words);

}  // namespace artery::codec
