#include "history/codec/bits.h"

namespace artery::codec {
namespace {

constexpr std::uint8_t more = 0x80;
constexpr unsigned varint_bits = 7;

}  // namespace

void put_varint(Buffer& out, std::uint64_t value) {
  while (value >= more) {
    out.push_back(static_cast<std::byte>((value & low_bits(varint_bits)) | more));
    value >>= varint_bits;
  }
  out.push_back(static_cast<std::byte>(value));
}

std::uint64_t get_varint(ByteReader& reader) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += varint_bits) {
    const auto byte = reader.get<std::uint8_t>();
    const std::uint64_t part = byte & low_bits(varint_bits);
    if (shift == 63 && part > 1) break;
    value |= part << shift;
    if (byte < more) return value;
  }
  reader.bytes(reader.remaining() + 1);  // fails it
  return 0;
}

}  // namespace artery::codec
