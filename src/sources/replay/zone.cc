#include "sources/replay/zone.h"

#include <algorithm>
#include <bit>
#include <chrono>

#include "sources/replay/error.h"

namespace artery::replay {
namespace {

constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::size_t header_bytes = 44;

template <class T>
T big_endian(Bytes bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>((value << 8) | std::to_integer<T>(bytes[at + i]));
  return value;
}

struct Header {
  std::size_t utc_flags, standard_flags, leaps, transitions, types, letters;
  [[nodiscard]] std::size_t body_bytes(std::size_t time_bytes) const {
    return transitions * (time_bytes + 1) + types * 6 + letters + leaps * (time_bytes + 4) + standard_flags + utc_flags;
  }
};

std::optional<Header> read_header(Bytes bytes) {
  if (bytes.size() < header_bytes || !as_text(bytes).starts_with("TZif")) return std::nullopt;
  const auto count = [&](std::size_t index) { return std::size_t{big_endian<std::uint32_t>(bytes, 20 + 4 * index)}; };
  return Header{count(0), count(1), count(2), count(3), count(4), count(5)};
}

Error not_a_zone(std::string_view why) { return {ReplayError::unreadable, std::string("no time zone: ").append(why)}; }

}  // namespace

// POSIX's TZ text, as far as zones of today use it.
class Zone::RuleReader {
 public:
  explicit RuleReader(std::string_view text) : rest_(text) {}

  std::optional<Rule> read() {
    Rule rule;
    if (!name() || !offset(rule.standard_s)) return std::nullopt;
    rule.standard_s = -rule.standard_s;
    rule.summer_s = rule.standard_s + 3600;
    if (rest_.empty()) return rule;
    if (!name()) return std::nullopt;
    if (!rest_.starts_with(',')) {
      if (!offset(rule.summer_s)) return std::nullopt;
      rule.summer_s = -rule.summer_s;
    }
    Change to_summer;
    if (!change(to_summer) || !change(rule.to_standard) || !rest_.empty()) return std::nullopt;
    rule.to_summer = to_summer;
    return rule;
  }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool name() {
    if (take('<')) {
      const std::size_t end = rest_.find('>');
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + 1);
      return true;
    }
    const std::size_t end = std::min(rest_.find_first_of("+-0123456789,"), rest_.size());
    rest_.remove_prefix(end);
    return end >= 3;
  }
  bool number(int& into) {
    std::size_t digits = 0;
    into = 0;
    for (; digits < 4 && digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
      into = into * 10 + (rest_[digits] - '0');
    }
    rest_.remove_prefix(digits);
    return digits > 0;
  }
  bool offset(std::int32_t& seconds) {
    const bool negative = take('-');
    if (!negative) take('+');
    int hours = 0;
    int minutes = 0;
    int rest = 0;
    if (!number(hours) || (take(':') && (!number(minutes) || (take(':') && !number(rest))))) return false;
    seconds = (hours * 60 + minutes) * 60 + rest;
    if (negative) seconds = -seconds;
    return true;
  }
  bool change(Change& into) {
    if (!take(',') || !take('M') || !number(into.month) || !take('.') || !number(into.week) || !take('.')) return false;
    if (!number(into.day) || into.month < 1 || into.month > 12 || into.week < 1 || into.week > 5) return false;
    into.time_s = 2 * 3600;
    return into.day <= 6 && (!take('/') || offset(into.time_s));
  }

  std::string_view rest_;
};

