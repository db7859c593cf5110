#include "serve/http/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/settings.h"
#include "model/rfc3339.h"

namespace artery::serve {

namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
  if (const auto ns = parse_number<std::int64_t>(text)) return Time(*ns);
  return parse_rfc3339(text);
}

std::optional<Duration> parse_step(std::string_view text) {
  if (const auto ns = parse_number<std::int64_t>(text)) return Duration(*ns);
  Duration step{};
  return parse_duration(text, step) ? std::optional(step) : std::nullopt;
}

std::optional<std::string_view> Parameters::find(std::string_view name) {
  known_.push_back(name);
  const auto count = std::ranges::count(request_.query, name, &net::Field::name);
  if (count > 1) fail(fmt::format("`{}` may be given once", name));
  return request_.query_value(name);
}

std::string_view Parameters::text(std::string_view name, std::string_view missing) {
  return find(name).value_or(missing);
}

std::string_view Parameters::needed_text(std::string_view name) {
  const auto value = find(name);
  if (!value || value->empty()) fail(fmt::format("`{}` is missing", name));
  return value.value_or("");
}

std::vector<std::string> Parameters::texts(std::string_view name, std::size_t count_max) {
  known_.push_back(name);
  std::vector<std::string> values;
  for (const net::Field& field : request_.query) {
    if (field.name == name) values.emplace_back(field.value);
  }
  if (values.empty()) fail(fmt::format("`{}` is missing", name));
  if (values.size() > count_max) fail(fmt::format("`{}` may be given at most {} times", name, count_max));
  return values;
}

Time Parameters::time(std::string_view name, Time missing) {
  const auto text = find(name);
  return text ? read_time(name, *text) : missing;
}

Time Parameters::read_time(std::string_view name, std::string_view text) {
  const auto time = parse_time(text);
  if (!time) {
    fail(
        fmt::format("`{}` is '{}'; it must be an integer of nanoseconds since 1970, or RFC 3339 from 1677-09-22 to "
                    "2262-04-11 with at most 9 digits of a second, like 2026-01-31T08:00:00Z (a + is written %2B)",
                    name, text));
  }
  return time.value_or(Time(0));
}

std::vector<Time> Parameters::times(std::string_view name, std::size_t count_max) {
  std::vector<Time> times;
  for (const std::string& text : texts(name, count_max)) times.push_back(read_time(name, text));
  return times;
}

std::optional<Duration> Parameters::duration(std::string_view name) {
  const auto text = find(name);
  if (!text) return std::nullopt;
  const auto step = parse_step(*text);
  if (!step || step->count() < 1) {
    fail(fmt::format("`{}` is '{}'; it must be a duration like 10s, 5m, 24h or 7d, or nanoseconds", name, *text));
    return std::nullopt;
  }
  return step;
}

Time Parameters::needed_time(std::string_view name) {
  if (!request_.query_value(name)) fail(fmt::format("`{}` is missing", name));
  return time(name, Time(0));
}

std::uint64_t Parameters::number(std::string_view name, std::uint64_t missing, std::uint64_t min, std::uint64_t max) {
  const auto text = find(name);
  if (!text) return missing;
  const auto number = parse_number<std::uint64_t>(*text);
  if (!number || *number < min || *number > max) {
    fail(fmt::format("`{}` is '{}'; it must be a number from {} to {}", name, *text, min, max));
  }
  return number.value_or(missing);
}

bool Parameters::flag(std::string_view name) {
  const std::string_view text = find(name).value_or("false");
  if (text != "true" && text != "false") fail(fmt::format("`{}` is '{}'; it must be true or false", name, text));
  return text == "true";
}

void Parameters::fail(std::string detail) {
  if (!fault_) fault_ = net::Refusal{400, std::move(detail)};
}

std::optional<net::Refusal> Parameters::fault() {
  for (const net::Field& field : request_.query) {
    if (std::ranges::find(known_, field.name) != known_.end()) continue;
    fail(fmt::format("`{}` is not a parameter of this; there are: {}", field.name,
                     known_.empty() ? "none" : fmt::to_string(fmt::join(known_, ", "))));
  }
  return fault_;
}

}  // namespace artery::serve
