#include "model/rfc3339.h"

#include <fmt/format.h>

#include <chrono>

#include "base/checked.h"

namespace artery {
namespace {

constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::int64_t seconds_per_day = 86'400;

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  // Exactly `digits` digits, as a number from `low` to `high`.
  bool number(std::size_t digits, int low, int high, int& into) {
    if (rest_.size() < digits) return false;
    into = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return false;
      into = into * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return into >= low && into <= high;
  }
  bool one_of(std::string_view allowed, char& found) {
    if (rest_.empty() || !allowed.contains(rest_.front())) return false;
    found = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  bool literal(char c) {
    char found = 0;
    return one_of({&c, 1}, found);
  }
  // One to nine digits after a point; no point is no fraction.
  bool fraction(std::int64_t& nanos) {
    nanos = 0;
    if (!literal('.')) return true;
    std::int64_t unit = nanos_per_second;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      unit /= 10;
      if (unit == 0) return false;
      nanos += unit * (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return unit < nanos_per_second;
  }
  // How far the local time is ahead of UTC.
  bool offset(std::int64_t& seconds) {
    char sign = 0;
    if (!one_of("Zz+-", sign)) return false;
    seconds = 0;
    if (sign == 'Z' || sign == 'z') return true;
    int hours = 0;
    int minutes = 0;
    if (!number(2, 0, 23, hours) || !literal(':') || !number(2, 0, 59, minutes)) return false;
    seconds = hours * 3600 + minutes * 60;
    if (sign == '-') seconds = -seconds;
    return true;
  }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::chrono::year_month_day date_of_day(std::int64_t day) { return {std::chrono::sys_days(std::chrono::days(day))}; }

std::optional<Time> join(std::int64_t seconds, std::int64_t nanos) {
  if (seconds < 0) {  // towards zero, so that the earliest times do not overflow on the way
    ++seconds;
    nanos -= nanos_per_second;
  }
  const std::optional<std::int64_t> whole = checked_mul(seconds, nanos_per_second);
  if (!whole) return std::nullopt;
  const std::optional<std::int64_t> sum = checked_add(*whole, nanos);
  if (!sum) return std::nullopt;
  return Time(*sum);
}

}  // namespace

std::optional<Time> parse_rfc3339(std::string_view text) {
  Scanner scan(text);
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t nanos = 0;
  std::int64_t ahead = 0;
  char separator = 0;
  const bool parsed = scan.number(4, 0, 9999, year) && scan.literal('-') && scan.number(2, 1, 12, month) &&
                      scan.literal('-') && scan.number(2, 1, 31, day) && scan.one_of("Tt ", separator) &&
                      scan.number(2, 0, 23, hour) && scan.literal(':') && scan.number(2, 0, 59, minute) &&
                      scan.literal(':') && scan.number(2, 0, 60, second) && scan.fraction(nanos) &&
                      scan.offset(ahead) && scan.empty();
  if (!parsed) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * seconds_per_day + hour * 3600 + minute * 60 + second - ahead;
  if (second == 60) {
    const bool month_begins =
        seconds % seconds_per_day == 0 && date_of_day(seconds / seconds_per_day).day() == std::chrono::day(1);
    if (!month_begins) return std::nullopt;
  }
  return join(seconds, nanos);
}

std::string format_rfc3339(Time time) {
  std::int64_t nanos = time.value() % nanos_per_second;
  std::int64_t seconds = time.value() / nanos_per_second;
  if (nanos < 0) {
    nanos += nanos_per_second;
    --seconds;
  }
  std::int64_t of_day = seconds % seconds_per_day;
  if (of_day < 0) of_day += seconds_per_day;
  const std::chrono::year_month_day date = date_of_day((seconds - of_day) / seconds_per_day);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), of_day / 3600,
                                 of_day / 60 % 60, of_day % 60);
  if (nanos % 1'000 != 0) {
    text += fmt::format(".{:09}", nanos);
  } else if (nanos % 1'000'000 != 0) {
    text += fmt::format(".{:06}", nanos / 1'000);
  } else if (nanos != 0) {
    text += fmt::format(".{:03}", nanos / 1'000'000);
  }
  text += 'Z';
  return text;
}

}  // namespace artery
