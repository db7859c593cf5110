#include "history/tile.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/assert.h"
#include "base/crc32c.h"
#include "history/chunk.h"
#include "history/codec/bits.h"
#include "history/codec/floats.h"

namespace artery::history {
namespace {

using codec::Effort;
using codec::get_varint;
using codec::put_varint;
using codec::unzigzag;
using codec::zigzag;

constexpr std::uint64_t rows_max = std::uint64_t{1} << 32U;  // of a signal in a segment
constexpr std::size_t bytes_at = 4;                          // the checksum is before, and over all from here on

std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }
double double_of(std::uint64_t bits) { return std::bit_cast<double>(bits); }

// Where a slot begins; wraps at the ends of time, as all differences here do.
std::uint64_t slot_start(std::uint64_t slot, std::size_t level) {
  return slot * static_cast<std::uint64_t>(tile_lengths[level].count());
}

// What the integrals would be if all samples were usable and as far apart as each other: then they are very nearly
// this, and what is left costs little. Each step is rounded by itself, so that every machine finds the same.
struct Expected {
  double stepped;
  double linear;
};
Expected expected_of(const Summary& tile) {
  if (tile.count < 2 || tile.usable() == 0) return {0, 0};
  const double seconds = static_cast<double>(nanoseconds_between(tile.first.time, tile.last.time)) * 1e-9;
  const double step = seconds / static_cast<double>(tile.count - 1);
  const double sum = tile.total();
  const double first = number_of(tile.type, tile.first_usable.word);
  const double last = number_of(tile.type, tile.last_usable.word);
  const double stepped = (sum - last) * step;
  const double half = (last - first) * 0.5;
  const double linear = (sum - last + half) * step;
  return {std::isfinite(stepped) ? stepped : 0, std::isfinite(linear) ? linear : 0};
}

// The columns of a block, in their order: one list for writing and reading, so that they cannot differ. `io` has
//   void integers(get, set): a column of 64-bit integers, got from a tile and set in it
//   void values(get, set): the same of words of the tiles' type
//   void floats(get, set): the same of doubles, by their bits
// Each may look at what the columns before have set.
template <class Io>
void point_columns(Io& io, std::size_t level) {
  using S = Summary;
  const auto slot = [level](Time time) { return static_cast<std::uint64_t>(slot_of(time, level)); };
  // The slot is kept in first.time until the column after it says where in the slot it is.
  io.integers([&](const S& tile) { return slot(tile.first.time); },
              [&](S& tile, std::uint64_t value) { tile.first.time = time_of(slot_start(value, level)); });
  io.integers([&](const S& tile) { return bits(tile.first.time) - slot_start(slot(tile.first.time), level); },
              [](S& tile, std::uint64_t value) { tile.first.time = time_of(bits(tile.first.time) + value); });
  io.integers([](const S& tile) { return nanoseconds_between(tile.first.time, tile.last.time); },
              [](S& tile, std::uint64_t value) { tile.last.time = time_of(bits(tile.first.time) + value); });
  io.integers([](const S& tile) { return tile.count; }, [](S& tile, std::uint64_t value) { tile.count = value; });
  io.integers([](const S& tile) { return tile.unusable; }, [](S& tile, std::uint64_t value) { tile.unusable = value; });
  io.integers([](const S& tile) { return tile.uncertain; },
              [](S& tile, std::uint64_t value) { tile.uncertain = value; });
  for (Point S::* const point : {&S::first, &S::last, &S::min, &S::max}) {
    io.values([point](const S& tile) { return (tile.*point).word; },
              [point](S& tile, std::uint64_t value) { (tile.*point).word = value; });
    io.integers(
        [point](const S& tile) { return std::uint64_t{(tile.*point).quality.value()}; },
        [point](S& tile, std::uint64_t value) { (tile.*point).quality = Quality(static_cast<std::uint32_t>(value)); });
  }
  for (Point S::* const point : {&S::min, &S::max}) {
    io.integers([point](const S& tile) { return bits((tile.*point).time) - bits(tile.first.time); },
                [point](S& tile, std::uint64_t value) { (tile.*point).time = time_of(bits(tile.first.time) + value); });
  }
  io.integers([](const S& tile) { return std::uint64_t{tile.worst.value()}; },
              [](S& tile, std::uint64_t value) { tile.worst = Quality(static_cast<std::uint32_t>(value)); });
  // The first and last usable ones are the first and last of all where nothing is unusable.
  const auto usable = [&io](Point S::* const point, Point S::* const beside) {
    io.integers([=](const S& tile) { return bits((tile.*point).time) - bits((tile.*beside).time); },
                [=](S& tile, std::uint64_t value) { (tile.*point).time = time_of(bits((tile.*beside).time) + value); });
    io.integers([=](const S& tile) { return (tile.*point).word ^ (tile.*beside).word; },
                [=](S& tile, std::uint64_t value) { (tile.*point).word = (tile.*beside).word ^ value; });
    io.integers(
        [=](const S& tile) { return std::uint64_t{(tile.*point).quality.value() ^ (tile.*beside).quality.value()}; },
        [=](S& tile, std::uint64_t value) {
          (tile.*point).quality = Quality((tile.*beside).quality.value() ^ static_cast<std::uint32_t>(value));
        });
  };
  usable(&S::first_usable, &S::first);
  usable(&S::last_usable, &S::last);
}

template <class Io>
void sum_columns(Io& io, ValueType type) {
  using S = Summary;
  if (type == ValueType::f64) {
    io.floats([](const S& tile) { return bits_of(tile.sum.value()); },
              [](S& tile, std::uint64_t value) { tile.sum = {double_of(value), 0}; });
  } else {
    io.integers([](const S& tile) { return static_cast<std::uint64_t>(tile.whole_sum); },
                [](S& tile, std::uint64_t value) { tile.whole_sum = static_cast<WideInteger>(value); });
    io.integers([](const S& tile) { return static_cast<std::uint64_t>(tile.whole_sum >> 64U); },
                [](S& tile, std::uint64_t value) {
                  tile.whole_sum +=
                      static_cast<WideInteger>(static_cast<std::int64_t>(value)) * (WideInteger{1} << 64U);
                });
  }
  io.floats([](const S& tile) { return bits_of(tile.squares); },
            [](S& tile, std::uint64_t value) { tile.squares = double_of(value); });
  io.integers([](const S& tile) { return tile.transitions; },
              [](S& tile, std::uint64_t value) { tile.transitions = value; });
  const auto span = [](const S& tile) { return nanoseconds_between(tile.first.time, tile.last.time); };
  io.integers([span](const S& tile) { return span(tile) - tile.weighted.usable_ns; },
              [span](S& tile, std::uint64_t value) { tile.weighted.usable_ns = span(tile) - value; });
  io.integers([](const S& tile) { return tile.weighted.usable_ns - tile.weighted.nonzero_ns; },
              [](S& tile, std::uint64_t value) { tile.weighted.nonzero_ns = tile.weighted.usable_ns - value; });
  io.integers([](const S& tile) { return bits_of(tile.weighted.stepped.value()) - bits_of(expected_of(tile).stepped); },
              [](S& tile, std::uint64_t value) {
                tile.weighted.stepped = {double_of(bits_of(expected_of(tile).stepped) + value), 0};
              });
  io.integers([](const S& tile) { return bits_of(tile.weighted.linear.value()) - bits_of(expected_of(tile).linear); },
              [](S& tile, std::uint64_t value) {
                tile.weighted.linear = {double_of(bits_of(expected_of(tile).linear) + value), 0};
              });
}

class Writer {
 public:
  Writer(Buffer& out, std::span<const Summary> tiles, Effort effort) : out_(out), tiles_(tiles), effort_(effort) {}

