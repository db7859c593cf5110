// Letters of protocols, which are ASCII whatever the text around them is. No locale.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace artery {

constexpr char to_lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string to_lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower_ascii(c);
  return lower;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return to_lower_ascii(x) == to_lower_ascii(y); });
}

}  // namespace artery
