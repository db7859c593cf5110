#include "history/tile_builder.h"

#include <algorithm>
#include <iterator>

#include "base/assert.h"

namespace artery::history {
namespace {

// The first row from `begin` on that is in another slot than that one, or `end`.
std::size_t end_of_slot(const Samples& rows, std::size_t begin, std::size_t end, std::size_t level) {
  const std::int64_t slot = slot_of(rows.times[begin], level);
  const auto first = rows.times.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto last = rows.times.begin() + static_cast<std::ptrdiff_t>(end);
  if (slot_of(*(last - 1), level) == slot) return end;
  // Slots are often short: widen the search from the front.
  std::ptrdiff_t reach = 1;
  while (reach < last - first && slot_of(first[reach], level) == slot) reach *= 2;
  const auto found = std::partition_point(first + reach / 2, first + std::min(reach, last - first),
                                          [&](Time time) { return slot_of(time, level) == slot; });
  return static_cast<std::size_t>(found - rows.times.begin());
}

}  // namespace

void TileBuilder::add(SignalId signal, const Samples& rows, std::size_t bytes) {
  ARTERY_ASSERT(!rows.empty() && (rows_ == 0 || signal == signal_));
  signal_ = signal;
  if (rows_ == 0) leave_thin_levels(rows);
  rows_ += rows.size();
  bytes_ += bytes;
  const bool corrected = !held_.empty() && held_.times.front() == rows.times.front();
  if (!held_.empty() && !corrected) add_newest(held_, 0, 1);
  const std::size_t last = rows.size() - 1;
  // Of equal times the last row is the newest.
  if (std::ranges::adjacent_find(rows.times) == rows.times.end()) {
    add_newest(rows, 0, last);
  } else {
    Samples newest;
    newest.type = rows.type;
    for (std::size_t row = 0; row < last; ++row) {
      if (rows.times[row] != rows.times[row + 1]) newest.push(rows, row, 1);
    }
    add_newest(newest, 0, newest.size());
  }
  held_.clear();
  held_.type = rows.type;
  held_.push(rows, last, 1);
}

// The levels that hold too little among the first rows are not begun: at the end they would hardly be kept.
void TileBuilder::leave_thin_levels(const Samples& rows) {
  const auto holds_enough = [&](std::size_t level) {
    std::uint64_t tiles = 0;
    for (std::size_t row = 0; row < rows.size(); ++tiles) row = end_of_slot(rows, row, rows.size(), level);
    return rows.size() >= tiles * policy_.rows_per_tile;
  };
  while (finest_ < policy_.always_from && !holds_enough(finest_)) ++finest_;
}

void TileBuilder::add_newest(const Samples& rows, std::size_t begin, std::size_t end) {
  if (begin < end && finest_ < tile_levels) {
    const Summary& open = levels_[finest_].open;
    if (!open.empty() && open.type != rows.type) close_all();
  }
  while (begin < end && finest_ < tile_levels) {
    for (std::size_t level = finest_; level < tile_levels; ++level) {
      const Summary& open = levels_[level].open;
      if (open.empty() || slot_of(open.last.time, level) == slot_of(rows.times[begin], level)) break;
      close(level);
    }
    if (finest_ == tile_levels) return;
    const std::size_t stop = end_of_slot(rows, begin, end, finest_);
    Summary& open = levels_[finest_].open;
    if (open.empty()) open.type = rows.type;
    open.add(rows, begin, stop);
    begin = stop;
  }
}

// Ends the tile and hands what it holds on to the next level.
void TileBuilder::close(std::size_t number) {
  Level& level = levels_[number];
  if (level.open.empty()) return;
  level.closed.push_back(level.open);
  ++level.tiles;
  if (number + 1 < tile_levels) {
    Summary& next = levels_[number + 1].open;
    if (next.empty()) next.type = level.open.type;
    next.join(level.open);
  }
  level.open = {};
  if (level.closed.size() == block_tiles_max) end_block(number);
}

// The tiles are coded, unless they hold too little: coding is what costs. A level that takes so much that it would
// hardly be kept is given up too, and with it its memory.
void TileBuilder::end_block(std::size_t number) {
  Level& level = levels_[number];
  const bool is_needed = number != finest_ || number >= policy_.always_from;
  const bool holds_enough = rows_ >= level.tiles * policy_.rows_per_tile;
  if (is_needed || holds_enough) write_block(level, number);
  if (is_needed || (holds_enough && level.blocks.size() * policy_.bytes_share <= 2 * bytes_)) return;
  level = {};
  ++finest_;
}

void TileBuilder::close_all() {
  for (std::size_t level = finest_; level < tile_levels; ++level) {
    close(level);
    if (!levels_[level].closed.empty()) end_block(level);
  }
}

void TileBuilder::write_block(Level& level, std::size_t number) {
  level.headers.push_back(write_tiles(level.blocks, signal_, number, level.closed, effort_));
  level.closed.clear();
}

std::vector<TileBlockHeader> TileBuilder::finish(Buffer& out) {
  std::vector<TileBlockHeader> kept;
  const bool enough = rows_ >= policy_.rows_min;
  if (enough || policy_.always_from < tile_levels) {
    if (!held_.empty()) add_newest(held_, 0, 1);
    close_all();
    for (std::size_t number = 0; number < tile_levels; ++number) {
      const Level& level = levels_.at(number);
      const bool is_worth_it = enough && level.blocks.size() * policy_.bytes_share <= bytes_;
      if (!is_worth_it && number < policy_.always_from) continue;
      out.insert(out.end(), level.blocks.begin(), level.blocks.end());
      kept.insert(kept.end(), level.headers.begin(), level.headers.end());
    }
  }
  clear();
  return kept;
}

void TileBuilder::clear() {
  for (Level& level : levels_) level = {};
  finest_ = 0;
  held_.clear();
  rows_ = 0;
  bytes_ = 0;
}

}  // namespace artery::history
