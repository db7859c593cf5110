#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "governance/csv.h"
#include "governance/metadata_formats.h"

namespace artery::governance {
namespace {

constexpr std::array<std::string_view, 9> plain_columns{"kind", "name",    "type",        "unit",      "low",
                                                        "high", "stepped", "description", "data_class"};
constexpr std::array<std::string_view, 2> provenance_columns{"author", "time"};
constexpr std::string_view aliases_column = "aliases";  // one to a line of the cell: no name has a line's end
constexpr std::string_view new_name_column = "new_name";
constexpr std::string_view retired_column = "retired";
constexpr std::string_view display_prefix = "display_name:";
constexpr std::string_view property_prefix = "property:";

const Texts& properties_of(const Asset& asset) { return asset.properties; }
Texts properties_of(const Signal&) { return {}; }

bool is_retired(const Asset&) { return false; }
bool is_retired(const Signal& signal) { return signal.retired; }

std::string retired_cell(const Asset&) { return ""; }
std::string retired_cell(const Signal& signal) { return signal.retired ? "true" : "false"; }

std::string text_of(const std::optional<double>& number) { return number ? fmt::format("{}", *number) : std::string(); }

std::vector<std::string> plain_cells(const Asset& asset) {
  return {"asset", asset.path, asset.type, "", "", "", "", asset.description, std::string(name_of(asset.data_class))};
}

std::vector<std::string> plain_cells(const Signal& signal) {
  return {"signal",
          signal.full_name,
          std::string(artery::name_of(signal.type)),
          signal.unit,
          text_of(signal.low),
          text_of(signal.high),
          signal.stepped ? "true" : "false",
          signal.description,
          std::string(name_of(signal.data_class))};
}

std::string find(const Texts& texts, const std::string& key) {
  const auto found = texts.find(key);
  return found == texts.end() ? std::string() : found->second;
}

std::string lines_of(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, "\n")); }

std::vector<std::string> names_in(std::string_view lines) {
  std::vector<std::string> names;
  while (!lines.empty()) {
    std::string_view name = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), name.size() + 1));
    if (name.ends_with('\r')) name.remove_suffix(1);
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

Error invalid(std::string message) { return {GovernanceError::invalid, std::move(message)}; }

Result<void> read(const std::string& cell, std::optional<std::optional<double>>& into) {
  if (cell.empty()) {
    into = std::optional<double>();
    return {};
  }
  double number = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(number)) {
    return invalid(fmt::format("`{}` is not a number", cell));
  }
  into = std::optional(number);
  return {};
}

Result<void> read(const std::string& cell, std::optional<bool>& into) {
  if (cell.empty()) return {};
  if (cell != "true" && cell != "false") return invalid(fmt::format("`{}` is neither true nor false", cell));
  into = cell == "true";
  return {};
}

Result<void> read(const std::string& cell, std::optional<DataClass>& into) {
  if (cell.empty()) return {};
  into = data_class_named(cell);
  return into ? Result<void>() : invalid(fmt::format("`{}` is not general, important, core or personal", cell));
}

Result<void> read(const std::string& cell, std::optional<ValueType>& into) {
  if (cell.empty()) return {};
  into = value_type_named(cell);
  return into ? Result<void>() : invalid(fmt::format("`{}` is not f64, i64, bool or text", cell));
}

template <class Patch>
bool read_common(std::string_view column, const std::string& cell, Patch& patch) {
  if (column == "description") {
    patch.description = cell;
  } else if (column.starts_with(display_prefix)) {
    patch.display_names.emplace(column.substr(display_prefix.size()), cell);
  } else if (column == aliases_column) {
    patch.aliases = names_in(cell);
  } else if (column == new_name_column) {
    if (!cell.empty()) patch.new_name = cell;
  } else {
    return column == "kind" || column == provenance_columns[0] || column == provenance_columns[1];
  }
  return true;
}

Result<void> read_cell(std::string_view column, const std::string& cell, AssetPatch& patch) {
  if (read_common(column, cell, patch)) return {};
  if (column == "data_class") return read(cell, patch.data_class);
  if (column == "name") {
    patch.path = cell;
  } else if (column == "type") {
    patch.type = cell;
  } else if (column.starts_with(property_prefix)) {
    patch.properties.emplace(column.substr(property_prefix.size()), cell);
  } else if (!cell.empty()) {
    return invalid(fmt::format("an asset has no {}", column));
  }
  return {};
}

