#include "base/crc32c.h"

#include <array>

namespace artery {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
    table[i] = crc;
  }
  return table;
}

constexpr auto table = make_table();

#if defined(__x86_64__)
// Three independent streams hide the instruction's latency of three cycles; a stream's CRC is moved behind the next
// stream's bytes by `shift`, a multiplication by x^(8 n) modulo the polynomial, done with the byte tables below.
constexpr std::size_t stream_bytes = 1024;

constexpr std::uint32_t shift_by_zero_bytes(std::uint32_t crc, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) crc = (crc >> 8) ^ table[crc & 0xFF];
  return crc;
}

struct ShiftTable {
  std::array<std::array<std::uint32_t, 256>, 4> by_byte{};
};

constexpr ShiftTable make_shift(std::size_t count) {
  ShiftTable shift;
  std::array<std::uint32_t, 32> of_bit{};
  for (std::uint32_t bit = 0; bit < 32; ++bit) of_bit[bit] = shift_by_zero_bytes(1U << bit, count);
  for (std::uint32_t byte = 0; byte < 4; ++byte) {
    for (std::uint32_t value = 0; value < 256; ++value) {
      std::uint32_t sum = 0;
      for (std::uint32_t bit = 0; bit < 8; ++bit) {
        if ((value >> bit & 1) != 0) sum ^= of_bit[byte * 8 + bit];
      }
      shift.by_byte[byte][value] = sum;
    }
  }
  return shift;
}

const ShiftTable shift_one = make_shift(stream_bytes);

std::uint32_t shifted(std::uint32_t crc) {
  return shift_one.by_byte[0][crc & 0xFF] ^ shift_one.by_byte[1][crc >> 8 & 0xFF] ^
         shift_one.by_byte[2][crc >> 16 & 0xFF] ^ shift_one.by_byte[3][crc >> 24];
}

__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(Bytes bytes, std::uint32_t before) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t crc = ~before;
  while (left >= 3 * stream_bytes) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < stream_bytes; i += 8) {
      crc = __builtin_ia32_crc32di(crc, load<std::uint64_t>(at + i));
      second = __builtin_ia32_crc32di(second, load<std::uint64_t>(at + stream_bytes + i));
      third = __builtin_ia32_crc32di(third, load<std::uint64_t>(at + 2 * stream_bytes + i));
    }
    crc = shifted(shifted(static_cast<std::uint32_t>(crc)) ^ static_cast<std::uint32_t>(second)) ^ third;
    at += 3 * stream_bytes;
    left -= 3 * stream_bytes;
  }
  for (; left >= 8; left -= 8, at += 8) crc = __builtin_ia32_crc32di(crc, load<std::uint64_t>(at));
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; left > 0; --left, ++at) narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(*at));
  return ~narrow;
}
#endif

}  // namespace

std::uint32_t crc32c_portable(Bytes bytes, std::uint32_t before) {
  std::uint32_t crc = ~before;
  for (const std::byte byte : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint32_t>(byte)) & 0xFF];
  return ~crc;
}

std::uint32_t crc32c(Bytes bytes, std::uint32_t before) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42(bytes, before);
#endif
  return crc32c_portable(bytes, before);
}

}  // namespace artery
