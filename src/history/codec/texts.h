// A run of texts: each distinct one once, and numbers for the rest; the bytes as they are or under zstd.
// docs/formats/coding.md, "Texts".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "history/codec/integers.h"

namespace artery::codec {

inline constexpr std::size_t run_text_bytes_max = 64U << 20;

// Texts stand one after the other in `text`; text i ends at `ends[i]`.
void write_texts(Buffer& out, std::span<const std::uint64_t> ends, std::string_view text, Effort effort);

// Reads as many as were written, of at most run_text_bytes_max in all. False where the bytes are not that; then `ends`
// and `text` hold anything. `text` must be empty.
bool read_texts(ByteReader& reader, std::span<std::uint64_t> ends, std::string& text);

}  // namespace artery::codec
