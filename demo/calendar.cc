#include "demo/calendar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace artery::demo {
namespace {

using namespace std::chrono_literals;

constexpr Seconds zone = 8h;
constexpr int shift_min = 8 * 60;
constexpr std::array<std::pair<int, int>, 3> breaks = {{{120, 130}, {240, 270}, {360, 370}}};

}  // namespace

LocalTime local_time(Moment at) {
  const auto local = at + zone;
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const auto of_day = local - day;
  const std::chrono::sys_days new_year(date.year() / 1 / 1);
  return {.day = day.time_since_epoch().count(),
          .minute_of_day = static_cast<int>(of_day / 1min),
          .hour = static_cast<double>(of_day.count()) / 3600.0,
          .day_of_year = static_cast<int>((day - new_year).count()) + 1,
          .weekday = static_cast<int>(std::chrono::weekday(day).iso_encoding()) - 1};
}

WorkTime work_time(Moment at) {
  // 1970-01-05 was a Monday.
  const auto since_monday = (at + zone).time_since_epoch() - 4 * 24h - 6h;
  const auto week = std::chrono::floor<std::chrono::weeks>(since_monday);
  const auto minute = static_cast<int>((since_monday - week) / 1min);
  const int shift = minute / shift_min;
  const int in_shift = minute % shift_min;
  WorkTime time{.week = week.count(),
                .shift = shift,
                .planned = shift < shifts_per_week,
                .worked_min = std::min(shift, shifts_per_week) * worked_min_per_shift,
                .week_part = minute / (7.0 * 24 * 60)};
  if (!time.planned) return time;
  time.worked_min += in_shift;
  for (const auto& [from, until] : breaks) {
    time.worked_min -= std::clamp(in_shift - from, 0, until - from);
    if (from <= in_shift && in_shift < until) time.planned = false;
  }
  return time;
}

std::string show_local(Moment at) {
  const auto local = at + zone;
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(local - day);
  return fmt::format("{}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

}  // namespace artery::demo
