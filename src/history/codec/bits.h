// Bits in a row, least significant first: bit i of a stream is bit i % 8 of byte i / 8. And integers of 7 bits a byte.
#pragma once

#include <bit>
#include <cstdint>

#include "base/bytes.h"

namespace artery::codec {

constexpr std::uint64_t low_bits(unsigned width) {
  return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

// The low `width` bits of it, below 64.
constexpr std::uint64_t low_part(std::uint64_t word, unsigned width) {
  return word & ((std::uint64_t{1} << width) - 1);
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

inline constexpr unsigned word_bits = 57;  // what a load at any bit gives at least

// Reads at any place; beyond the end there are zeros.
class BitReader {
 public:
  explicit BitReader(Bytes bytes) : bytes_(bytes), end_at_(bytes.size() < word_bytes ? 0 : bytes.size() - word_bytes) {
    for (std::size_t byte = bytes.size(); byte-- > end_at_;)
      end_ = end_ << 8U | std::to_integer<std::uint64_t>(bytes[byte]);
  }

  // At least the `word_bits` bits from `at` on, in the low bits of what it returns; what is above them may be anything.
  [[nodiscard]] std::uint64_t word(std::uint64_t at) const {
    if (at / 8 < end_at_) [[likely]]
      return load<std::uint64_t>(bytes_.data() + at / 8) >> (at % 8);
    const std::uint64_t place = at - end_at_ * 8;
    return place < 64 ? end_ >> place : 0;
  }
  [[nodiscard]] std::uint64_t get(std::uint64_t at, unsigned width) const {
    if (width <= word_bits) [[likely]]
      return low_part(word(at), width);
    return (word(at) & low_bits(32)) | (word(at + 32) & low_bits(width - 32)) << 32U;
  }
  [[nodiscard]] std::uint64_t bits() const { return std::uint64_t{bytes_.size()} * 8; }

 private:
  static constexpr std::size_t word_bytes = sizeof(std::uint64_t);

  Bytes bytes_;
  std::uint64_t end_at_;   // the last word of bytes, or all of them
  std::uint64_t end_ = 0;  // which is this
};

}  // namespace artery::codec
