// What becomes of the columns of one file: found out from its first rows and from what a person said. Values; a const
// one may be used by any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "sources/replay/civil.h"
#include "sources/replay/rows.h"
#include "sources/replay/zone.h"

namespace artery::replay {

enum class Role : std::uint8_t { number, integer, boolean, text, time, label, skip };
std::string_view name_of(Role role);

struct Column {
  std::string name;  // blanks and control characters made single blanks; no two are the same
  Role role = Role::number;
  std::string signal;                // the last level of its signals' names, unescaped
  std::vector<std::string> below{};  // levels between the row's asset and the signal: the objects around a JSON member
  std::string unit;                  // UCUM, or empty
  std::string example;
};

// What a column tells of a row's time.
enum class TimePart : std::uint8_t { whole, epoch, date, clock, year, month, day, hour, minute, second, count };
struct TimeColumn {
  std::size_t column = 0;
  TimePart part = TimePart::whole;
};

// One level of the asset's path: literal texts and columns' values, one behind the other.
struct LevelPart {
  std::string literal;
  std::optional<std::size_t> column;
};
using Level = std::vector<LevelPart>;

struct Plan {
  std::vector<Column> columns;
  std::vector<TimeColumn> time;  // none: start and step
  bool has_time = false;         // a row's time can be told
  std::int64_t epoch_ns = 1;     // nanoseconds per count of an epoch column
  DayOrder day_order = DayOrder::day_first;
  bool orders_dates = false;      // there are dates that day_order is about
  bool is_order_guessed = false;  // nothing in the file decided it
  bool later_of_two = false;
  std::optional<Time> start;
  Duration step{};
  bool decimal_comma = false;
  std::vector<std::string> missing;  // sorted
  std::string asset;                 // the template of the path, ...
  std::vector<std::size_t> labels;   // ... the columns whose values stand behind it, ...
  std::vector<Level> levels;         // ... and both as levels

  [[nodiscard]] bool is_missing(std::string_view text) const;
};

}  // namespace artery::replay
