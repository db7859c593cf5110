#include "sources/replay/mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/json_writer.h"
#include "base/settings.h"
#include "sources/replay/error.h"

namespace artery::replay {
namespace {

struct TextOption {
  std::string_view name;
  std::string Mapping::* target;
  std::string_view choices;  // with blanks between; empty for any text
};
constexpr std::array<TextOption, 17> text_options{{
    {"format", &Mapping::format, "table json line-protocol"},
    {"encoding", &Mapping::encoding, ""},
    {"delimiter", &Mapping::delimiter, ""},
    {"quote", &Mapping::quote, ""},
    {"decimal", &Mapping::decimal, "point comma"},
    {"skip_lines", &Mapping::skip_lines, ""},
    {"header", &Mapping::header, "yes no"},
    {"precision", &Mapping::precision, "ns us ms s m h"},
    {"time_unit", &Mapping::time_unit, "s ms us ns"},
    {"date_order", &Mapping::date_order, "day-first month-first"},
    {"zone", &Mapping::zone, ""},
    {"ambiguous", &Mapping::ambiguous, "earlier later"},
    {"start", &Mapping::start, ""},
    {"step", &Mapping::step, ""},
    {"count", &Mapping::count, ""},
    {"asset", &Mapping::asset, ""},
    {"units", &Mapping::units, "split keep"},
}};
struct ListOption {
  std::string_view name;
  std::vector<std::string> Mapping::* target;
};
constexpr std::array<ListOption, 5> list_options{{{"names", &Mapping::names},
                                                  {"time", &Mapping::time},
                                                  {"label", &Mapping::label},
                                                  {"skip", &Mapping::skip},
                                                  {"missing", &Mapping::missing}}};
struct TableOption {
  std::string_view name;
  std::map<std::string, std::string> Mapping::* target;
};
constexpr std::array<TableOption, 3> table_options{
    {{"type", &Mapping::type}, {"rename", &Mapping::rename}, {"unit", &Mapping::unit}}};
constexpr std::string_view types = "number integer boolean text label skip";

Error bad(std::string message) { return {ReplayError::bad_option, std::move(message)}; }

// Commas between; an item in quotes may hold commas, and quotes doubled.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts(1);
  bool in_quotes = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && in_quotes && text.substr(i + 1).starts_with('"')) {
      parts.back().push_back(text[++i]);
    } else if (c == '"' && (in_quotes || parts.back().empty())) {
      in_quotes = !in_quotes;
    } else if (c == ',' && !in_quotes) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

bool is_digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

bool is_choice(std::string_view choices, std::string_view value) {
  while (!choices.empty()) {
    const std::size_t end = std::min(choices.find(' '), choices.size());
    if (choices.substr(0, end) == value) return true;
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return false;
}

Result<void> check(const TextOption& option, std::string_view value) {
  if (!option.choices.empty() && !is_choice(option.choices, value)) {
    return bad(fmt::format("{} is '{}'; it is one of: {}", option.name, value, option.choices));
  }
  const bool is_mark = option.name == "delimiter" || option.name == "quote";
  if (is_mark && value.size() != 1 && value != "tab" && value != "space" && value != "none") {
    return bad(fmt::format("{} is '{}'; it is one character, `tab`, `space` or `none`", option.name, value));
  }
  if (option.name == "skip_lines" && (value.empty() || value.size() > 9 || !is_digits(value))) {
    return bad(fmt::format("skip_lines is '{}'; right is a number, for example 3", value));
  }
  Duration step{};
  if (option.name == "step" && (!parse_duration(value, step) || step <= Duration::zero())) {
    return bad(fmt::format("step is '{}'; right is for example 250ms, 10s, 15m, 1h", value));
  }
  return {};
}

}  // namespace

Result<void> assign(Mapping& mapping, std::string_view name, std::string_view value) {
  for (const TextOption& option : text_options) {
    if (option.name != name) continue;
    if (auto right = check(option, value); !right) return right;
    mapping.*option.target = value;
    return {};
  }
  for (const ListOption& option : list_options) {
    if (option.name != name) continue;
    mapping.*option.target = split(value);
    return {};
  }
  const std::size_t dot = name.find('.');
  for (const TableOption& option : table_options) {
    if (dot == std::string_view::npos || option.name != name.substr(0, dot)) continue;
    if (option.name == "type" && !is_choice(types, value)) {
      return bad(fmt::format("the type of '{}' is '{}'; it is one of: {}", name.substr(dot + 1), value, types));
    }
    (mapping.*option.target)[std::string(name.substr(dot + 1))] = value;
    return {};
  }
  return bad(fmt::format("there is no '{}' in a mapping; docs/guide/en/replay.md lists what there is", name));
}

std::string to_toml(const Mapping& mapping) {
  std::string text;
  // A JSON text is a TOML one, but that TOML knows no escaped slash, which is never written here.
  for (const TextOption& option : text_options) {
    if ((mapping.*option.target).empty()) continue;
    text.append(option.name).append(" = ");
    append_json_text(text, mapping.*option.target);
    text.push_back('\n');
  }
  for (const ListOption& option : list_options) {
    if ((mapping.*option.target).empty()) continue;
    text.append(option.name).append(" = [");
    for (std::size_t i = 0; i < (mapping.*option.target).size(); ++i) {
      if (i > 0) text.append(", ");
      append_json_text(text, (mapping.*option.target)[i]);
    }
    text.append("]\n");
  }
  for (const TableOption& option : table_options) {
    if ((mapping.*option.target).empty()) continue;
    text.append("\n[").append(option.name).append("]\n");
    for (const auto& [column, value] : mapping.*option.target) {
      append_json_text(text, column);
      text.append(" = ");
      append_json_text(text, value);
      text.push_back('\n');
    }
  }
  return text;
}

Mapping common_part(const std::vector<Mapping>& mappings, std::vector<std::string>& differing) {
  if (mappings.empty()) return {};
  Mapping common = mappings.front();
  const auto keep_if_common = [&](const auto& option) {
    auto& target = common.*option.target;
    if (std::ranges::all_of(mappings, [&](const Mapping& one) { return one.*option.target == target; })) return;
    target = {};
    differing.emplace_back(option.name);
  };
  for (const TextOption& option : text_options) keep_if_common(option);
  for (const ListOption& option : list_options) keep_if_common(option);
  for (const TableOption& option : table_options) {
    auto& target = common.*option.target;
    std::set<std::string> twofold;
    for (const Mapping& one : mappings) {
      for (const auto& [column, value] : one.*option.target) {
        if (target.try_emplace(column, value).first->second != value) twofold.insert(column);
      }
    }
    for (const std::string& column : twofold) {
      target.erase(column);
      differing.push_back(fmt::format("{}.{}", option.name, column));
    }
  }
  return common;
}

}  // namespace artery::replay