Result<Zone> Zone::from_file(Bytes contents) {
  auto header = read_header(contents);
  if (!header) return not_a_zone("the file is none of a compiled zone");
  // The first block has 32-bit times and is there for old readers; the second is what counts.
  const std::size_t skipped = header_bytes + header->body_bytes(4);
  if (contents.size() < skipped) return not_a_zone("the file is cut");
  Bytes block = contents.subspan(skipped);
  header = read_header(block);
  if (!header) return not_a_zone("the file has no 64-bit times");
  block = block.subspan(header_bytes);
  if (block.size() < header->body_bytes(8) || header->types == 0) return not_a_zone("the file is cut");

  const std::size_t kinds_at = header->transitions * 8;
  const std::size_t types_at = kinds_at + header->transitions;
  const auto offset_of = [&](std::size_t type) {
    return std::bit_cast<std::int32_t>(big_endian<std::uint32_t>(block, types_at + type * 6));
  };
  Zone zone(offset_of(0));
  for (std::size_t i = 0; i < header->transitions; ++i) {
    const auto type = std::to_integer<std::size_t>(block[kinds_at + i]);
    if (type >= header->types) return not_a_zone("a transition leads nowhere");
    zone.transitions_.push_back(
        {std::bit_cast<std::int64_t>(big_endian<std::uint64_t>(block, i * 8)), offset_of(type)});
  }
  if (!std::ranges::is_sorted(zone.transitions_, {}, &Transition::at)) return not_a_zone("transitions go back in time");
  if (!zone.transitions_.empty()) zone.last_offset_ = zone.transitions_.back().offset_s;
  std::string_view footer = as_text(block.subspan(header->body_bytes(8)));
  if (footer.starts_with('\n')) footer.remove_prefix(1);
  zone.rule_ = RuleReader(footer.substr(0, footer.find('\n'))).read();
  return zone;
}

std::optional<Zone> Zone::fixed(std::string_view text) {
  if (text == "UTC" || text == "Z" || text == "utc" || text == "z") return Zone();
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::string digits(text.substr(1));
  std::erase(digits, ':');
  if (digits.size() == 2) digits += "00";
  if (digits.size() != 4 || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const int hours = (digits[0] - '0') * 10 + digits[1] - '0';
  const int minutes = (digits[2] - '0') * 10 + digits[3] - '0';
  if (hours > 18 || minutes > 59) return std::nullopt;
  const std::int32_t seconds = (hours * 60 + minutes) * 60;
  return Zone(text[0] == '-' ? -seconds : seconds);
}

// As local seconds.
std::int64_t Zone::moment(const Change& change, int year) {
  using namespace std::chrono;
  const month_day first{month(static_cast<unsigned>(change.month)) / 1};
  const weekday day(static_cast<unsigned>(change.day));
  sys_days date;
  if (change.week == 5) {
    date = sys_days(std::chrono::year(year) / first.month() / day[last]);
  } else {
    date = sys_days(std::chrono::year(year) / first.month() / day[static_cast<unsigned>(change.week)]);
  }
  return std::int64_t{date.time_since_epoch().count()} * seconds_per_day + change.time_s;
}

std::int32_t Zone::offset_by_rule(std::int64_t utc_s) const {
  if (!rule_->to_summer) return rule_->standard_s;
  using namespace std::chrono;
  const std::int64_t local_s = utc_s + rule_->standard_s;
  const auto day = floor<days>(sys_seconds(seconds(local_s)));
  const int year = static_cast<int>(year_month_day(day).year());
  const std::int64_t summer = moment(*rule_->to_summer, year) - rule_->standard_s;
  const std::int64_t winter = moment(rule_->to_standard, year) - rule_->summer_s;
  const bool is_summer =
      summer < winter ? utc_s >= summer && utc_s < winter : utc_s >= summer || utc_s < winter;  // north, south
  return is_summer ? rule_->summer_s : rule_->standard_s;
}

std::int32_t Zone::offset_at(std::int64_t utc_s) const {
  const auto after = std::ranges::upper_bound(transitions_, utc_s, {}, &Transition::at);
  if (after == transitions_.end() && rule_) return offset_by_rule(utc_s);
  if (after == transitions_.end()) return last_offset_;
  return after == transitions_.begin() ? first_offset_ : std::prev(after)->offset_s;
}

std::int64_t Zone::to_utc(std::int64_t local_s, bool later_of_two) const {
  // No zone changes twice within two days, so that these two are the offsets on both sides of any change near.
  const std::int32_t before = offset_at(local_s - seconds_per_day);
  const std::int32_t after = offset_at(local_s + seconds_per_day);
  const std::int64_t by_before = local_s - before;
  const std::int64_t by_after = local_s - after;
  const bool before_holds = offset_at(by_before) == before;
  const bool after_holds = offset_at(by_after) == after;
  if (before_holds && after_holds) return later_of_two ? std::max(by_before, by_after) : std::min(by_before, by_after);
  return after_holds ? by_after : by_before;
}

}  // namespace artery::replay
