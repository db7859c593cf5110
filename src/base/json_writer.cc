#include "base/json_writer.h"

#include <cmath>
#include <utility>

#include "base/digits.h"

namespace artery {

namespace {

constexpr std::uint64_t exact_max = 1ULL << 53;  // the greatest of the integers that doubles hold without gaps

bool is_continuation(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

// The length of the UTF-8 sequence (RFC 3629) that begins at `at`; 0 where there is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const std::size_t length = first >= 0xC2 && first < 0xE0   ? 2
                             : (first & 0xF0) == 0xE0        ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text, at + i)) return 0;
  }
  if (length < 3) return length;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool impossible = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
  return overlong || impossible ? 0 : length;
}

void append_escape(std::string& to, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  if (c == '"' || c == '\\') return to.append({'\\', c}), void();
  if (c == '\n') return to.append("\\n"), void();
  if (c == '\t') return to.append("\\t"), void();
  const auto byte = static_cast<unsigned char>(c);
  to.append("\\u00").append({hex[byte >> 4], hex[byte & 15]});
}

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\';
}

}  // namespace

void append_json_text(std::string& to, std::string_view text) {
  to.push_back('"');
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && is_plain(text[end])) ++end;
    to.append(text.substr(at, end - at));
    at = end;
    if (at == text.size()) break;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      append_escape(to, text[at++]);
    } else if (const std::size_t length = sequence_length(text, at); length != 0) {
      to.append(text.substr(at, length));
      at += length;
    } else {
      to.append("\uFFFD");
      ++at;
    }
  }
  to.push_back('"');
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  to_.push_back(bracket);
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  to_.push_back(bracket);
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_text(to_, name);
  to_.push_back(':');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  separate();
  append_json_text(to_, value);
  return *this;
}

// With the comma before it and the quotes around it, in place: to append piece by piece takes longer than the digits.
template <class Number>
JsonWriter& JsonWriter::digits(Number value, bool quoted) {
  const bool comma = std::exchange(needs_comma_, true);
  const std::size_t size = to_.size();
  to_.resize_and_overwrite(size + number_bytes_max + 3, [=](char* text, std::size_t) {
    char* to = text + size;
    if (comma) *to++ = ',';
    if (quoted) *to++ = '"';
    to = write_number(to, value);
    if (quoted) *to++ = '"';
    return static_cast<std::size_t>(to - text);
  });
  return *this;
}

JsonWriter& JsonWriter::number(double value) {
  if (std::isfinite(value)) return digits(value, false);
  return text(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
  const std::uint64_t magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  return digits(value, magnitude > exact_max);
}

JsonWriter& JsonWriter::natural(std::uint64_t value) { return digits(value, value > exact_max); }

JsonWriter& JsonWriter::time(Time value) { return digits(value.value(), true); }

JsonWriter& JsonWriter::plain(std::string_view json) {
  separate();
  to_.append(json);
  return *this;
}

}  // namespace artery
