// Tiles: what a segment's samples of one signal come to, minute by minute, hour by hour, so that a question about years
// need not look at every sample. A tile holds exactly the samples of its slot, the stretch of its level's length that
// begins at a whole multiple of it since 1970; slots without a sample have none. docs/formats/segment.md, "Tiles".
//
// A tile knows its own segment only: what another segment has in between makes nothing wrong, as long as who reads
// tiles uses none that another source's samples lie within (summary_scan.h). Nothing is ever marked or mended.
//
// The bytes of tiles here; sans-I/O.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "history/codec/integers.h"
#include "history/rows.h"
#include "history/summary.h"
#include "model/ids.h"

namespace artery::history {

// From the finest on.
inline constexpr std::array tile_lengths{Duration(std::chrono::minutes(1)), Duration(std::chrono::minutes(10)),
                                         Duration(std::chrono::hours(1)), Duration(std::chrono::hours(6)),
                                         Duration(std::chrono::hours(24))};
inline constexpr std::size_t tile_levels = tile_lengths.size();
// What a level is on the disk: that of 6 hours came last.
inline constexpr std::array<std::uint8_t, tile_levels> tile_level_numbers{0, 1, 2, 4, 3};
std::optional<std::uint8_t> tile_level_of(std::uint64_t number);
inline constexpr std::size_t hour_level = 2;
inline constexpr std::size_t block_tiles_max = 1024;
inline constexpr std::uint32_t tile_block_mark = 0x80000000;  // in a block's length, where a chunk's has none

// Which slot of a level a time is in.
std::int64_t slot_of(Time time, std::size_t level);

struct TileBlockHeader {
  SignalId signal;
  std::uint32_t bytes = 0;  // of the whole block
  std::uint8_t level = 0;
  std::uint32_t tiles = 0;
  Span span;  // from the first sample to the last
};

// Appends 1 to block_tiles_max tiles of one type and level, in the order of their slots.
TileBlockHeader write_tiles(Buffer& out, SignalId signal, std::size_t level, std::span<const Summary> tiles,
                            codec::Effort effort);

// The length of the block that begins with these chunk_start_bytes; nothing where they begin no block.
std::optional<std::uint32_t> read_tiles_length(Bytes start);

// A whole block; nothing where its checksum is wrong or it is no block.
struct TileBlock {
  TileBlockHeader header;
  std::vector<Summary> tiles;
};
std::optional<TileBlock> read_tiles(Bytes bytes, SummaryParts parts);

}  // namespace artery::history
