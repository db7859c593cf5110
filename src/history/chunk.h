// The bytes of a chunk: docs/formats/segment.md is the specification, this its one implementation. Sans-I/O.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "history/rows.h"
#include "model/ids.h"

namespace artery::history {

inline constexpr std::size_t chunk_header_bytes = 64;
inline constexpr std::size_t chunk_rows_max = 8 * vector_rows;
inline constexpr std::size_t chunk_text_bytes_max = vector_text_bytes_max;  // a chunk is ended when they reach it
inline constexpr std::size_t chunk_bytes_max = 64U << 20;                   // what a reader believes

struct ChunkHeader {
  SignalId signal;
  std::uint32_t bytes = 0;      // of the whole chunk, its header and padding too
  std::uint32_t first_row = 0;  // how many rows of the signal stand before it in the segment
  std::uint32_t rows = 0;
  Span span;
};

// Appends a chunk of rows, which are sorted by time, then by arrival, and not empty. `out` is eight-byte aligned there.
ChunkHeader write_chunk(Buffer& out, SignalId signal, std::uint32_t first_row, const Samples& samples);

// What the header says, without a look at the checksum; nothing where it cannot be one.
std::optional<ChunkHeader> read_chunk_header(Bytes bytes);

// A whole chunk; nothing where its checksum is wrong or it is no chunk. Rows are numbered on from `first_row`.
struct Chunk {
  ChunkHeader header;
  Rows rows;
};
std::optional<Chunk> read_chunk(Bytes bytes);

// Leaves the rows within `span`.
void clip(Rows& rows, const Span& span);

}  // namespace artery::history
