#include "sources/mqtt/wide_numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <system_error>

namespace artery::mqtt {
namespace {

constexpr std::string_view number_bytes = "+-.0123456789Ee";

bool take_one_of(std::string_view& rest, std::string_view bytes) {
  if (rest.empty() || !bytes.contains(rest.front())) return false;
  rest.remove_prefix(1);
  return true;
}

std::size_t take_digits(std::string_view& rest) {
  const std::size_t count = std::min(rest.find_first_not_of("0123456789"), rest.size());
  rest.remove_prefix(count);
  return count;
}

enum class Grammar : std::uint8_t { none, integer, other_number };

// RFC 8259 section 6.
Grammar grammar_of(std::string_view text) {
  take_one_of(text, "-");
  const bool leading_zero = text.starts_with('0');
  const std::size_t whole = take_digits(text);
  if (whole == 0 || (leading_zero && whole > 1)) return Grammar::none;
  if (text.empty()) return Grammar::integer;
  if (take_one_of(text, ".") && take_digits(text) == 0) return Grammar::none;
  if (take_one_of(text, "Ee")) {
    take_one_of(text, "+-");
    if (take_digits(text) == 0) return Grammar::none;
  }
  return text.empty() ? Grammar::other_number : Grammar::none;
}

template <class T>
bool is_in_range(std::string_view text) {
  T value{};
  return std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc::result_out_of_range;
}

void append_number(std::string& to, std::string_view text) {
  if (is_beyond_f64(text)) {
    to.append("[\"").append(text).append("\"]");
  } else {
    to.append(text);
    if (grammar_of(text) == Grammar::integer && !is_in_range<std::int64_t>(text)) to.append("e0");
  }
}

// Behind the text in quotes that begins at `from`.
std::size_t behind_quotes(std::string_view json, std::size_t from) {
  std::size_t at = from + 1;
  while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2U : 1U;
  return std::min(at + 1, json.size());
}

}  // namespace

bool is_beyond_f64(std::string_view text) {
  if (grammar_of(text) == Grammar::none || is_in_range<double>(text)) return false;
  return std::isinf(std::strtod(std::string(text).c_str(), nullptr));  // too near to 0 is out of range as well
}

std::string with_wide_numbers_spelled_out(std::string_view json) {
  std::string out;
  out.reserve(json.size() + json.size() / 8);
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t start = at;
    if (json[at] == '"') {
      at = behind_quotes(json, at);
      out.append(json.substr(start, at - start));
    } else if (number_bytes.contains(json[at])) {
      at = std::min(json.find_first_not_of(number_bytes, at), json.size());
      append_number(out, json.substr(start, at - start));
    } else {
      out.push_back(json[at++]);
    }
  }
  return out;
}

}  // namespace artery::mqtt
