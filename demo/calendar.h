// The plant's local time (UTC+8, no summer time) and its working week: three shifts of eight hours from Monday 06:00,
// on Saturdays the early one alone, on Sundays none. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "demo/noise.h"

namespace artery::demo {

struct LocalTime {
  std::int64_t day;   // days since 1970, local
  int minute_of_day;  // 0 to 1439
  double hour;        // 0 to below 24, with its fraction
  int day_of_year;    // 1 to 366
  int weekday;        // 0 is Monday
};
LocalTime local_time(Moment at);

// Where in the working week a moment is. A week begins on Monday 06:00.
struct WorkTime {
  std::int64_t week;  // since 1970
  int shift;          // 0 to 20 since the week began, of eight hours each; work is done in 0 to 15
  bool planned;       // work is planned now: a shift, and no break of it
  int worked_min;     // minutes of planned work since the week began
  double week_part;   // 0 to 1 through the week
};
WorkTime work_time(Moment at);

inline constexpr int shifts_per_week = 16;
inline constexpr int worked_min_per_shift = 430;  // breaks of 10, 30 and 10 minutes

// "2026-11-22 12:00:05", local.
std::string show_local(Moment at);

}  // namespace artery::demo
