#include "sources/replay/line_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/checked.h"
#include "sources/replay/detect.h"

namespace artery::replay {
namespace {

constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::size_t quoted_bytes_max = 60;
constexpr std::string_view no_label = "none";  // what stands for a level whose cell is empty

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Takes a number off the front.
template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const char* const start = text.data();
  const auto [end, error] = std::from_chars(start, start + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - start));
  return true;
}

void append_escaped(std::string& to, std::string_view text, std::string_view escapable) {
  for (const char c : text) {
    if (escapable.contains(c)) to.push_back('\\');
    to.push_back(c);
  }
}

std::string quoted(std::string_view text) { return fmt::format("'{}'", text.substr(0, quoted_bytes_max)); }

std::string level_start(std::size_t level) { return level == 0 ? "" : fmt::format(",level{:02}=", level + 1); }

}  // namespace

LineWriter::LineWriter(const Plan& plan, const Zone& zone) : plan_(plan), zone_(zone) {
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    const Column& column = plan.columns[i];
    if (column.role == Role::time || column.role == Role::label || column.role == Role::skip) continue;
    Field field{i, {}};
    append_escaped(field.name, column.signal, ",= \\");
    field.name.push_back('=');
    group_of(column).fields.push_back(std::move(field));
  }
  for (std::size_t level = 0; level < plan.levels.size(); ++level) level_starts_.push_back(level_start(level));
}

LineWriter::Group& LineWriter::group_of(const Column& column) {
  const auto known = std::ranges::find(groups_, column.below, &Group::below);
  if (known != groups_.end()) return *known;
  Group& group = groups_.emplace_back();
  group.below = column.below;
  for (const std::string& level : column.below) {
    // Line protocol has no way to write it.
    if (level.ends_with('\\'))
      group.fault = fmt::format("{} ends with a backslash: no name of an asset", quoted(level));
    const std::size_t depth = plan_.levels.size() + static_cast<std::size_t>(&level - column.below.data());
    group.levels.append(level_start(depth));
    append_escaped(group.levels, level, ",= ");
  }
  return group;
}

bool LineWriter::fault(std::string text) {
  faults_.push_back(std::move(text));
  return false;
}

std::string_view LineWriter::text_of(const Row& row, std::size_t column) const {
  return column < row.cells.size() ? trim(row.cells[column].text) : std::string_view();
}

void LineWriter::write(const Row& row, Duration shift, std::string& lines) {
  faults_.clear();
  values_ = 0;
  time_.reset();
  const std::uint64_t number = row_number_++;
  if (!row.fault.empty()) {
    fault(row.fault);
    return;
  }
  if (row.cells.size() > plan_.columns.size()) {
    fault(fmt::format("the row has {} cells; the table has {} columns", row.cells.size(), plan_.columns.size()));
    return;
  }
  if (plan_.time.empty() && plan_.start) {
    const auto since = checked_mul(static_cast<std::int64_t>(number), plan_.step.count());
    const auto nanos = since ? checked_add(plan_.start->value(), *since) : std::nullopt;
    if (nanos) time_ = Time(*nanos);
  } else if (!read_time(row)) {
    return;
  }
  if (!time_ || !checked_add(time_->value(), shift.count())) {
    fault("the time is outside what 64 bits of nanoseconds can hold");
    return;
  }
  if (!write_series(row)) return;
  for (const std::string& stray : row.strays) {
    fault(fmt::format("{} comes for the first time behind the rows that were looked at; --names names it beforehand",
                      quoted(stray)));
  }
  for (const Group& group : groups_) write_group(row, group, shift, lines);
}