  template <class Get, class Set>
  void integers(Get get, Set) {
    codec::write_integers(out_, column_of(get), effort_);
  }
  template <class Get, class Set>
  void values(Get get, Set set) {
    if (tiles_.front().type == ValueType::f64) {
      floats(get, set);
    } else {
      integers(get, set);
    }
  }
  template <class Get, class Set>
  void floats(Get get, Set) {
    codec::write_floats(out_, column_of(get), effort_);
  }

 private:
  template <class Get>
  const std::vector<std::uint64_t>& column_of(const Get& get) {
    column_.resize(tiles_.size());
    std::ranges::transform(tiles_, column_.begin(), get);
    return column_;
  }

  Buffer& out_;
  const std::span<const Summary> tiles_;
  const Effort effort_;
  std::vector<std::uint64_t> column_;
};

class Reader {
 public:
  Reader(ByteReader& in, std::vector<Summary>& tiles) : in_(in), tiles_(tiles), column_(tiles.size()) {}

  template <class Get, class Set>
  void integers(Get, Set set) {
    whole_ = whole_ && codec::read_integers(in_, column_);
    if (whole_) give(set);
  }
  template <class Get, class Set>
  void values(Get get, Set set) {
    if (tiles_.front().type == ValueType::f64) {
      floats(get, set);
    } else {
      integers(get, set);
    }
  }
  template <class Get, class Set>
  void floats(Get, Set set) {
    whole_ = whole_ && codec::read_floats(in_, column_);
    if (whole_) give(set);
  }
  [[nodiscard]] bool whole() const { return whole_; }

