// Bits in a row, least significant first: bit i of a stream is bit i % 8 of byte i / 8. And integers of 7 bits a byte.
#pragma once

#include <bit>
#include <cstdint>

#include "base/bytes.h"

namespace artery::codec {

constexpr std::uint64_t low_bits(unsigned width) {
  return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

constexpr unsigned bits_of(std::uint64_t value) { return static_cast<unsigned>(std::bit_width(value)); }

constexpr std::size_t bytes_for(std::uint64_t bits) { return (bits + 7) / 8; }

// Small negative numbers become small: 0, -1, 1, -2, 2 ... become 0, 1, 2, 3, 4 ...
constexpr std::uint64_t zigzag(std::uint64_t value) { return (value << 1) ^ (0 - (value >> 63)); }
constexpr std::uint64_t unzigzag(std::uint64_t value) { return (value >> 1) ^ (0 - (value & 1)); }

// LEB128: seven bits a byte, the lowest first, the highest bit set where more follow.
void put_varint(Buffer& out, std::uint64_t value);
// Fails the reader where the number has no end or more than 64 bits.
std::uint64_t get_varint(ByteReader& reader);

// Appends to a buffer, which holds all bits after finish() only. The buffer must outlive it.
class BitWriter {
 public:
  explicit BitWriter(Buffer& out) : out_(out) {}
  // The low `width` bits; the others must be 0.
  void put(std::uint64_t value, unsigned width) {
    if (width == 0) return;
    held_ |= value << count_;
    if (count_ + width < 64) {
      count_ += width;
      return;
    }
    const std::size_t at = out_.size();
    out_.resize(at + sizeof held_);
    store(out_.data() + at, held_);
    const unsigned taken = 64 - count_;
    held_ = taken == 64 ? 0 : value >> taken;
    count_ = width - taken;
  }
  // Up to the next whole byte.
  void finish() {
    const std::size_t at = out_.size();
    out_.resize(at + bytes_for(count_));
    for (std::size_t byte = at; byte < out_.size(); ++byte, held_ >>= 8U) out_[byte] = static_cast<std::byte>(held_);
    held_ = 0;
    count_ = 0;
  }

 private:
  Buffer& out_;
  std::uint64_t held_ = 0;
  unsigned count_ = 0;
};

// Reads at any place; beyond the end there are zeros.
class BitReader {
 public:
  explicit BitReader(Bytes bytes) : bytes_(bytes) {}

  // At least the 57 bits from `at` on, in the low bits of what it returns; what is above them may be anything.
  [[nodiscard]] std::uint64_t word(std::uint64_t at) const {
    const std::size_t byte = at / 8;
    if (byte + sizeof(std::uint64_t) <= bytes_.size()) [[likely]]
      return load<std::uint64_t>(bytes_.data() + byte) >> (at % 8);
    return tail(byte) >> (at % 8);
  }
  [[nodiscard]] std::uint64_t get(std::uint64_t at, unsigned width) const {
    if (width <= 56) [[likely]]
      return word(at) & low_bits(width);
    return (word(at) & low_bits(32)) | (word(at + 32) & low_bits(width - 32)) << 32U;
  }
  [[nodiscard]] std::uint64_t bits() const { return std::uint64_t{bytes_.size()} * 8; }

 private:
  [[nodiscard]] std::uint64_t tail(std::size_t byte) const {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < sizeof word && byte + i < bytes_.size(); ++i)
      word |= std::to_integer<std::uint64_t>(bytes_[byte + i]) << (8 * i);
    return word;
  }
  Bytes bytes_;
};

}  // namespace artery::codec
