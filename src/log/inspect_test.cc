#include "log/inspect.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/crc32c.h"

namespace artery::log {
namespace {

// A segment of life 7 with batches of 64 bytes of payload; each carries the mark that all below it are synced.
FoundSegment segment_of(std::uint64_t base, std::uint64_t count, std::optional<std::uint64_t> end) {
  FoundSegment segment{
      .path = "segment", .name = {.life = 7, .base = base}, .header = SegmentHeader{}, .bytes = {}, .end = end};
  segment.bytes.resize(segment_header_bytes);
  for (std::uint64_t offset = base; offset < base + count; ++offset) {
    const Buffer payload(64, static_cast<std::byte>(offset));
    const std::size_t at = segment.bytes.size();
    segment.bytes.resize(at + batch_header_bytes);
    segment.bytes.insert(segment.bytes.end(), payload.begin(), payload.end());
    BatchHeader{.life = 7,
                .offset = offset,
                .synced = offset,
                .arrival = 1,
                .payload_bytes = 64,
                .payload_crc = crc32c(payload),
                .position = at}
        .write(std::span(segment.bytes).subspan(at).first<batch_header_bytes>());
  }
  segment.bytes.resize(segment.bytes.size() + 4096);
  return segment;
}

std::size_t position_of(std::uint64_t index) { return segment_header_bytes + index * (batch_header_bytes + 64); }

struct Walked {
  std::vector<std::uint64_t> offsets;
  std::vector<SegmentDamage> damage;
};

Walked walk(const FoundSegment& segment) {
  Walked walked;
  walked.damage =
      walk_segment(segment, [&](const BatchHeader& header, Bytes) { walked.offsets.push_back(header.offset); });
  return walked;
}

TEST(inspect, a_whole_segment_has_every_batch_and_no_damage) {
  for (const auto end : {std::optional<std::uint64_t>(15), std::optional<std::uint64_t>()}) {
    const Walked walked = walk(segment_of(10, 5, end));
    EXPECT_EQ(walked.offsets, (std::vector<std::uint64_t>{10, 11, 12, 13, 14}));
    EXPECT_TRUE(walked.damage.empty());
  }
}

TEST(inspect, rot_is_damage_at_its_byte_and_the_batches_behind_it_are_found) {
  for (const std::size_t within : {std::size_t{20}, batch_header_bytes + 5}) {
    FoundSegment segment = segment_of(10, 5, 15);
    segment.bytes[position_of(2) + within] ^= std::byte{1};
    const Walked walked = walk(segment);
    EXPECT_EQ(walked.offsets, (std::vector<std::uint64_t>{10, 11, 13, 14}));
    ASSERT_EQ(walked.damage.size(), 1U);
    EXPECT_EQ(walked.damage[0].at, position_of(2));
    EXPECT_EQ(walked.damage[0].what, "batch 12 is damaged");
    EXPECT_FALSE(walked.damage[0].torn);
  }
}

TEST(inspect, rot_at_the_end_of_an_older_segment_is_damage) {
  FoundSegment segment = segment_of(10, 5, 15);
  segment.bytes[position_of(3)] ^= std::byte{1};
  segment.bytes[position_of(4)] ^= std::byte{1};
  const Walked walked = walk(segment);
  EXPECT_EQ(walked.offsets, (std::vector<std::uint64_t>{10, 11, 12}));
  ASSERT_EQ(walked.damage.size(), 1U);
  EXPECT_EQ(walked.damage[0].what, "batches 13 to 14 are damaged");
}

TEST(inspect, rot_below_the_mark_of_the_newest_segment_is_damage_and_its_tail_is_whole) {
  FoundSegment segment = segment_of(10, 5, std::nullopt);  // the mark is 14
  segment.bytes[position_of(3)] ^= std::byte{1};
  const Walked walked = walk(segment);
  EXPECT_EQ(walked.offsets, (std::vector<std::uint64_t>{10, 11, 12, 14}));
  ASSERT_EQ(walked.damage.size(), 1U);
  EXPECT_FALSE(walked.damage[0].torn);
}

TEST(inspect, a_torn_last_batch_of_the_newest_segment_is_no_damage) {
  FoundSegment segment = segment_of(10, 5, std::nullopt);
  segment.bytes[position_of(4) + batch_header_bytes] ^= std::byte{1};
  const Walked walked = walk(segment);
  EXPECT_EQ(walked.offsets, (std::vector<std::uint64_t>{10, 11, 12, 13}));
  EXPECT_TRUE(walked.damage.empty());
}

TEST(inspect, a_damaged_header_is_damage_and_its_batches_are_still_found) {
  FoundSegment segment = segment_of(10, 2, 12);
  segment.header.reset();
  const Walked walked = walk(segment);
  EXPECT_EQ(walked.offsets, (std::vector<std::uint64_t>{10, 11}));
  ASSERT_EQ(walked.damage.size(), 1U);
  EXPECT_EQ(walked.damage[0].at, 0U);
}

}  // namespace
}  // namespace artery::log
