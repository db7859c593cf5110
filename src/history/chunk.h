// The bytes of a chunk: docs/formats/segment.md is the specification, this its one implementation. Sans-I/O.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "history/codec/integers.h"
#include "history/rows.h"
#include "model/ids.h"

namespace artery::history {

inline constexpr std::size_t chunk_start_bytes = 8;  // checksum and length: what a reader must have to know the rest
inline constexpr std::size_t chunk_rows_max = 8 * vector_rows;
inline constexpr std::size_t chunk_text_bytes_max = vector_text_bytes_max;  // a chunk is ended when they reach it
inline constexpr std::size_t chunk_bytes_max = 64U << 20;                   // what a reader believes

// A time as an unsigned number, whose differences wrap, and back.
inline std::uint64_t bits(Time time) { return static_cast<std::uint64_t>(time.value()); }
inline Time time_of(std::uint64_t bits) { return Time(static_cast<std::int64_t>(bits)); }

struct ChunkHeader {
  SignalId signal;
  std::uint32_t bytes = 0;      // of the whole chunk
  std::uint32_t first_row = 0;  // how many rows of the signal stand before it in the segment
  std::uint32_t rows = 0;
  Span span;
};

// Appends a chunk of rows, which are sorted by time, then by arrival, and not empty.
ChunkHeader write_chunk(Buffer& out, SignalId signal, std::uint32_t first_row, const Samples& samples,
                        codec::Effort effort);

// The length of the chunk that begins with these chunk_start_bytes, without a look at the checksum; nothing where there
// can be none.
std::optional<std::uint32_t> read_chunk_length(Bytes start);

// A whole chunk; nothing where its checksum is wrong or it is no chunk. Rows are numbered on from `first_row`.
struct Chunk {
  ChunkHeader header;
  Rows rows;
};
std::optional<Chunk> read_chunk(Bytes bytes);

// Leaves the rows within `span`.
void clip(Rows& rows, const Span& span);

}  // namespace artery::history
