#include "app/replay_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/settings.h"
#include "governance/names.h"
#include "model/rfc3339.h"

namespace artery::app {
namespace {

constexpr std::size_t cell_max = 48;     // of one cell of the table
constexpr std::size_t columns_max = 60;  // of one file; the rest is counted

std::string delimiter_name(char delimiter) {
  if (delimiter == '\t') return "tabs";
  return delimiter == ' ' ? "blanks" : fmt::format("'{}'", delimiter);
}

std::string time_text(const replay::Plan& plan) {
  if (plan.time.empty() && !plan.start) return "none: --start and --step give one";
  if (plan.time.empty()) {
    return fmt::format("{} and {} more per row", format_rfc3339(*plan.start), show_duration(plan.step));
  }
  std::string text;
  for (const replay::TimeColumn& time : plan.time) {
    text.append(text.empty() ? "" : ", ").append(plan.columns[time.column].name);
  }
  const auto part = plan.time.front().part;
  if (part == replay::TimePart::count) {
    return fmt::format("{} times {} after {}", text, show_duration(plan.step), format_rfc3339(*plan.start));
  }
  if (part == replay::TimePart::epoch)
    return fmt::format("{}, in units of {}", text, show_duration(Duration(plan.epoch_ns)));
  if (!plan.orders_dates) return text;
  text.append(plan.day_order == replay::DayOrder::day_first ? "; day before month" : "; month before day");
  if (plan.is_order_guessed) text.append(" (a guess: nothing in the file decides it; --date-order says it)");
  return text;
}

// How many cells of a terminal it takes: one for each character, two from U+3000 on, where the wide ones are.
std::size_t width_of(std::string_view text) {
  const auto characters = std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; });
  const auto wide_ones = std::ranges::count_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0xE3; });
  return static_cast<std::size_t>(characters + wide_ones);
}

std::string cut(std::string_view text) {
  std::string result;
  std::size_t characters = 0;
  for (const char c : text) {
    if ((c & 0xC0) != 0x80 && ++characters > cell_max) return result + "...";
    result.push_back(c);
  }
  return result;
}

std::string table_of(const replay::Plan& plan) {
  std::vector<std::array<std::string, 4>> rows{{"column", "type", "becomes", "example"}};
  for (const replay::Column& column : plan.columns) {
    std::string becomes;
    if (column.role == replay::Role::time) becomes = "the time";
    if (column.role == replay::Role::label) becomes = "a level of the path";
    if (column.role == replay::Role::skip) becomes = "nothing";
    if (becomes.empty()) {
      becomes = "...";
      for (const std::string& level : column.below) becomes.append("/").append(governance::escape_level(level, true));
      becomes.append("/").append(governance::escape_level(column.signal));
      if (!column.unit.empty()) becomes.append(" in ").append(column.unit);
    }
    rows.push_back({cut(column.name), std::string(name_of(column.role)), cut(becomes), cut(column.example)});
    if (rows.size() > columns_max) break;
  }
  std::array<std::size_t, 4> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.append(" ").append(row[i]).append(widths[i] - width_of(row[i]) + 1, ' ');
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text.append(line).append("\n");
  }
  if (plan.columns.size() > columns_max)
    text.append(fmt::format("  and {} more columns\n", plan.columns.size() - columns_max));
  return text;
}

std::string facts_of(const replay::FileFacts& facts) {
  std::string text{name_of(facts.format)};
  if (facts.is_packed) text.append(", compressed");
  text.append(", ").append(facts.encoding);
  if (facts.format == replay::Format::table) {
    text.append(fmt::format(", {} between columns, {}", delimiter_name(facts.dialect.delimiter),
                            facts.has_header ? "with a header" : "no header"));
  }
  if (facts.plan.decimal_comma) text.append(", decimal comma");
  return text;
}

// What makes files alike.
std::string likeness(const ReplaySource& source) {
  std::string text = facts_of(source.facts()) + time_text(source.facts().plan);
  for (const replay::Column& column : source.facts().plan.columns) {
    text.append(fmt::format("\n{}\n{}\n{}\n{}", column.name, name_of(column.role), column.signal, column.unit));
  }
  return text;
}

}  // namespace

std::string example_path(const replay::Plan& plan) {
  std::string path;
  for (const replay::Level& level : plan.levels) {
    std::string text;
    for (const replay::LevelPart& part : level)
      text.append(part.column ? plan.columns[*part.column].example : part.literal);
    path.append(path.empty() ? "" : "/").append(governance::escape_level(text, true));
  }
  return path;
}

std::string describe(const std::vector<std::unique_ptr<ReplaySource>>& sources) {
  std::vector<std::vector<const ReplaySource*>> groups;
  std::map<std::string, std::size_t> group_of;
  for (const auto& source : sources) {
    const auto [place, is_new] = group_of.try_emplace(likeness(*source), groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(source.get());
  }
  std::string text;
  for (const auto& group : groups) {
    const replay::FileFacts& facts = group.front()->facts();
    text.append(group.front()->file().path);
    if (group.size() > 1) text.append(fmt::format(" and {} more files like it", group.size() - 1));
    text.append("\n  ").append(facts_of(facts)).append("\n");
    if (facts.format != replay::Format::line_protocol) {
      text.append(fmt::format("  time: {}\n  asset: {}\n", time_text(facts.plan), example_path(facts.plan)));
      text.append(table_of(facts.plan));
    }
    text.append("\n");
  }
  return text;
}

}  // namespace artery::app
