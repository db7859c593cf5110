#include "sources/replay/civil.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "base/ascii.h"

namespace artery::replay {
namespace {

constexpr int pivot_year = 70;  // 70 to 99 are of the last century
constexpr std::int64_t seconds_per_day = 86'400;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Reader {
 public:
  Reader(std::string_view text, DayOrder order) : rest_(text), order_(order) {}

  std::optional<Civil> read() {
    blanks();
    const bool dated = numeric_date() || named_date();
    if (failed_) return std::nullopt;
    if (dated) {
      if (rest_.starts_with('T') || rest_.starts_with('t')) rest_.remove_prefix(1);
      blanks();
      if (rest_.empty()) return civil_;
    }
    if (!clock()) return std::nullopt;
    blanks();
    if (!offset() || !rest_.empty()) return std::nullopt;
    return civil_;
  }

 private:
  struct Number {
    std::int64_t value = 0;
    std::size_t digits = 0;
  };

  // Takes a number off the front; at most 18 digits of it.
  Number number(std::size_t digits_max = 18) {
    Number read;
    while (read.digits < rest_.size() && is_digit(rest_[read.digits]) && read.digits < digits_max) {
      read.value = read.value * 10 + (rest_[read.digits++] - '0');
    }
    rest_.remove_prefix(read.digits);
    return read;
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void blanks() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }
  bool separator(char& found) {
    if (rest_.empty() || (rest_.front() != '-' && rest_.front() != '/' && rest_.front() != '.')) return false;
    found = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  // Forms 1, 2 and 4. False with nothing taken where there is none.
  bool numeric_date() {
    const std::string_view before = rest_;
    const Number first = number();
    if (first.digits == 8 || first.digits == 12 || first.digits == 14) return compact(first);
    char mark = 0;
    const bool year_first = first.digits == 4;
    if (year_first && take("年")) return chinese_date(first.value);
    if (first.digits == 0 || first.digits > 4 || !separator(mark)) return rest_ = before, false;
    const Number second = number(2);
    char other = 0;
    if (second.digits == 0 || !separator(other) || other != mark) return rest_ = before, false;
    const Number third = number(4);
    if (third.digits == 0 || (!rest_.empty() && is_digit(rest_.front()))) return rest_ = before, false;
    if (year_first) return third.digits <= 2 && set_date(first.value, second.value, third.value);
    if (first.digits > 2 || third.digits == 3 || third.digits == 1) return rest_ = before, false;
    return set_either(first.value, second.value, year_of(third));
  }

  bool chinese_date(std::int64_t year) {
    const Number month = number(2);
    if (month.digits == 0 || !take("月")) return failed_ = true, false;
    const Number day = number(2);
    if (day.digits == 0 || !take("日")) return failed_ = true, false;
    return set_date(year, month.value, day.value);
  }

  bool compact(const Number& digits) {
    std::int64_t value = digits.value;
    std::int64_t second = 0;
    std::int64_t minute = 0;
    std::int64_t hour = 0;
    if (digits.digits == 14) second = value % 100, value /= 100;
    if (digits.digits >= 12) {
      minute = value % 100;
      hour = value / 100 % 100;
      value /= 10'000;
      if (!set_clock(hour, minute, second)) return failed_ = true, false;
    }
    if (!set_date(value / 10'000, value / 100 % 100, value % 100)) return false;
    if (take("T")) {
      const Number clock = number();
      if (clock.digits != 6 && clock.digits != 4) return failed_ = true, false;
      const std::int64_t whole = clock.digits == 6 ? clock.value : clock.value * 100;
      if (!set_clock(whole / 10'000, whole / 100 % 100, whole % 100)) return failed_ = true, false;
    }
    if (civil_.has_clock && !rest_.empty()) {
      if (!fraction() || !offset() || !rest_.empty()) return failed_ = true, false;
    }
    return true;
  }

  bool set_either(std::int64_t first, std::int64_t second, std::int64_t year) {
    civil_.either_order = first <= 12 && second <= 12 && first != second;
    civil_.day_was_first = first > 12 && second <= 12;
    civil_.month_was_first = second > 12 && first <= 12;
    const bool day_first = civil_.day_was_first || (!civil_.month_was_first && order_ == DayOrder::day_first);
    return day_first ? set_date(year, second, first) : set_date(year, first, second);
  }

  static std::int64_t year_of(const Number& number) {
    if (number.digits > 2) return number.value;
    return number.value + (number.value >= pivot_year ? 1900 : 2000);
  }

  // Form 3.
  bool named_date() {
    const std::string_view before = rest_;
    std::int64_t month = 0;
    Number day = number(2);
    if (day.digits > 0) between();
    if (!named_month(month)) return rest_ = before, false;
    between();
    if (day.digits == 0) {
      day = number(2);
      if (!take("st") && !take("nd") && !take("rd")) take("th");
      between();
    }
    const Number year = number(4);
    if (day.digits == 0 || (year.digits != 2 && year.digits != 4)) return failed_ = true, false;
    return set_date(year_of(year), month, day.value);
  }
  void between() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '-' || rest_.front() == ',' ||
                              rest_.front() == '.' || rest_.front() == '/')) {
      rest_.remove_prefix(1);
    }
  }
  bool named_month(std::int64_t& month) {
    constexpr std::array<std::string_view, 12> names{"january",   "february", "march",    "april",
                                                     "may",       "june",     "july",     "august",
                                                     "september", "october",  "november", "december"};
    std::size_t letters = 0;
    while (letters < rest_.size() && to_lower_ascii(rest_[letters]) >= 'a' && to_lower_ascii(rest_[letters]) <= 'z')
      ++letters;
    if (letters < 3) return false;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (letters > names[i].size()) continue;
      const bool same = std::ranges::equal(rest_.substr(0, letters), names[i].substr(0, letters),
                                           [](char a, char b) { return to_lower_ascii(a) == b; });
      if (!same) continue;
      month = static_cast<std::int64_t>(i) + 1;
      rest_.remove_prefix(letters);
      return true;
    }
    return false;
  }

  bool set_date(std::int64_t year, std::int64_t month, std::int64_t day) {
    const auto date = day_number(year, month, day);
    if (!date) return failed_ = true, false;
    civil_.has_date = true;
    civil_.day = *date;
    return true;
  }

  bool set_clock(std::int64_t hour, std::int64_t minute, std::int64_t second) {
    const bool is_end = hour == 24 && minute == 0 && second == 0;
    if ((hour > 23 && !is_end) || minute > 59 || second > 60) return false;
    civil_.has_clock = true;
    civil_.second = std::min((hour * 60 + minute) * 60 + second, seconds_per_day);
    return true;
  }

  bool clock() {
    const Number hour = number(2);
    if (hour.digits == 0) return false;
    const bool by_hand = take("时");
    if (!by_hand && !take(":")) return false;
    const Number minute = number(2);
    if (by_hand && minute.digits == 0) return set_clock(hour.value, 0, 0);
    if (minute.digits != 2 && !(minute.digits == 1 && rest_.starts_with("分"))) return false;
    take("分");
    Number second;
    if (take(":") || (!rest_.empty() && is_digit(rest_.front()))) {
      second = number(2);
      if (second.digits == 0 || !fraction()) return false;
      take("秒");
    }
    std::int64_t hours = hour.value;
    return half_of_day(hours) && set_clock(hours, minute.value, second.value);
  }

  // 12 am is midnight, 12 pm is noon.
  bool half_of_day(std::int64_t& hours) {
    const std::string_view before = rest_;
    blanks();
    const bool has_half =
        rest_.size() >= 2 && (to_lower_ascii(rest_[0]) == 'a' || to_lower_ascii(rest_[0]) == 'p') &&
        (to_lower_ascii(rest_[1]) == 'm' || rest_.substr(1).starts_with(".m") || rest_.substr(1).starts_with(".M"));
    if (!has_half) return rest_ = before, true;
    const bool after_noon = to_lower_ascii(rest_[0]) == 'p';
    rest_.remove_prefix(rest_[1] == '.' ? 3 : 2);
    take(".");
    if (hours < 1 || hours > 12) return false;
    hours = hours % 12 + (after_noon ? 12 : 0);
    return true;
  }

  bool fraction() {
    if (!take(".") && !take(",")) return true;
    std::int64_t unit = 1'000'000'000;
    std::size_t digits = 0;
    for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1), ++digits) {
      unit /= 10;
      if (unit == 0) return false;
      civil_.nanos += unit * (rest_.front() - '0');
    }
    return digits > 0;
  }

  bool offset() {
    if (rest_.empty()) return true;
    if (take("Z") || take("z") || take("UTC") || take("GMT")) {
      civil_.offset_s = 0;
      return true;
    }
    const bool negative = rest_.front() == '-';
    if (!take("+") && !take("-")) return false;
    const Number hours = number(2);
    take(":");
    const Number minutes = number(2);
    if (hours.digits != 2 || (minutes.digits != 0 && minutes.digits != 2) || hours.value > 18 || minutes.value > 59) {
      return false;
    }
    const auto seconds = static_cast<std::int32_t>((hours.value * 60 + minutes.value) * 60);
    civil_.offset_s = negative ? -seconds : seconds;
    return true;
  }

  std::string_view rest_;
  const DayOrder order_;
  Civil civil_;
  bool failed_ = false;
};

}  // namespace

std::optional<Civil> read_civil(std::string_view text, DayOrder order) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return Reader(text, order).read();
}

std::optional<std::int64_t> day_number(std::int64_t year, std::int64_t month, std::int64_t day) {
  using namespace std::chrono;
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  const year_month_day date(std::chrono::year(static_cast<int>(year)), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  return sys_days(date).time_since_epoch().count();
}

}  // namespace artery::replay
