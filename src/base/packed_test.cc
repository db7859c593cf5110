#include "base/packed.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <optional>
#include <random>
#include <vector>

namespace artery {
namespace {

Buffer numbers(std::size_t size, unsigned distinct) {
  std::mt19937 random(3);  // a fixed seed: the same bytes each time
  Buffer bytes(size);
  for (std::byte& one : bytes) one = static_cast<std::byte>(random() % distinct);
  return bytes;
}

Buffer packed(Bytes bytes) {
  Buffer to;
  pack(to, bytes);
  return to;
}

// Takes `step` bytes at a time, or what is there. Nothing where the frames are not whole.
std::optional<Buffer> unpacked(Bytes bytes, std::size_t step) {
  Buffer all;
  Unpacker unpacker(bytes);
  while (unpacker.more()) {
    const Bytes taken = unpacker.left().first(unpacker.left().size() / step * step);
    all.insert(all.end(), taken.begin(), taken.end());
    unpacker.take(taken.size());
  }
  const Bytes rest = unpacker.left();
  all.insert(all.end(), rest.begin(), rest.end());
  unpacker.take(rest.size());
  return unpacker.whole() ? std::optional(all) : std::nullopt;
}

TEST(Packed, gives_back_the_bytes_whatever_their_number_and_however_they_are_taken) {
  const std::vector<std::size_t> sizes{0, 1, 1000, packed_frame_bytes, packed_frame_bytes + 1, 3 * packed_frame_bytes};
  const std::vector<std::size_t> steps{1, 40, 300'000};
  for (const std::size_t size : sizes) {
    for (const unsigned distinct : {1U, 7U, 256U}) {
      const Buffer bytes = numbers(size, distinct);
      for (const std::size_t step : steps) EXPECT_EQ(unpacked(packed(bytes), step), bytes) << size << " by " << step;
    }
  }
}

TEST(Packed, what_repeats_takes_less_room_and_what_does_not_hardly_more) {
  EXPECT_LT(packed(numbers(100'000, 1)).size(), 100U);
  EXPECT_LT(packed(numbers(100'000, 256)).size(), 100'100U);
}

TEST(Packed, what_comes_by_and_by_is_the_same_as_what_comes_at_once) {
  const Buffer bytes = numbers(3 * packed_frame_bytes + 5, 4);
  Buffer to;
  Buffer waiting;
  for (std::size_t at = 0; at < bytes.size(); at += 1000) {
    const Bytes some = Bytes(bytes).subspan(at).first(std::min<std::size_t>(1000, bytes.size() - at));
    waiting.insert(waiting.end(), some.begin(), some.end());
    pack_full(to, waiting);
    ASSERT_LT(waiting.size(), packed_frame_bytes);
  }
  pack(to, waiting);
  EXPECT_EQ(to, packed(bytes));
}

TEST(Packed, bytes_that_are_cut_or_followed_by_others_are_not_whole) {
  const Buffer to = packed(numbers(500, 9));
  for (std::size_t size = 1; size < to.size(); ++size) EXPECT_FALSE(unpacked(Bytes(to).first(size), 1)) << size;
  for (const std::byte other : {std::byte{0}, std::byte{0x28}, std::byte{0xff}}) {
    Buffer more = to;
    more.push_back(other);
    EXPECT_FALSE(unpacked(more, 1));
  }
}

// Whatever they give, it is not more than they may.
TEST(Packed, bent_bytes_are_refused_or_give_other_bytes_within_their_limit) {
  const Buffer to = packed(numbers(500, 9));
  for (std::size_t bit = 0; bit < to.size() * 8; ++bit) {
    Buffer bent = to;
    bent[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    const auto bytes = unpacked(bent, 1);
    EXPECT_LE(bytes ? bytes->size() : 0, packed_frame_bytes);
  }
}

TEST(Packed, a_frame_that_says_too_much_or_not_how_much_it_holds_is_refused) {
  const Buffer bytes(packed_frame_bytes + 1);
  Buffer frame(ZSTD_compressBound(bytes.size()));
  frame.resize(ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), 1));
  EXPECT_FALSE(unpacked(frame, 1));

  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  frame.resize(ZSTD_compressBound(100));
  frame.resize(ZSTD_compress2(context, frame.data(), frame.size(), bytes.data(), 100));
  ZSTD_freeCCtx(context);
  EXPECT_FALSE(unpacked(frame, 1));
}

}  // namespace
}  // namespace artery
