// Makes a signal's tiles while a segment is written, and keeps the levels that are worth their bytes.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "history/codec/integers.h"
#include "history/samples.h"
#include "history/tile.h"
#include "model/ids.h"

namespace artery::history {

struct TilePolicy {
  std::uint64_t rows_min = 1024;     // a signal with fewer in a segment has no tiles there
  std::uint64_t rows_per_tile = 16;  // a level with fewer on average is not tried any further
  std::uint64_t bytes_share =
      24;  // a level that costs more than one part in so many of what its samples cost is left out
  std::size_t always_from = tile_levels;  // this level and the coarser ones are kept in any case
};

class TileBuilder {
 public:
  TileBuilder(TilePolicy policy, codec::Effort effort) : policy_(policy), effort_(effort) {}

  // The signal's next rows, all of them, sorted by time and revision; the bytes that their chunk took.
  void add(SignalId signal, const Samples& rows, std::size_t bytes);
  // Appends what is kept of the signal to `out`, level by level, block by block, and is ready for the next signal.
  std::vector<TileBlockHeader> finish(Buffer& out);
  // Forgets the signal's rows, and is ready for the next signal.
  void clear();

 private:
  struct Level {
    Summary open;  // the tile of the slot that the rows are in
    std::vector<Summary> closed;
    Buffer blocks;
    std::vector<TileBlockHeader> headers;
    std::uint64_t tiles = 0;
  };

  void leave_thin_levels(const Samples& rows);
  void add_newest(const Samples& rows, std::size_t begin, std::size_t end);
  void close(std::size_t level);
  void close_all();
  void end_block(std::size_t level);
  void write_block(Level& level, std::size_t number);

  const TilePolicy policy_;
  const codec::Effort effort_;
  SignalId signal_;
  std::array<Level, tile_levels> levels_;
  std::size_t finest_ = 0;  // the levels below are given up
  Samples held_;            // the last row: the next ones may correct it
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace artery::history
