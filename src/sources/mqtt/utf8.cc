#include "sources/mqtt/utf8.h"

#include <cstddef>
#include <cstring>

namespace artery::mqtt {
namespace {

constexpr std::uint64_t high_bits = 0x8080808080808080U;
constexpr std::uint64_t low_bits = 0x0101010101010101U;

// Eight bytes that are all in 0x01..0x7F: no high bit, and taking one from each borrows from no neighbour.
bool plain(const char* eight) {
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  return ((word | (word - low_bits)) & high_bits) == 0;
}

bool between(unsigned char byte, unsigned low, unsigned high) { return byte >= low && byte <= high; }

// Length of the well-formed sequence of two to four bytes at the front, 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(at < text.size() ? text[at] : '\0'); };
  const auto trails = [&](std::size_t at) { return between(byte(at), 0x80, 0xBF); };
  const unsigned char lead = byte(0);
  if (between(lead, 0xC2, 0xDF)) return trails(1) ? 2 : 0;
  if (between(lead, 0xE0, 0xEF)) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;   // shorter forms exist below
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;  // surrogates above
    return between(byte(1), low, high) && trails(2) ? 3 : 0;
  }
  if (between(lead, 0xF0, 0xF4)) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;   // shorter forms exist below
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;  // beyond U+10FFFF above
    return between(byte(1), low, high) && trails(2) && trails(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

TextFault text_fault(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8 && plain(text.data() + at)) {
      at += 8;
      continue;
    }
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead == 0) return TextFault::null_character;
    const std::size_t length = lead < 0x80 ? 1 : sequence_length(text.substr(at));
    if (length == 0) return TextFault::ill_formed;
    at += length;
  }
  return TextFault::none;
}

}  // namespace artery::mqtt
