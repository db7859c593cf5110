#include "model/topic_filter.h"

#include <algorithm>

namespace artery {
namespace {

bool holds_wildcard(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return c == '+' || c == '#'; });
}

}  // namespace

TopicLevel next_topic_level(std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  const std::string_view level = rest.substr(0, slash);
  const bool more = slash != std::string_view::npos;
  rest.remove_prefix(more ? slash + 1 : rest.size());
  return {level, more};
}

bool valid_topic_name(std::string_view name) {
  return !name.empty() && name.size() <= topic_bytes_max && !holds_wildcard(name);
}

bool valid_topic_filter(std::string_view filter) {
  if (filter.empty() || filter.size() > topic_bytes_max) return false;
  for (bool more = true; more;) {
    const TopicLevel level = next_topic_level(filter);
    more = level.more;
    if (level.text == "#" && more) return false;
    if (level.text.size() > 1 && holds_wildcard(level.text)) return false;
  }
  return true;
}

std::size_t topic_levels(std::string_view topic) {
  return 1 + static_cast<std::size_t>(std::ranges::count(topic, '/'));
}

bool topic_matches(std::string_view filter, std::string_view name) {
  const bool leading_wildcard = filter.starts_with('+') || filter.starts_with('#');
  if (leading_wildcard && name.starts_with('$')) return false;
  bool more_name = true;
  for (bool more_filter = true; more_filter;) {
    const TopicLevel wanted = next_topic_level(filter);
    more_filter = wanted.more;
    if (wanted.text == "#") return true;
    if (!more_name) return false;
    const TopicLevel given = next_topic_level(name);
    more_name = given.more;
    if (wanted.text != "+" && wanted.text != given.text) return false;
  }
  return !more_name;
}

}  // namespace artery