void LineWriter::write_group(const Row& row, const Group& group, Duration shift, std::string& lines) {
  std::size_t in_line = 0;
  for (const Field& field : group.fields) {
    if (field.column >= row.cells.size()) continue;
    const Column& column = plan_.columns[field.column];
    Cell cell = row.cells[field.column];
    if (column.role != Role::text) cell.text = trim(cell.text);
    if (plan_.is_missing(trim(cell.text))) continue;
    if (!group.fault.empty()) {
      fault(fmt::format("{}: {}", column.name, group.fault));
      continue;
    }
    const std::size_t before = lines.size();
    if (in_line == 0) lines.append(series_).append(group.levels);
    lines.push_back(in_line == 0 ? ' ' : ',');
    lines.append(field.name);
    if (!write_value(column, cell, lines)) {
      lines.resize(before);
      continue;
    }
    ++values_;
    if (++in_line < fields_per_line_max) continue;
    end_line(shift, lines);
    in_line = 0;
  }
  if (in_line > 0) end_line(shift, lines);
}

void LineWriter::end_line(Duration shift, std::string& lines) {
  fmt::format_to(std::back_inserter(lines), " {}\n", time_->value() + shift.count());
}

bool LineWriter::write_value(const Column& column, const Cell& cell, std::string& to) {
  if (column.role == Role::text) {
    to.push_back('"');
    append_escaped(to, cell.text, "\"\\");
    to.push_back('"');
    return true;
  }
  if (column.role == Role::boolean) {
    const auto flag = read_boolean(cell.text);
    if (!flag) return fault(fmt::format("{}: {} is neither true nor false", column.name, quoted(cell.text)));
    to.append(*flag ? "true" : "false");
    return true;
  }
  const char mark = plan_.decimal_comma ? ',' : '.';
  if (!is_number(cell.text, mark)) {
    return fault(fmt::format("{}: {} is no number", column.name, quoted(cell.text)));
  }
  const std::size_t at = to.size();
  to.append(cell.text.starts_with('+') ? cell.text.substr(1) : cell.text);
  if (plan_.decimal_comma) std::replace(to.begin() + static_cast<std::ptrdiff_t>(at), to.end(), ',', '.');
  if (column.role == Role::integer) {
    if (to.find_first_of(".eE", at) != std::string::npos) {
      return fault(fmt::format("{}: {} is no integer", column.name, quoted(cell.text)));
    }
    to.push_back('i');
  }
  return true;
}

bool LineWriter::write_series(const Row& row) {
  series_.clear();
  for (std::size_t level = 0; level < plan_.levels.size(); ++level) {
    level_.clear();
    for (const LevelPart& part : plan_.levels[level]) {
      if (!part.column) {
        level_.append(part.literal);
        continue;
      }
      const std::string_view value = text_of(row, *part.column);
      level_.append(plan_.is_missing(value) ? no_label : value);
    }
    level_ = clean_name(level_);
    // Line protocol has no way to write these.
    if (level_.ends_with('\\'))
      return fault(fmt::format("{} ends with a backslash: no name of an asset", quoted(level_)));
    if (level == 0 && level_.starts_with('#')) {
      return fault(fmt::format("{} begins with #: no first level of an asset's path", quoted(level_)));
    }
    if (level_.empty()) level_ = no_label;
    series_.append(level_starts_[level]);
    append_escaped(series_, level_, ",= ");
  }
  return true;
}

// --- time ---

bool LineWriter::read_time(const Row& row) {
  parts_ = {};
  for (const TimeColumn& time : plan_.time) {
    const std::string_view text = text_of(row, time.column);
    const bool is_of_day = time.part == TimePart::hour || time.part == TimePart::minute ||
                           time.part == TimePart::second || time.part == TimePart::clock;
    if (plan_.is_missing(text)) {
      // A date whose time of day is not known stands at the beginning of what is known.
      if (is_of_day && plan_.time.size() > 1) continue;
      return fault(fmt::format("no time: {} is empty", plan_.columns[time.column].name));
    }
    if (!read_part(time.part, text)) {
      return fault(fmt::format("{}: {} is no time", plan_.columns[time.column].name, quoted(text)));
    }
  }
  std::optional<std::int64_t> ns = parts_.utc_ns;
  if (!ns) {
    if (parts_.year != 0) parts_.day = day_number(parts_.year, parts_.month, parts_.day_of_month);
    if (!parts_.day) return fault("no time: there is no such date");
    const std::int64_t local = *parts_.day * seconds_per_day + parts_.second;
    const std::int64_t utc = parts_.offset_s ? local - *parts_.offset_s : zone_.to_utc(local, plan_.later_of_two);
    ns = checked_mul(utc, nanos_per_second);
    if (ns) ns = checked_add(*ns, parts_.nanos);
  }
  if (!ns) return fault("the time is outside what 64 bits of nanoseconds can hold (1677 to 2262)");
  time_ = Time(*ns);
  return true;
}