 private:
  template <class Set>
  void give(const Set& set) {
    for (std::size_t i = 0; i < tiles_.size(); ++i) set(tiles_[i], column_[i]);
  }

  ByteReader& in_;
  std::vector<Summary>& tiles_;
  std::vector<std::uint64_t> column_;
  bool whole_ = true;
};

// Sums of as many whole numbers fit into 128 bits, whatever these are.
bool can_be_sum(const Summary& tile) {
  const WideInteger most = static_cast<WideInteger>(tile.count) << 63U;
  return -most <= tile.whole_sum && tile.whole_sum <= most;
}

// What every reader of tiles relies upon.
bool in_order(const std::vector<Summary>& tiles) {
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const Summary& tile = tiles[i];
    if (tile.count == 0 || tile.count > rows_max || tile.unusable > tile.count || tile.uncertain > tile.usable() ||
        tile.last.time < tile.first.time)
      return false;
    if (i > 0 && tile.first.time <= tiles[i - 1].last.time) return false;
  }
  return true;
}

}  // namespace

std::int64_t slot_of(Time time, std::size_t level) {
  const std::int64_t length = tile_lengths[level].count();
  return time.value() / length - (time.value() % length < 0 ? 1 : 0);
}

std::optional<std::uint8_t> tile_level_of(std::uint64_t number) {
  const auto found = std::ranges::find(tile_level_numbers, number);
  if (found == tile_level_numbers.end()) return std::nullopt;
  return static_cast<std::uint8_t>(found - tile_level_numbers.begin());
}

TileBlockHeader write_tiles(Buffer& out, SignalId signal, std::size_t level, std::span<const Summary> tiles,
                            Effort effort) {
  ARTERY_ASSERT(!tiles.empty() && tiles.size() <= block_tiles_max && level < tile_levels);
  const std::size_t start = out.size();
  out.resize(start + chunk_start_bytes);
  put_varint(out, signal.value());
  out.push_back(static_cast<std::byte>(tile_level_numbers[level]));
  out.push_back(static_cast<std::byte>(tiles.front().type));
  put_varint(out, tiles.size());
  Writer writer(out, tiles, effort);
  point_columns(writer, level);
  sum_columns(writer, tiles.front().type);
  const std::size_t bytes = out.size() - start;
  ARTERY_ASSERT(bytes <= chunk_bytes_max);
  store(out.data() + start + bytes_at, static_cast<std::uint32_t>(bytes) | tile_block_mark);
  store(out.data() + start, crc32c(Bytes(out).subspan(start + bytes_at)));
  return {signal,
          static_cast<std::uint32_t>(bytes),
          static_cast<std::uint8_t>(level),
          static_cast<std::uint32_t>(tiles.size()),
          {tiles.front().first.time, tiles.back().last.time}};
}

std::optional<std::uint32_t> read_tiles_length(Bytes start) {
  if (start.size() < chunk_start_bytes) return std::nullopt;
  const auto marked = load<std::uint32_t>(start.data() + bytes_at);
  const std::uint32_t length = marked & ~tile_block_mark;
  if (length == marked || length <= chunk_start_bytes || length > chunk_bytes_max) return std::nullopt;
  return length;
}

std::optional<TileBlock> read_tiles(Bytes bytes, SummaryParts parts) {
  const auto length = read_tiles_length(bytes);
  if (!length || *length != bytes.size()) return std::nullopt;
  if (load<std::uint32_t>(bytes.data()) != crc32c(bytes.subspan(bytes_at))) return std::nullopt;

  ByteReader in(bytes.subspan(chunk_start_bytes));
  const std::uint64_t signal = get_varint(in);
  const auto level = tile_level_of(in.get<std::uint8_t>());
  const auto type = in.get<ValueType>();
  const std::uint64_t count = get_varint(in);
  const bool right = !in.failed() && signal <= 0xFFFFFFFF && level && type >= ValueType::f64 &&
                     type <= ValueType::text && count > 0 && count <= block_tiles_max;
  if (!right) return std::nullopt;

  TileBlock block;
  block.tiles.resize(count);
  for (Summary& tile : block.tiles) tile.type = type;
  Reader reader(in, block.tiles);
  point_columns(reader, *level);
  if (!reader.whole() || !in_order(block.tiles)) return std::nullopt;
  if (parts == SummaryParts::all) {
    sum_columns(reader, type);
    if (!reader.whole() || in.remaining() != 0 || !std::ranges::all_of(block.tiles, can_be_sum)) return std::nullopt;
  }
  block.header = {SignalId(static_cast<std::uint32_t>(signal)),
                  *length,
                  *level,
                  static_cast<std::uint32_t>(count),
                  {block.tiles.front().first.time, block.tiles.back().last.time}};
  return block;
}

}  // namespace artery::history
