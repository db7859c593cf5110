// Dates and times as people and programs write them, to the numbers of a wall clock. Pure functions; any thread.
//
// One value is tried in this order, and the first form that fits the whole of it is taken:
//   1. 2021-06-22, 2021/6/22, 2021.06.22, 2021年6月22日: year first
//   2. 22/06/2021, 22.6.21, 06-22-2021: day or month first, as DayOrder says; a number above 12 decides by itself;
//      two-digit years are 1970 to 2069
//   3. 22 Jun 2021, Jun 22, 2021, 22-Jun-21: English months by name
//   4. 20210622, 20210622T111500, 20210622111500, 202106221115: digits alone
// and behind the date, after `T` or blanks, an optional time of day: 11:15, 11:15:30, 11:15:30.123456789 (or a comma),
// 9:15 pm, 11时15分30秒, 9时, 24:00 for the end of the day; and an offset: Z, +02:00, +0200, +02, UTC, GMT.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace artery::replay {

enum class DayOrder : std::uint8_t { day_first, month_first };

struct Civil {
  bool has_date = false;
  bool has_clock = false;
  std::int64_t day = 0;     // since 1970-01-01
  std::int64_t second = 0;  // of the day; up to 86,400
  std::int64_t nanos = 0;
  std::optional<std::int32_t> offset_s;  // where the text names one
  // Of a date in form 2: whether both orders were possible, and whether the first number is above 12.
  bool either_order = false;
  bool day_was_first = false;
  bool month_was_first = false;
};

// A date with or without a time of day, or a time of day alone.
std::optional<Civil> read_civil(std::string_view text, DayOrder order);

// Days since 1970; nothing where there is no such date.
std::optional<std::int64_t> day_number(std::int64_t year, std::int64_t month, std::int64_t day);

}  // namespace artery::replay
