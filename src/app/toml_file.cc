#include "app/toml_file.h"

#include <fmt/format.h>

#include "app/error.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace artery::app {
namespace {

// One of a list: in quotes where it holds what divides the list.
void append_item(std::string& list, const std::string& item) {
  if (item.find_first_of(",\"") == std::string::npos) {
    list.append(item);
    return;
  }
  list.push_back('"');
  for (const char c : item) list.append(c == '"' ? 2 : 1, c);
  list.push_back('"');
}

std::string text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return fmt::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* array = node.as_array()) {
    std::string list;
    for (const toml::node& item : *array) {
      if (&item != &array->front()) list.push_back(',');
      append_item(list, text_of(item));
    }
    return list;
  }
  return fmt::format("a {}", toml::impl::node_type_friendly_names[static_cast<std::size_t>(node.type())]);
}

void flatten(const toml::table& table, const std::string& prefix, const std::string& path,
             std::vector<Assignment>& into) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix.empty() ? std::string(key.str()) : fmt::format("{}.{}", prefix, key.str());
    if (const auto* inner = node.as_table()) {
      flatten(*inner, name, path, into);
    } else {
      into.push_back(
          {name, text_of(node), fmt::format("{}:{}", path, key.source().begin.line), node.source().begin.column});
    }
  }
}

}  // namespace

Result<std::vector<Assignment>> parse_toml(std::string_view text, const std::string& path) {
  const toml::parse_result parsed = toml::parse(text, path);
  if (!parsed) {
    return Error(AppError::bad_config,
                 fmt::format("{}:{}: {}", path, parsed.error().source().begin.line, parsed.error().description()));
  }
  std::vector<Assignment> assignments;
  flatten(parsed.table(), "", path, assignments);
  return assignments;
}

}  // namespace artery::app
