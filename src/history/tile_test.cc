// Tiles: what is written is read, whatever it is; what is not a block is told from one.
#include "history/tile.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <set>

#include "history/chunk.h"
#include "history/summary_expect_test.h"
#include "history/tile_builder.h"
#include "runtime/sim/rng.h"

namespace artery::history {
namespace {

constexpr std::int64_t second = 1'000'000'000;

Samples random_samples(sim::Rng& rng, ValueType type, std::size_t rows) {
  Samples samples;
  samples.type = type;
  auto time = static_cast<std::int64_t>(rng.below(1U << 30U)) * second - (std::int64_t{1} << 29U) * second;
  for (std::size_t row = 0; row < rows; ++row) {
    time += rng.chance(0.9) ? 10 * second : 1 + static_cast<std::int64_t>(rng.below(4000 * second));
    const std::uint64_t choice = rng.below(10);
    std::uint64_t word = rng.below(100);
    std::string text;
    if (type == ValueType::f64) {
      double number = static_cast<double>(rng.below(1000)) / 10;
      if (choice == 0) number = -0.0;
      if (choice == 1 && rng.chance(0.02)) number = std::numeric_limits<double>::quiet_NaN();
      if (choice == 2 && rng.chance(0.02)) number = std::numeric_limits<double>::infinity();
      word = std::bit_cast<std::uint64_t>(number);
    }
    if (type == ValueType::i64 && choice == 0)
      word = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::min());
    if (type == ValueType::boolean) word %= 2;
    if (type == ValueType::text) text = std::string(rng.below(4), 'x');
    const Quality quality =
        choice == 9 && rng.chance(0.1) ? (rng.chance(0.5) ? quality_bad : quality_uncertain) : quality_good;
    samples.push(Time(time), word, text, quality, Time(0), 1);
  }
  return samples;
}

void expect_same(double is, double should) {
  if (std::isnan(should)) {
    EXPECT_TRUE(std::isnan(is));
  } else {
    EXPECT_EQ(is, should);
  }
}

void expect_same(const Summary& is, const Summary& should) {
  testing::expect_same_points(is, should);
  testing::expect_same_exact_sums(is, should);
  expect_same(is.sum.value(), should.sum.value());
  expect_same(is.squares, should.squares);
  expect_same(is.weighted.stepped.value(), should.weighted.stepped.value());
  expect_same(is.weighted.linear.value(), should.weighted.linear.value());
}

std::vector<Summary> tiles_of(const Samples& samples, std::size_t level) {
  std::vector<Summary> tiles;
  for (std::size_t row = 0; row < samples.size(); ++row) {
    if (tiles.empty() || slot_of(tiles.back().last.time, level) != slot_of(samples.times[row], level)) {
      tiles.emplace_back();
      tiles.back().type = samples.type;
    }
    tiles.back().add(samples, row, row + 1);
  }
  return tiles;
}

TEST(Tiles, are_read_as_they_were_written) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    sim::Rng rng(seed);
    const auto type = static_cast<ValueType>(1 + rng.below(4));
    const std::size_t level = rng.below(tile_levels);
    std::vector<Summary> tiles = tiles_of(random_samples(rng, type, 1 + rng.below(3000)), level);
    tiles.resize(std::min(tiles.size(), block_tiles_max));
    Buffer out(3);
    const auto header =
        write_tiles(out, SignalId(7), level, tiles, rng.chance(0.5) ? codec::Effort::light : codec::Effort::small);
    const Bytes bytes = Bytes(out).subspan(3);
    ASSERT_EQ(header.bytes, bytes.size());
    EXPECT_EQ(read_tiles_length(bytes.first(chunk_start_bytes)), header.bytes);
    EXPECT_FALSE(read_chunk_length(bytes.first(chunk_start_bytes))) << "no chunk is like that";
    const auto all = read_tiles(bytes, SummaryParts::all);
    ASSERT_TRUE(all) << "seed " << seed;
    ASSERT_EQ(all->tiles.size(), tiles.size());
    EXPECT_EQ(all->header.signal, SignalId(7));
    EXPECT_EQ(all->header.level, level);
    for (std::size_t i = 0; i < tiles.size(); ++i) expect_same(all->tiles[i], tiles[i]);
    const auto points = read_tiles(bytes, SummaryParts::points);
    ASSERT_TRUE(points);
    for (std::size_t i = 0; i < tiles.size(); ++i) {
      testing::expect_same_points(points->tiles[i], tiles[i]);
    }
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
}

