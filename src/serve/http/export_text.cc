#include "serve/http/export_text.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <iterator>

#include "base/json_writer.h"
#include "governance/catalogue_io.h"
#include "model/rfc3339.h"
#include "model/sample.h"
#include "serve/http/sample_json.h"

namespace artery::serve {

namespace {

constexpr std::uint64_t usual_nan = 0x7ff8'0000'0000'0000ULL;

// So that every bit of an f64 comes back.
void write_exact(JsonWriter& json, const ValueView& value) {
  const auto* number = std::get_if<double>(&value);
  if (number == nullptr) return write_value(json, value);
  const auto bits = std::bit_cast<std::uint64_t>(*number);
  if (std::isnan(*number) && bits != usual_nan) {
    json.text(fmt::format("NaN:{:016x}", bits));
  } else if (*number == 0 && std::signbit(*number)) {
    json.plain("-0.0");  // many readers take -0 for an integer, which has no sign then
  } else {
    json.number(*number);
  }
}

template <class Subject>
void write_lines(std::string_view plural, const std::vector<Subject>& subjects, ExportCounts& counts, std::string& to) {
  for (std::size_t i = 0; i < subjects.size();) {
    const std::size_t begin = to.size();
    JsonWriter json(to);
    json.start_object().key(plural).start_array();
    for (; i < subjects.size() && to.size() - begin < export_line_bytes; ++i) governance::write_json(json, subjects[i]);
    json.end_array().end_object();
    to.push_back('\n');
    ++counts.lines;
  }
}

void append_cell(std::string_view text, std::string& to) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) {
    to.append(text);
    return;
  }
  to.push_back('"');
  for (const char c : text) to.append(c == '"' ? 2 : 1, c);
  to.push_back('"');
}

void append_value(const ValueView& value, std::string& to) {
  if (const auto* number = std::get_if<double>(&value)) {
    fmt::format_to(std::back_inserter(to), "{}", *number);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    fmt::format_to(std::back_inserter(to), "{}", *integer);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    to.append(*flag ? "true" : "false");
  } else {
    append_cell(std::get<std::string_view>(value), to);
  }
}

}  // namespace

void write_export_header(const ExportAsked& asked, std::string_view node, Time made, std::string& to) {
  JsonWriter json(to);
  json.start_object().member("artery_export", 1).member("node", node).member("made", format_rfc3339(made));
  json.member("from", format_rfc3339(asked.from)).member("to", format_rfc3339(asked.to)).key("filters").start_array();
  for (const std::string& filter : asked.filters) json.text(filter);
  json.end_array().end_object();
  to.push_back('\n');
}

void write_metadata_lines(const std::vector<governance::Asset>& assets, ExportCounts& counts, std::string& to) {
  write_lines("assets", assets, counts, to);
}

void write_metadata_lines(const std::vector<governance::Signal>& signals, ExportCounts& counts, std::string& to) {
  write_lines("signals", signals, counts, to);
}

void write_sample_lines(std::string_view signal, const history::Samples& samples, ExportCounts& counts,
                        std::string& to) {
  std::string items;
  for (std::size_t row = 0; row < samples.size();) {
    const std::size_t first = row;
    items.clear();
    JsonWriter json(items);
    json.start_array();
    for (; row < samples.size() && items.size() < export_line_bytes; ++row) {
      json.start_array().time(samples.times[row]);
      write_exact(json, samples.value(row));
      json.number(samples.qualities[row].value()).end_array();
    }
    json.end_array();
    JsonWriter line(to);
    line.start_object().member("signal", signal).member("type", name_of(samples.type));
    line.member("count", row - first).key("samples").plain(items).end_object();
    to.push_back('\n');
    counts.samples += row - first;
    ++counts.lines;
  }
}

void write_export_end(const ExportCounts& counts, std::string& to) {
  JsonWriter json(to);
  json.start_object().key("end").start_object().member("signals", counts.signals).member("samples", counts.samples);
  json.member("lines", counts.lines).member("incomplete", counts.incomplete).end_object().end_object();
  to.push_back('\n');
}

void write_export_error(std::string_view message, std::string& to) {
  JsonWriter json(to);
  json.start_object().member("error", message).end_object();
  to.push_back('\n');
}

void write_csv_header(std::string& to) { to.append("\xEF\xBB\xBFsignal,time,value,quality,unit\n"); }

void write_csv_rows(const governance::Signal& signal, const history::Samples& samples, std::string& to) {
  std::string name;
  append_cell(signal.full_name, name);
  std::string unit;
  append_cell(signal.unit, unit);
  for (std::size_t row = 0; row < samples.size(); ++row) {
    fmt::format_to(std::back_inserter(to), "{},{},", name, format_rfc3339(samples.times[row]));
    append_value(samples.value(row), to);
    fmt::format_to(std::back_inserter(to), ",{},{}\n", samples.qualities[row].value(), unit);
  }
}

}  // namespace artery::serve
