#include "governance/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace artery::governance {
namespace {

bool reserved(char c) { return c == '/' || c == '+' || c == '#' || c == '%'; }

void append_escaped(std::string& to, std::string_view text, bool equals) {
  for (const char c : text) {
    if (reserved(c) || (equals && c == '=')) {
      fmt::format_to(std::back_inserter(to), "%{:02X}", static_cast<unsigned char>(c));
    } else {
      to.push_back(c);
    }
  }
}

// C0, DEL, and C1 as UTF-8 (C2 80 to C2 9F).
bool holds_control(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c == 0x7F) return true;
    if (c == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) return true;
  }
  return false;
}

bool holds_empty_level(std::string_view name) {
  return name.empty() || name.front() == '/' || name.back() == '/' || name.find("//") != std::string_view::npos;
}

Error bad(std::string message) { return {GovernanceError::invalid, std::move(message)}; }

}  // namespace

Result<void> check_name(std::string_view name) {
  if (name.empty()) return bad("the name is empty");
  if (name.size() > name_bytes_max) {
    return bad(fmt::format("the name has {} bytes; at most {} are allowed", name.size(), name_bytes_max));
  }
  if (!is_utf8(name)) return bad("the name is not UTF-8");
  if (holds_control(name)) return bad("the name holds a control character");
  if (holds_empty_level(name)) return bad("the name has an empty level");
  if (name.find_first_of("+#") != std::string_view::npos) {
    return bad("the name holds `+` or `#`, which select names in filters; write %2B or %23");
  }
  if (static_cast<std::size_t>(std::ranges::count(name, '/')) >= name_levels_max) {
    return bad(fmt::format("the name has more than {} levels", name_levels_max));
  }
  return {};
}

SplitName split_name(std::string_view full_name) {
  const std::size_t slash = full_name.rfind('/');
  if (slash == std::string_view::npos) return {.path = {}, .name = full_name};
  return {.path = full_name.substr(0, slash), .name = full_name.substr(slash + 1)};
}

std::string join_name(std::string_view path, std::string_view name) {
  std::string full;
  full.reserve(path.size() + 1 + name.size());
  full.append(path);
  if (!path.empty()) full.push_back('/');
  full.append(name);
  return full;
}

bool needs_escape(std::string_view text) { return std::ranges::any_of(text, reserved); }

std::string escape_level(std::string_view text, bool equals) {
  std::string escaped;
  escaped.reserve(text.size());
  append_escaped(escaped, text, equals);
  return escaped;
}

namespace {

// Line protocol's escapes in measurements, tag keys and tag values.
void append_tag_text(std::string& to, std::string_view text) {
  for (const char c : text) {
    if (c == ',' || c == ' ' || c == '=' || c == '\\') to.push_back('\\');
    to.push_back(c);
  }
}

// Reads up to one of `stops`. A backslash before a comma, a space or a `=` stands for that character; before anything
// else it is a backslash, as InfluxDB reads it.
class KeyReader {
 public:
  explicit KeyReader(std::string_view text) : rest_(text) {}

  std::string until(std::string_view stops) {
    std::string taken;
    while (!rest_.empty() && stops.find(rest_.front()) == std::string_view::npos) {
      const bool escapes =
          rest_.size() > 1 && rest_.front() == '\\' && std::string_view(", =").find(rest_[1]) != std::string_view::npos;
      if (escapes) rest_.remove_prefix(1);
      taken.push_back(rest_.front());
      rest_.remove_prefix(1);
    }
    return taken;
  }
  bool skip(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::string SeriesKey::identity() const {
  std::string text;
  append_tag_text(text, measurement);
  for (const auto& [key, value] : tags) {
    text.push_back(',');
    append_tag_text(text, key);
    text.push_back('=');
    append_tag_text(text, value);
  }
  return text;
}

std::string SeriesKey::path() const {
  std::string text;
  append_escaped(text, measurement, true);
  for (const auto& [key, value] : tags) {
    text.push_back('/');
    append_escaped(text, value, true);
  }
  return text;
}

std::string SeriesKey::spelled_path() const {
  std::string text;
  append_escaped(text, measurement, true);
  for (const auto& [key, value] : tags) {
    text.push_back('/');
    append_escaped(text, key, true);
    text.push_back('=');
    append_escaped(text, value, true);
  }
  return text;
}

Result<SeriesKey> parse_series_key(std::string_view prefix) {
  const auto malformed = [](std::string message) { return Error(GovernanceError::malformed, std::move(message)); };
  KeyReader reader(prefix);
  SeriesKey key;
  key.measurement = reader.until(", ");
  if (key.measurement.empty()) return malformed("missing measurement");
  while (reader.skip(',')) {
    std::string name = reader.until("=, ");
    if (name.empty()) return malformed("missing tag key");
    if (!reader.skip('=')) return malformed(fmt::format("missing tag value of `{}`", name));
    std::string value = reader.until(",= ");
    if (value.empty()) return malformed(fmt::format("missing tag value of `{}`", name));
    key.tags.emplace_back(std::move(name), std::move(value));
  }
  if (!reader.done()) return malformed("a `=` or space in the series that is not escaped");
  std::ranges::sort(key.tags);
  const auto twice =
      std::ranges::adjacent_find(key.tags, {}, [](const auto& tag) { return std::string_view(tag.first); });
  if (twice != key.tags.end()) return malformed(fmt::format("duplicate tag `{}`", twice->first));
  return key;
}

}  // namespace artery::governance