bool LineWriter::read_part(TimePart part, std::string_view text) {
  if (part == TimePart::epoch || part == TimePart::count) {
    if (!read_epoch(text)) return false;
    if (part == TimePart::count) parts_.utc_ns = checked_add(*parts_.utc_ns, plan_.start->value());
    return parts_.utc_ns.has_value();
  }
  if (part == TimePart::whole || part == TimePart::date || part == TimePart::clock) {
    const auto civil = read_civil(text, plan_.day_order);
    if (!civil || civil->has_date == (part == TimePart::clock)) return false;
    if (civil->has_date) parts_.day = civil->day;
    if (civil->has_clock) parts_.second = civil->second, parts_.nanos = civil->nanos;
    if (civil->offset_s) parts_.offset_s = civil->offset_s;
    return true;
  }
  return read_number(part, text);
}

// A part that is a number of its own.
bool LineWriter::read_number(TimePart part, std::string_view text) {
  std::int64_t number = 0;
  std::string_view rest = text;
  // "5.0" comes from programs that keep columns with missing values as doubles.
  if (!take_number(rest, number) || (!rest.empty() && rest != ".0")) return false;
  switch (part) {
    case TimePart::year:
      parts_.year = number;
      return number > 0;
    case TimePart::month:
      parts_.month = number;
      return true;
    case TimePart::day:
      parts_.day_of_month = number;
      return true;
    case TimePart::hour:
      if (number < 0 || number > 24) return false;
      parts_.second += number * 3600;
      return true;
    case TimePart::minute:
      if (number < 0 || number > 59) return false;
      parts_.second += number * 60;
      return true;
    case TimePart::second:
      if (number < 0 || number > 60) return false;
      parts_.second += number;
      return true;
    case TimePart::whole:
    case TimePart::epoch:
    case TimePart::date:
    case TimePart::clock:
    case TimePart::count:
      break;
  }
  return false;
}

// Digits and a fraction, exactly where it is not finer than a nanosecond.
bool LineWriter::read_epoch(std::string_view text) {
  const bool is_count = plan_.time.front().part == TimePart::count;
  const std::int64_t unit = is_count ? plan_.step.count() : plan_.epoch_ns;
  std::int64_t whole = 0;
  std::string_view rest = text;
  if (!take_number(rest, whole)) return false;
  std::int64_t part = 0;
  if (rest.starts_with('.') || (rest.starts_with(',') && plan_.decimal_comma)) {
    std::int64_t scale = unit;
    for (rest.remove_prefix(1); !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; rest.remove_prefix(1)) {
      scale /= 10;
      part += scale * (rest.front() - '0');
    }
  }
  if (!rest.empty()) {
    // "1.4e9": rare enough for a double.
    double number = 0;
    rest = text;
    if (!take_number(rest, number) || !rest.empty() || std::abs(number) * static_cast<double>(unit) > 9e18)
      return false;
    parts_.utc_ns = std::llround(number * static_cast<double>(unit));
    return true;
  }
  const auto ns = checked_mul(whole, unit);
  if (ns) parts_.utc_ns = checked_add(*ns, text.starts_with('-') ? -part : part);
  return parts_.utc_ns.has_value();
}

}  // namespace artery::replay
