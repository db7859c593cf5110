// What must hold of all packets: generated ones come back equal, damaged ones never hurt.
#include <gtest/gtest.h>

#include "sources/mqtt/codec.h"
#include "sources/mqtt/packet_generator.h"
#include "sources/mqtt/variable_integer.h"

namespace artery::mqtt {
namespace {

constexpr std::size_t no_limit = 300'000'000;
constexpr std::uint64_t packets_per_version = 10'000;

Buffer encoded(const Packet& packet, ProtocolVersion version) {
  Buffer out;
  encode(packet, version, out);
  return out;
}

class AllPackets : public ::testing::TestWithParam<ProtocolVersion> {};
INSTANTIATE_TEST_SUITE_P(BothVersions, AllPackets, ::testing::Values(ProtocolVersion::v3_1_1, ProtocolVersion::v5),
                         [](const auto& value) { return value.param == ProtocolVersion::v5 ? "v5" : "v3_1_1"; });

TEST_P(AllPackets, ComeBackEqual) {
  for (std::uint64_t seed = 0; seed < packets_per_version; ++seed) {
    PacketGenerator generator(seed);
    const Packet packet = generator.any(GetParam());
    const Buffer bytes = encoded(packet, GetParam());
    const auto frame = next_frame(bytes, no_limit);
    ASSERT_TRUE(frame && *frame) << "seed " << seed;
    EXPECT_EQ((*frame)->size, bytes.size()) << "seed " << seed;
    const Result<Packet> back = decode(**frame, GetParam());
    ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().message();
    ASSERT_TRUE(*back == packet) << "seed " << seed;
    std::visit([&](const auto& any) { EXPECT_EQ(encoded_size(any, GetParam()), bytes.size()); }, packet);
  }
}

TEST_P(AllPackets, EncodeAppendsAndFramesFollowEachOther) {
  Buffer stream;
  PacketGenerator generator(1);
  std::vector<Packet> sent;
  for (int i = 0; i < 500; ++i) encode(sent.emplace_back(generator.any(GetParam())), GetParam(), stream);
  Bytes rest = stream;
  for (const Packet& packet : sent) {
    const auto frame = next_frame(rest, no_limit);
    ASSERT_TRUE(frame && *frame);
    const Result<Packet> back = decode(**frame, GetParam());
    ASSERT_TRUE(back && *back == packet);
    rest = rest.subspan((*frame)->size);
  }
  EXPECT_TRUE(rest.empty());
}

TEST_P(AllPackets, AreIncompleteUntilTheirLastByteArrives) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    PacketGenerator generator(seed);
    const Buffer bytes = encoded(generator.any(GetParam()), GetParam());
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      const auto frame = next_frame(Bytes(bytes).first(length), no_limit);
      ASSERT_TRUE(frame) << "seed " << seed << ", length " << length << ": " << frame.error().message();
      ASSERT_FALSE(*frame) << "seed " << seed << ", length " << length;
    }
  }
}

// The packet with its body cut to `length` and a remaining length that says so.
Buffer cut(const FrameView& frame, Bytes whole, std::size_t length) {
  Buffer out{whole[0]};
  auto rest = static_cast<std::uint32_t>(length);
  for (; rest >= 0x80U; rest >>= 7U) out.push_back(static_cast<std::byte>(rest | 0x80U));
  out.push_back(static_cast<std::byte>(rest));
  const Bytes body = frame.body.first(length);
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

// A body that was cut may still be a packet, but only one that says exactly what its bytes say: it must come back from
// its own encoding. Where a field is cut through, the packet must be refused.
TEST_P(AllPackets, CutAnywhereAreRefusedOrAreOtherWholePackets) {
  std::size_t refused = 0;
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    PacketGenerator generator(seed);
    const Packet packet = generator.any(GetParam());
    const Buffer bytes = encoded(packet, GetParam());
    const FrameView whole = **next_frame(bytes, no_limit);
    for (std::size_t length = 0; length < whole.body.size(); ++length) {
      const Buffer shorter = cut(whole, bytes, length);
      const Result<Packet> got = decode(**next_frame(shorter, no_limit), GetParam());
      if (!got) {
        ++refused;
        continue;
      }
      ASSERT_FALSE(*got == packet) << "seed " << seed << ", length " << length;
      ASSERT_FALSE(std::holds_alternative<Connect>(packet)) << "its flags say what must follow; seed " << seed;
      const Buffer again = encoded(*got, GetParam());
      ASSERT_TRUE(*decode(**next_frame(again, no_limit), GetParam()) == *got) << "seed " << seed << ", " << length;
    }
  }
  EXPECT_GT(refused, 10'000U);
}

TEST_P(AllPackets, WithBytesAfterTheirEndAreRefused) {
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    PacketGenerator generator(seed);
    const Packet packet = generator.any(GetParam());
    // These end in a payload or a list, so a byte more is a part of them.
    const bool open_ended = std::holds_alternative<Publish>(packet) || std::holds_alternative<Subscribe>(packet) ||
                            std::holds_alternative<Unsubscribe>(packet) || std::holds_alternative<Suback>(packet) ||
                            std::holds_alternative<Unsuback>(packet);
    if (open_ended) continue;
    Buffer bytes = encoded(packet, GetParam());
    const FrameView whole = **next_frame(bytes, no_limit);
    Buffer body(whole.body.begin(), whole.body.end());
    body.push_back(std::byte{0xFE});  // no reason code, property length or property begins so
    const FrameView longer{whole.type, whole.flags, body,
                           1 + variable_integer_size(static_cast<std::uint32_t>(body.size())) + body.size()};
    EXPECT_FALSE(decode(longer, GetParam())) << "seed " << seed << ", " << packet_name(whole.type);
  }
}

// Every value of every byte: nothing crashes (the sanitizers watch), and what is taken is taken in full.
TEST_P(AllPackets, WithAnyOneByteChangedNeverHurt) {
  const int types = GetParam() == ProtocolVersion::v5 ? 15 : 14;
  for (int seed = 0; seed < 2 * types; ++seed) {
    PacketGenerator generator(static_cast<std::uint64_t>(seed));
    Buffer bytes = encoded(generator.of(static_cast<PacketType>(1 + seed % types), GetParam()), GetParam());
    for (std::size_t at = 0; at < std::min<std::size_t>(bytes.size(), 200); ++at) {
      const std::byte original = bytes[at];
      for (unsigned value = 0; value < 256; ++value) {
        bytes[at] = static_cast<std::byte>(value);
        const auto frame = next_frame(bytes, no_limit);
        if (!frame || !*frame) continue;
        const Result<Packet> got = decode(**frame, GetParam());
        if (!got) {
          ASSERT_FALSE(got.error().message().empty());
          continue;
        }
        const Buffer again = encoded(*got, GetParam());
        ASSERT_TRUE(*decode(**next_frame(again, no_limit), GetParam()) == *got) << seed << ", " << at << ", " << value;
      }
      bytes[at] = original;
    }
  }
}

}  // namespace
}  // namespace artery::mqtt
