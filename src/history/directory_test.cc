#include "history/directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "history/segment_format.h"
#include "runtime/sim/rng.h"

namespace artery::history {
namespace {

bool operator==(const SignalPlaces& a, const SignalPlaces& b) {
  return a.signal == b.signal && a.chunks == b.chunks && a.tiles == b.tiles && a.until == b.until;
}

// What was added, beside the footer that it became.
struct Built {
  Footer footer;
  std::vector<SignalPlaces> signals;
};

std::uint32_t up_to(sim::Rng& rng, std::uint64_t most) { return 1 + static_cast<std::uint32_t>(rng.below(most)); }

// Chunks one behind the other, some of which share a time with the next; or most of them with the same span, as where
// sources send together.
void add_chunks(Built& built, SignalPlaces& places, sim::Rng& rng) {
  const bool shared = rng.below(3) > 0;
  const std::uint64_t count = rng.below(10) == 0 ? rng.below(200) : rng.below(3);
  std::int64_t time = shared ? 10 : static_cast<std::int64_t>(rng.below(1'000'000)) - 500'000;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::int64_t last = time + static_cast<std::int64_t>(shared ? 100 : rng.below(1'000'000'000'000));
    const std::uint32_t bytes = up_to(rng, rng.below(2) == 0 ? 50 : chunk_bytes_max - chunk_start_bytes);
    const ChunkPlace place{built.footer.directory.end(),
                           static_cast<std::uint32_t>(chunk_start_bytes) + bytes,
                           up_to(rng, chunk_rows_max),
                           {Time(time), Time(last)}};
    built.footer.directory.add(places.signal, place);
    places.chunks.push_back(place);
    time = last + static_cast<std::int64_t>(rng.below(2));
  }
}

void add_tiles(Built& built, SignalPlaces& places, sim::Rng& rng) {
  for (std::uint64_t level = 0, levels = rng.below(tile_levels + 1); level < levels; ++level) {
    const Time first(static_cast<std::int64_t>(rng.below(1'000'000)) - 500'000);
    const TilePlace place{built.footer.directory.end(),
                          100 + up_to(rng, 9000),
                          up_to(rng, block_tiles_max),
                          static_cast<std::uint8_t>(level),
                          {first, Time(first.value() + 5)}};
    built.footer.directory.add_tiles(places.signal, place);
    places.tiles.push_back(place);
  }
}

Built build(sim::Rng& rng, bool archive) {
  Built built;
  std::uint32_t signal = 0;
  for (std::uint64_t i = 0, signals = rng.below(300); i < signals; ++i) {
    SignalPlaces places;
    places.signal = SignalId(signal += up_to(rng, rng.below(20) == 0 ? 1'000'000 : 2));
    if (!archive) add_chunks(built, places, rng);
    if (archive || !places.chunks.empty()) add_tiles(built, places, rng);
    if (archive) places.until = Time(static_cast<std::int64_t>(rng.below(4)) * 86'400'000'000'000);
    if (archive) built.footer.directory.end_signal(places.signal, *places.until);
    if (!archive && places.chunks.empty()) continue;
    built.footer.notes.push_back({.facts = {"plant/" + std::to_string(signal), "kN"}});
    built.signals.push_back(std::move(places));
  }
  built.footer.directory.finish();
  return built;
}

void expect_finds(const Directory& directory, const SignalPlaces& places, const Span& span) {
  std::vector<ChunkPlace> meeting;
  std::ranges::copy_if(places.chunks, std::back_inserter(meeting),
                       [&](const ChunkPlace& place) { return place.span.meets(span); });
  ASSERT_EQ(directory.chunks_of(places.signal, span), meeting);
  ASSERT_EQ(directory.has_chunks(places.signal, span), !meeting.empty());
}

void expect_has(const Directory& directory, const SignalPlaces& places) {
  ASSERT_EQ(directory.tiles_of(places.signal), places.tiles);
  ASSERT_EQ(directory.until_of(places.signal), places.until);
  expect_finds(directory, places, Span{});
  for (const ChunkPlace& place : places.chunks) {
    expect_finds(directory, places, place.span);
    expect_finds(directory, places, {place.span.last, place.span.last});
    const auto next = std::ranges::find_if(
        places.chunks, [&](const auto& one) { return one.at > place.at && one.span.last >= place.span.last; });
    const auto found = directory.next_chunk(places.signal, place.span.last, place.at + place.bytes);
    ASSERT_EQ(found, next != places.chunks.end() ? std::optional(*next) : std::nullopt);
  }
}

void expect_same(const Directory& directory, const std::vector<SignalPlaces>& signals) {
  Directory::Walk walk(directory);
  std::uint64_t chunks = 0;
  std::uint64_t blocks = 0;
  SignalId before;
  for (const SignalPlaces& places : signals) {
    const SignalPlaces* const found = walk.next();
    ASSERT_TRUE(found != nullptr && *found == places);
    expect_has(directory, places);
    chunks += places.chunks.size();
    blocks += places.tiles.size();
    const SignalId between(before.value() + 1);
    if (between < places.signal) expect_has(directory, {between, {}, {}, {}});
    before = places.signal;
  }
  EXPECT_EQ(walk.next(), nullptr);
  expect_has(directory, {SignalId(before.value() + 1), {}, {}, {}});
  EXPECT_EQ(directory.signals(), signals.size());
  EXPECT_EQ(directory.chunks(), chunks);
  EXPECT_EQ(directory.blocks(), blocks);
}

// What is kept in memory says of every place exactly what was added, and so does what is read again, with and without
// the notes.
TEST(Directory, names_every_place_as_it_was_added_after_it_was_read_again) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    sim::Rng rng(seed);
    const Built built = build(rng, seed % 3 == 0);
    expect_same(built.footer.directory, built.signals);
    Buffer out;
    built.footer.write(out, codec::Effort::light);
    const Bytes bytes = Bytes(out).first(out.size() - segment_trailer_bytes);
    const std::uint64_t end = built.footer.directory.end();
    const auto whole = Footer::read(bytes, end);
    const auto directory = Footer::read_directory(bytes, end);
    ASSERT_TRUE(whole && directory);
    expect_same(whole->directory, built.signals);
    expect_same(*directory, built.signals);
    ASSERT_EQ(whole->notes.size(), built.signals.size());
    for (std::size_t i = 0; i < built.signals.size(); ++i) {
      ASSERT_EQ(whole->notes[i].facts.name, built.footer.notes[i].facts.name);
    }
  }
}

TEST(Directory, knows_where_something_else_lies_between) {
  Directory directory;
  const ChunkPlace first{directory.end(), 100, 3, {Time(1), Time(5)}};
  directory.add(SignalId(1), first);
  directory.pass_over(1000);
  const ChunkPlace second{first.at + 1100, 50, 2, {Time(6), Time(7)}};
  directory.add(SignalId(1), second);
  directory.finish();
  EXPECT_EQ(directory.chunks_of(SignalId(1), Span{}), (std::vector{first, second}));
}

}  // namespace
}  // namespace artery::history