TEST(Tiles, with_a_flipped_bit_are_none) {
  sim::Rng rng(1);
  Buffer out;
  write_tiles(out, SignalId(7), 2, tiles_of(random_samples(rng, ValueType::f64, 1000), 2), codec::Effort::small);
  for (std::size_t at = 0; at < out.size(); ++at) {
    out[at] ^= std::byte{0x10};
    EXPECT_FALSE(read_tiles(out, SummaryParts::all)) << at;
    out[at] ^= std::byte{0x10};
  }
}

TEST(Tiles, are_built_of_any_vectors_and_with_the_newest_revision) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    sim::Rng rng(seed);
    const auto type = static_cast<ValueType>(1 + rng.below(4));
    const Samples newest = random_samples(rng, type, 1100 + rng.below(3000));
    Samples rows;  // with older revisions between
    rows.type = type;
    for (std::size_t row = 0; row < newest.size(); ++row) {
      if (rng.chance(0.1)) rows.push(newest.times[row], 1, "old", quality_good, Time(0), 1);
      rows.push(newest.times[row], newest.words[row], newest.text_at(row), newest.qualities[row], Time(0), 2);
    }
    TileBuilder builder({.rows_min = 1, .rows_per_tile = 0, .bytes_share = 0}, codec::Effort::light);
    for (std::size_t at = 0; at < rows.size();) {
      Samples part;
      part.type = type;
      for (std::size_t end = std::min(rows.size(), at + 1 + rng.below(700)); at < end; ++at)
        part.push(rows.times[at], rows.words[at], rows.text_at(at), rows.qualities[at], Time(0), 1);
      builder.add(SignalId(3), part, 100);
    }
    Buffer out;
    std::array<std::vector<Summary>, tile_levels> built;
    std::size_t at = 0;
    for (const TileBlockHeader& header : builder.finish(out)) {
      const auto block = read_tiles(Bytes(out).subspan(at, header.bytes), SummaryParts::all);
      ASSERT_TRUE(block);
      at += header.bytes;
      for (const Summary& tile : block->tiles) built.at(header.level).push_back(tile);
    }
    EXPECT_EQ(at, out.size());
    for (std::size_t level = 0; level < tile_levels; ++level) {
      const std::vector<Summary> should = tiles_of(newest, level);
      ASSERT_EQ(built[level].size(), should.size()) << "seed " << seed << ", level " << level;
      for (std::size_t i = 0; i < should.size(); ++i) {
        testing::expect_same_points(built[level][i], should[i]);
        testing::expect_same_exact_sums(built[level][i], should[i]);
      }
    }
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
}

TEST(Tiles, end_where_the_type_changes) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    sim::Rng rng(seed);
    const std::uint64_t rows_per_tile = rng.below(2) * 16;
    TileBuilder builder({.rows_min = 1, .rows_per_tile = rows_per_tile, .bytes_share = 0}, codec::Effort::light);
    std::uint64_t rows = 0;
    std::int64_t time = 0;
    for (std::uint64_t parts = 1 + rng.below(6); parts > 0; --parts) {
      Samples part;
      part.type = static_cast<ValueType>(1 + rng.below(3));
      for (std::uint64_t left = 1 + rng.below(40); left > 0; --left)
        part.push(Time(time += second), rng.below(2), "", quality_good, Time(0), 1);
      rows += part.size();
      builder.add(SignalId(3), part, 100);
    }
    Buffer out;
    std::array<std::uint64_t, tile_levels> counts{};
    std::size_t at = 0;
    for (const TileBlockHeader& header : builder.finish(out)) {
      const auto block = read_tiles(Bytes(out).subspan(at, header.bytes), SummaryParts::all);
      ASSERT_TRUE(block) << "seed " << seed;
      at += header.bytes;
      for (const Summary& tile : block->tiles) counts.at(header.level) += tile.count;
    }
    for (const std::uint64_t count : counts)
      EXPECT_TRUE(count == rows || (count == 0 && rows_per_tile > 0)) << "seed " << seed;
  }
}

TEST(Tiles, are_kept_where_they_cost_little_of_what_they_stand_for) {
  Samples rows;
  for (std::int64_t row = 0; row < 8000; ++row)
    rows.push(Time(row * second), std::bit_cast<std::uint64_t>(std::sin(static_cast<double>(row))), "", quality_good,
              Time(0), 1);
  const auto levels_with = [&](std::size_t bytes) {
    TileBuilder builder({}, codec::Effort::small);
    builder.add(SignalId(1), rows, bytes);
    Buffer out;
    std::set<int> levels;
    for (const auto& header : builder.finish(out)) levels.insert(header.level);
    return levels;
  };
  EXPECT_EQ(levels_with(1'000'000), (std::set<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(levels_with(50), std::set<int>{});
  const std::set<int> some = levels_with(20'000);
  EXPECT_TRUE(!some.contains(0) && some.contains(3)) << "the coarse ones only";
}

}  // namespace
}  // namespace artery::history
