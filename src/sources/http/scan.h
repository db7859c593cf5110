// Finding bytes in the line protocol's text. Each function returns `end` where there is none. Internal.
#pragma once

#include <bit>
#include <cstring>
#include <optional>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace artery::line_protocol {

inline const char* find_byte(const char* p, const char* end, char byte) {
  if (p == end) return end;
  const void* found = std::memchr(p, byte, static_cast<std::size_t>(end - p));
  return found == nullptr ? end : static_cast<const char*>(found);
}

inline const char* find_either(const char* p, const char* end, char one, char other) {
#ifdef __SSE2__
  const __m128i ones = _mm_set1_epi8(one);
  const __m128i others = _mm_set1_epi8(other);
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i equal = _mm_or_si128(_mm_cmpeq_epi8(bytes, ones), _mm_cmpeq_epi8(bytes, others));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(equal));
    if (mask != 0) return p + std::countr_zero(mask);
  }
#endif
  while (p != end && *p != one && *p != other) ++p;
  return p;
}

// The end of the input, of a line, or of a line that ends in CR LF.
inline bool starts_line_end(const char* p, const char* end) {
  return p == end || *p == '\n' || (*p == '\r' && (end - p == 1 || p[1] == '\n'));
}

// What may stand behind a value.
inline bool ends_value(const char* p, const char* end) {
  return p == end || *p == ',' || *p == ' ' || starts_line_end(p, end);
}

inline const char* find_field_end(const char* p, const char* end) {
  while (!ends_value(p, end)) ++p;
  return p;
}

inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

inline std::optional<bool> boolean_named(std::string_view text) {
  if (text == "t" || text == "T" || text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "f" || text == "F" || text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

}  // namespace artery::line_protocol
