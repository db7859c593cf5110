// The bytes of a chunk: docs/formats/segment.md is the specification, this its one implementation. Sans-I/O.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "history/codec/integers.h"
#include "history/rows.h"
#include "history/stamps.h"
#include "model/ids.h"

namespace artery::history {

inline constexpr std::size_t chunk_start_bytes = 8;  // checksum and length: what a reader must have to know the rest
inline constexpr std::size_t chunk_rows_max = 8 * vector_rows;
inline constexpr std::size_t chunk_text_bytes_max = vector_text_bytes_max;  // a chunk is ended when they reach it
inline constexpr std::size_t chunk_bytes_max = 64U << 20;                   // what a reader believes

// Where the stamps of a chunk stand that has none of its own: in another before it.
struct StampsPlace {
  std::uint64_t distance = 0;  // from the chunk's first byte back to theirs
  std::uint32_t bytes = 0;
  std::uint32_t checksum = 0;  // CRC-32C of them
};

struct ChunkHeader {
  SignalId signal;
  std::uint32_t bytes = 0;      // of the whole chunk
  std::uint32_t first_row = 0;  // how many rows of the signal stand before it in the segment
  std::uint32_t rows = 0;
  Span span;
};

struct WrittenChunk {
  ChunkHeader header;
  Bytes stamps;  // in the buffer, at its end; empty where the chunk has none
};
// Appends a chunk of rows, which are sorted by time, then by arrival, and not empty. Where their stamps stand in
// another chunk it has none of its own.
WrittenChunk write_chunk(Buffer& out, SignalId signal, std::uint32_t first_row, const Samples& samples,
                         codec::Effort effort, const std::optional<StampsPlace>& stamps = std::nullopt);

// The length of the chunk that begins with these chunk_start_bytes, without a look at the checksum; nothing where there
// can be none.
std::optional<std::uint32_t> read_chunk_length(Bytes start);

// In the byte of the type.
enum class ChunkLayout : std::uint8_t { times_first = 0, stamps_last = 0x10, stamps_elsewhere = 0x20 };

// A chunk whose checksum is right, up to its columns. Valid as long as the bytes read from.
struct ChunkStart {
  ChunkHeader header;  // but for its span
  ValueType type = ValueType::f64;
  ChunkLayout layout = ChunkLayout::stamps_last;
  std::optional<StampsPlace> stamps;  // where they are elsewhere
  std::uint64_t first = 0;            // time of the first row, its bits
  Bytes columns;
};
// Nothing where its checksum is wrong or it is no chunk.
std::optional<ChunkStart> read_chunk_start(Bytes bytes);

struct Chunk {
  ChunkHeader header;
  Rows rows;  // numbered on from `first_row`
};
// The chunk, with the stamps that it names, if it names any. Nothing where these are not the right ones, or the columns
// are none; what is not read is not looked at. It has the columns that are asked for, and all where a time is there
// twice. `spent` holds anything; its memory is used.
std::optional<Chunk> read_chunk(const ChunkStart& start, Bytes stamps, Columns asked = Columns::all(),
                                Samples spent = {});

// Leaves the rows within `span`; they have times.
void clip(Rows& rows, const Span& span);

}  // namespace artery::history
