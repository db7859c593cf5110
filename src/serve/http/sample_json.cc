#include "serve/http/sample_json.h"

#include <fmt/format.h>

#include <charconv>

namespace artery::serve {

namespace {

template <class Number>
bool read_whole(std::string_view text, Number& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

void write_point(JsonWriter& json, std::string_view name, const query::PlotPoint& point) {
  json.key(name).start_array().time(point.time);
  std::visit([&](auto value) { json.number(value); }, point.value);
  json.end_array();
}

}  // namespace

void write_value(JsonWriter& json, const ValueView& value) {
  switch (type_of(value)) {
    case ValueType::f64:
      json.number(std::get<double>(value));
      break;
    case ValueType::i64:
      json.number(std::get<std::int64_t>(value));
      break;
    case ValueType::boolean:
      json.boolean(std::get<bool>(value));
      break;
    case ValueType::text:
      json.text(std::get<std::string_view>(value));
      break;
  }
}

void write_samples(JsonWriter& json, const history::Samples& samples, bool arrivals) {
  for (std::size_t row = 0; row < samples.size(); ++row) {
    json.start_array().time(samples.times[row]);
    write_value(json, samples.value(row));
    json.number(samples.qualities[row].value());
    if (arrivals) json.time(samples.arrivals[row]);
    json.end_array();
  }
}

void write_column(JsonWriter& json, const query::PlotColumn& column) {
  json.start_object().member("column", column.column).member("count", column.count);
  write_point(json, "first", column.first);
  write_point(json, "min", column.min);
  write_point(json, "max", column.max);
  write_point(json, "last", column.last);
  json.member("quality", column.worst.value()).end_object();
}

void write_archived(JsonWriter& json, const std::optional<history::ArchivedPart>& archived) {
  if (!archived) return;
  json.member("archived_before", archived->before);
  if (archived->quality_unheeded) json.member("archived_quality_unheeded", true);
  if (archived->late_left_out) json.member("archived_late_left_out", true);
}

void write_value_at(JsonWriter& json, Time time, const query::ValueAt& at) {
  json.start_array().time(time);
  if (at.value) {
    write_value(json, view_of(*at.value));
    json.number(at.quality.value());
  } else {
    json.null().null();
  }
  json.end_array();
}

std::string show_position(const history::Position& position) {
  return fmt::format("{}.{}", position.time.value(), position.revision);
}

std::optional<history::Position> parse_position(std::string_view text) {
  const std::size_t dot = text.find('.');
  std::int64_t time = 0;
  std::uint32_t revision = 0;
  if (dot == std::string_view::npos || !read_whole(text.substr(0, dot), time)) return std::nullopt;
  if (!read_whole(text.substr(dot + 1), revision)) return std::nullopt;
  return history::Position{Time(time), revision};
}

}  // namespace artery::serve
