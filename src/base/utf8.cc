#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace artery {
namespace {

struct Sequence {
  unsigned length;           // in bytes; 0 where no sequence starts so
  unsigned char second_min;  // the second byte's range excludes overlong forms, surrogates and what is too great
  unsigned char second_max;
};

Sequence sequence_of(unsigned char first) {
  if (first < 0xC2) return {0, 0, 0};
  if (first < 0xE0) return {2, 0x80, 0xBF};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3, 0x80, 0xBF};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first < 0xF4) return {4, 0x80, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::string_view text) {
  const auto byte_at = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, text.data() + at, 8);
      if ((eight & 0x8080808080808080U) == 0) {
        at += 8;
        continue;
      }
    }
    if (byte_at(at) < 0x80) {
      ++at;
      continue;
    }
    const Sequence sequence = sequence_of(byte_at(at));
    if (sequence.length == 0 || text.size() - at < sequence.length) return false;
    if (byte_at(at + 1) < sequence.second_min || byte_at(at + 1) > sequence.second_max) return false;
    for (unsigned i = 2; i < sequence.length; ++i) {
      if ((byte_at(at + i) & 0xC0) != 0x80) return false;
    }
    at += sequence.length;
  }
  return true;
}

}  // namespace artery
