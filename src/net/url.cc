#include "net/url.h"

#include "base/assert.h"
#include "base/utf8.h"

namespace artery::net {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> percent_decode(std::string_view text, Plus plus, std::string& storage) {
  if (text.find_first_of(plus == Plus::space ? "%+" : "%") == std::string_view::npos) {
    return is_utf8(text) ? std::optional(text) : std::nullopt;
  }
  ARTERY_ASSERT(storage.capacity() - storage.size() >= text.size());
  const std::size_t begin = storage.size();
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '+' && plus == Plus::space) c = ' ';
    if (c == '%') {
      if (text.size() - at < 3) return std::nullopt;
      const auto high = hex_digit(text[at + 1]);
      const auto low = hex_digit(text[at + 2]);
      if (!high || !low) return std::nullopt;
      c = static_cast<char>(*high << 4 | *low);
      at += 2;
    }
    storage += c;
  }
  const std::string_view decoded = std::string_view(storage).substr(begin);
  return is_utf8(decoded) ? std::optional(decoded) : std::nullopt;
}

bool parse_query(std::string_view query, std::vector<Field>& into, std::string& storage) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decode(pair.substr(0, equals), Plus::space, storage);
    const auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), Plus::space, storage);
    if (!name || !value) return false;
    into.push_back({*name, *value});
  }
  return true;
}

}  // namespace artery::net