Result<void> read_cell(std::string_view column, const std::string& cell, SignalPatch& patch) {
  if (read_common(column, cell, patch)) return {};
  if (column == "data_class") return read(cell, patch.data_class);
  if (column == "type") return read(cell, patch.type);
  if (column == "low") return read(cell, patch.low);
  if (column == "high") return read(cell, patch.high);
  if (column == "stepped") return read(cell, patch.stepped);
  if (column == retired_column) return read(cell, patch.retired);
  if (column == "name") {
    patch.full_name = cell;
  } else if (column == "unit") {
    patch.unit = cell;
  } else if (!cell.empty()) {
    return invalid(fmt::format("a signal has no {}", column));
  }
  return {};
}

template <class One>
Result<void> read_patch(const std::vector<std::string>& columns, const CsvReader::Record& record, One patch,
                        Import& into) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (auto done = read_cell(columns[i], record.fields[i], patch); !done) return done;
  }
  into.patches.push_back({.line = record.line, .patch = std::move(patch)});
  return {};
}

Result<void> read_record(const std::vector<std::string>& columns, std::size_t kind_column,
                         const CsvReader::Record& record, Import& into) {
  if (record.fields.size() != columns.size()) {
    return invalid(fmt::format("{} cells; the header has {} columns", record.fields.size(), columns.size()));
  }
  const std::string& kind = record.fields[kind_column];
  if (kind == "asset") return read_patch(columns, record, AssetPatch{.path = {}, .create = true}, into);
  if (kind == "signal") return read_patch(columns, record, SignalPatch{.full_name = {}}, into);
  return invalid(fmt::format("kind `{}` is neither asset nor signal", kind));
}

Result<void> check_header(const std::vector<std::string>& columns) {
  std::set<std::string_view> seen;
  for (const std::string& column : columns) {
    const bool known = std::ranges::find(plain_columns, column) != plain_columns.end() ||
                       std::ranges::find(provenance_columns, column) != provenance_columns.end() ||
                       column.starts_with(display_prefix) || column.starts_with(property_prefix) ||
                       column == aliases_column || column == new_name_column || column == retired_column;
    if (!known) return Error(GovernanceError::malformed, fmt::format("line 1: there is no column `{}`", column));
    if (!seen.insert(column).second) {
      return Error(GovernanceError::malformed, fmt::format("line 1: column `{}` is there twice", column));
    }
  }
  if (!seen.contains("kind") || !seen.contains("name")) {
    return Error(GovernanceError::malformed, "line 1: the header needs the columns kind and name");
  }
  return {};
}

}  // namespace

std::string export_csv(const Catalogue& catalogue, const Selection& selection) {
  std::set<std::string> languages;
  std::set<std::string> properties;
  bool has_aliases = false;
  bool has_retired = false;
  visit_metadata(catalogue, selection, [&](const auto& one) {
    has_aliases = has_aliases || !one.aliases.empty();
    has_retired = has_retired || is_retired(one);
    for (const auto& [language, text] : one.display_names) languages.insert(language);
    for (const auto& [property, text] : properties_of(one)) properties.insert(property);
  });
  std::vector<std::string> header(plain_columns.begin(), plain_columns.end());
  for (const std::string& language : languages) header.push_back(fmt::format("{}{}", display_prefix, language));
  for (const std::string& property : properties) header.push_back(fmt::format("{}{}", property_prefix, property));
  if (has_aliases) header.emplace_back(aliases_column);
  if (has_retired) header.emplace_back(retired_column);
  header.insert(header.end(), provenance_columns.begin(), provenance_columns.end());
  std::string text;
  append_csv(text, header);
  visit_metadata(catalogue, selection, [&](const auto& one) {
    std::vector<std::string> cells = plain_cells(one);
    for (const std::string& language : languages) cells.push_back(find(one.display_names, language));
    for (const std::string& property : properties) cells.push_back(find(properties_of(one), property));
    if (has_aliases) cells.push_back(lines_of(one.aliases));
    if (has_retired) cells.push_back(retired_cell(one));
    cells.push_back(one.change.author);
    cells.push_back(fmt::format("{}", one.change.time.value()));
    append_csv(text, cells);
  });
  return text;
}

Result<Import> import_csv(std::string_view text) {
  CsvReader reader(text);
  const auto header = reader.next();
  if (!header) return header.error();
  if (!*header) return Error(GovernanceError::malformed, "the CSV is empty; its first line should name the columns");
  const std::vector<std::string>& columns = (*header)->fields;
  if (auto checked = check_header(columns); !checked) return checked.error();
  const auto kind_column = static_cast<std::size_t>(std::ranges::find(columns, "kind") - columns.begin());
  Import import;
  while (true) {
    const auto record = reader.next();
    if (record && !*record) return import;
    const Result<void> done = record ? read_record(columns, kind_column, **record, import) : record.error();
    if (!done) import.errors.push_back({.line = reader.line(), .message = done.error().message()});
  }
}

}  // namespace artery::governance
