#include "log/format.h"

#include <gtest/gtest.h>

#include <array>

#include "base/crc32c.h"
#include "log/recovery.h"

namespace artery::log {
namespace {

// A segment's bytes with batches of the given offsets and marks.
struct Put {
  std::uint64_t offset;
  std::uint64_t synced;
  std::uint64_t life = 7;
};

Buffer segment_of(const std::vector<Put>& batches, std::uint64_t base) {
  Buffer bytes(segment_header_bytes);
  SegmentHeader{.life = 7, .base = base, .epoch = 2, .capacity = 1 << 16, .created = 5}.write(
      std::span(bytes).first<segment_header_bytes>());
  for (const Put& put : batches) {
    Buffer payload(8 + put.offset % 5 * 8, static_cast<std::byte>(put.offset));
    const std::size_t at = bytes.size();
    bytes.resize(at + batch_header_bytes);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    BatchHeader{.life = put.life,
                .offset = put.offset,
                .synced = put.synced,
                .arrival = static_cast<std::int64_t>(put.offset) + 100,
                .payload_bytes = static_cast<std::uint32_t>(payload.size()),
                .payload_crc = crc32c(payload),
                .position = at}
        .write(std::span(bytes).subspan(at).first<batch_header_bytes>());
  }
  bytes.resize(bytes.size() + 512);  // prepared zeros
  return bytes;
}

std::size_t position_of(const Buffer& segment, std::uint64_t offset) {
  return *find_batch(segment, segment_header_bytes, 7, offset);
}

TEST(LogFormat, HeadersComeBackAndAnyFlippedBitIsSeen) {
  std::array<std::byte, segment_header_bytes> bytes;
  const SegmentHeader header{.life = 3, .base = 99, .epoch = 4, .capacity = 1 << 20, .created = 12};
  header.write(bytes);
  const auto read = SegmentHeader::read(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->base, 99U);
  EXPECT_EQ(read->created, 12);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes.at(at) ^= std::byte{1};
    EXPECT_FALSE(SegmentHeader::read(bytes)) << at;
    bytes.at(at) ^= std::byte{1};
  }
  const Buffer segment = segment_of({{99, 99}}, 99);
  for (std::size_t at = 0; at < batch_header_bytes + 8; ++at) {
    Buffer bent = segment;
    bent[segment_header_bytes + at] ^= std::byte{0x80};
    const auto found = batch_at(bent, segment_header_bytes, 7);
    EXPECT_FALSE(found && found->payload_ok) << at;
  }
}

TEST(LogFormat, NamesAreReadBackAndOthersAreNot) {
  const auto name = parse_segment_name(segment_name(12, 345));
  ASSERT_TRUE(name);
  EXPECT_EQ(name->life, 12U);
  EXPECT_EQ(name->base, 345U);
  for (const char* other : {"", "segment-", "segment-1-2", "segment-x-1.log", "segment-1-2.log.tmp", "spare-1"}) {
    EXPECT_FALSE(parse_segment_name(other)) << other;
  }
}

TEST(LogRecovery, AnIntactTailAboveTheMarkIsKept) {
  const TailScan scan = scan_tail(segment_of({{10, 10}, {11, 11}, {12, 11}}, 10), 7, 10);
  EXPECT_EQ(scan.mark, 11U);
  ASSERT_EQ(scan.tail.size(), 2U);
  EXPECT_EQ(scan.tail.front().offset, 11U);
  EXPECT_EQ(scan.rotten, 0U);
  EXPECT_EQ(scan.torn, 0U);
  EXPECT_EQ(scan.last_arrival, 112);
}

TEST(LogRecovery, DamageAboveEveryMarkIsATornTailAndIsCut) {
  Buffer segment = segment_of({{10, 10}, {11, 11}, {12, 11}, {13, 11}}, 10);
  segment[position_of(segment, 12) + batch_header_bytes] ^= std::byte{1};
  const TailScan scan = scan_tail(segment, 7, 10);
  EXPECT_EQ(scan.mark, 11U);
  EXPECT_EQ(scan.tail.size(), 1U);
  EXPECT_EQ(scan.torn, 1U);
  EXPECT_EQ(scan.rotten, 0U);
}

TEST(LogRecovery, DamageBelowAMarkIsRotAndNothingIsCut) {
  for (const bool header : {true, false}) {
    Buffer segment = segment_of({{10, 10}, {11, 11}, {12, 12}, {13, 13}}, 10);
    segment[position_of(segment, 11) + (header ? 20 : batch_header_bytes)] ^= std::byte{1};
    const TailScan scan = scan_tail(segment, 7, 10);
    EXPECT_EQ(scan.mark, 13U);
    EXPECT_EQ(scan.rotten, 1U);
    EXPECT_EQ(scan.first_rotten_at, position_of(segment_of({{10, 10}, {11, 11}}, 10), 11));
    EXPECT_EQ(scan.tail.size(), 1U);
    EXPECT_EQ(scan.mark_position, position_of(segment, 13));
  }
}

TEST(LogRecovery, BatchesOfAnOldLifeAreNotSeen) {
  const TailScan scan = scan_tail(segment_of({{10, 10}, {11, 11}, {12, 12, 6}, {13, 13, 6}}, 10), 7, 10);
  EXPECT_EQ(scan.mark, 11U);
  EXPECT_EQ(scan.tail.size(), 1U);
  EXPECT_EQ(scan.torn, 0U);
}

}  // namespace
}  // namespace artery::log
