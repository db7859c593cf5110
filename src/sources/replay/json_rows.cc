#include <fmt/format.h>
#include <simdjson.h>

#include <deque>

#include "sources/replay/rows.h"

namespace artery::replay {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t depth_max = 16;

// A member's name behind those of the objects around it.
std::string below(const std::string& prefix, std::string_view key) {
  std::string name = prefix;
  if (!prefix.empty()) name.push_back('/');
  for (const char c : key) {
    if (c == '/') {
      name.append("%2F");
    } else {
      name.push_back(c);
    }
  }
  return name;
}

class JsonReader final : public RowReader {
 public:
  explicit JsonReader(JsonColumns& columns) : columns_(columns) {}

 private:
  Found read(std::string_view rest, bool ended, Row& row, std::size_t& used) override {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos && !ended && rest.size() <= row_bytes_max) return Found::need_more;
    row.raw = rest.substr(0, end);
    used = end == std::string_view::npos ? rest.size() : end + 1;
    if (row.raw.find_first_not_of(" \t\r") == std::string_view::npos) return Found::nothing;
    if (row.raw.size() > row_bytes_max) {
      row.fault = fmt::format("the row is longer than {} bytes", row_bytes_max);
      return Found::row;
    }
    texts_.clear();
    row.cells.resize(columns_.names.size());
    if (!read_line(row)) row.cells.clear();
    return Found::row;
  }

  bool read_line(Row& row) {
    padded_ = simdjson::padded_string(row.raw);
    ondemand::document document;
    ondemand::object object;
    if (parser_.iterate(padded_).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
      row.fault = "the line is no JSON object";
      return false;
    }
    if (!read_object(object, "", 0, row)) {
      if (row.fault.empty()) row.fault = "the line is broken JSON";
      return false;
    }
    const char* behind = nullptr;  // there is none at the end
    if (document.current_location().get(behind) == simdjson::SUCCESS) {
      row.fault = "something stands behind the JSON object";
    }
    return row.fault.empty();
  }

  bool read_object(ondemand::object object, const std::string& prefix, std::size_t depth, Row& row) {
    if (depth > depth_max) {
      row.fault = fmt::format("objects are nested more than {} deep", depth_max);
      return false;
    }
    for (auto member : object) {
      std::string_view key;
      ondemand::value value;
      if (member.unescaped_key().get(key) != simdjson::SUCCESS) return false;
      const std::string name = below(prefix, key);
      if (member.value().get(value) != simdjson::SUCCESS || !read_value(value, name, depth, row)) return false;
    }
    return true;
  }

  bool read_value(ondemand::value value, const std::string& name, std::size_t depth, Row& row) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == ondemand::json_type::object) {
      ondemand::object inner;
      return value.get_object().get(inner) == simdjson::SUCCESS && read_object(inner, name, depth + 1, row);
    }
    Cell cell;
    if (type == ondemand::json_type::string) {
      std::string_view text;
      if (value.get_string().get(text) != simdjson::SUCCESS) return false;
      cell = {texts_.emplace_back(text), true};
    } else if (type == ondemand::json_type::array) {
      std::string_view text;
      if (simdjson::to_json_string(value).get(text) != simdjson::SUCCESS) return false;
      cell = {texts_.emplace_back(text), true};
    } else {
      // A number's own digits, `true`, `false`, `null`.
      std::string_view token = value.raw_json_token();
      token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
      if (!is_scalar(value, type)) return false;
      cell = {texts_.emplace_back(token), false};
    }
    return put(name, cell, row);
  }

  // Consumes it, which is how ondemand checks it.
  static bool is_scalar(ondemand::value value, ondemand::json_type type) {
    bool flag = false;
    double number = 0;
    if (type == ondemand::json_type::boolean) return value.get_bool().get(flag) == simdjson::SUCCESS;
    if (type == ondemand::json_type::number) return value.get_double().get(number) == simdjson::SUCCESS;
    return value.is_null().get(flag) == simdjson::SUCCESS && flag;
  }

  bool put(const std::string& name, const Cell& cell, Row& row) {
    const auto [place, is_new] = columns_.index.try_emplace(name, columns_.names.size());
    if (is_new) {
      if (columns_.closed || columns_.names.size() >= cells_max) {
        columns_.index.erase(place);
        row.strays.push_back(name);
        return true;
      }
      columns_.names.push_back(name);
      row.cells.resize(columns_.names.size());
    }
    Cell& target = row.cells[place->second];
    if (target.text.data() != nullptr) {
      row.fault = fmt::format("member '{}' stands there twice", name);
      return false;
    }
    target = cell;
    return true;
  }

  JsonColumns& columns_;
  ondemand::parser parser_;
  simdjson::padded_string padded_;
  std::deque<std::string> texts_;  // of the row in hand
};

}  // namespace

std::unique_ptr<RowReader> make_json_reader(JsonColumns& columns) { return std::make_unique<JsonReader>(columns); }

}  // namespace artery::replay
