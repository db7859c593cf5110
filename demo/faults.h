// What goes wrong, and when: a schedule that is a function of the seed and the time. Three lanes run beside each other,
// so that one to three faults are active at any moment, the first one of a fresh start included:
//   hours   always one; the next begins where it ends
//   days    slow wear, for about three of every four days, until somebody mends it
//   once    on some days one that belongs to an hour: noon or night
// Immutable; any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "demo/noise.h"

namespace artery::demo {

enum class FaultKind {
  stuck_humidity,  // hours
  sensor_drop_out,
  late_gateway,
  fahrenheit,
  grid_sags,
  cold_door_open,
  air_leak,
  bearing_wear,  // days
  clogged_filter,
  cell_drift,
  inverter_trip,  // once
  vent_stuck,
};

struct Fault {
  FaultKind kind;
  int target;  // which of the assets that can have it, from 0
  Moment from;
  Moment until;

  [[nodiscard]] bool active(Moment at) const { return from <= at && at < until; }
  // From 0 at its beginning to 1 at its end.
  [[nodiscard]] double progress(Moment at) const;
};

// For a person: what has happened, and where to look.
struct Story {
  std::string title;
  std::string text;
  std::vector<std::string> signals;  // full names; those that may leave their range, or fall silent
};
Story story_of(const Fault& fault);

class Faults {
 public:
  explicit Faults(const Noise& noise);

  // Those active at that moment.
  [[nodiscard]] std::vector<Fault> at(Moment at) const;
  // The next that begins after that moment, of each lane.
  [[nodiscard]] std::vector<Fault> next(Moment at) const;

 private:
  // The fault of a lane's slot, if it has one. Slots of a lane follow each other without overlap.
  [[nodiscard]] Fault in_hours(std::int64_t slot) const;
  [[nodiscard]] Fault in_days(std::int64_t slot) const;
  [[nodiscard]] std::optional<Fault> once(std::int64_t day) const;

  Noise hours_, days_, once_;
};

// The faults of one moment as the models ask for them.
class FaultsNow {
 public:
  FaultsNow() = default;
  FaultsNow(const std::vector<Fault>& active, Moment at);

  // Of that kind at that target: nothing, or its progress from 0 to 1.
  [[nodiscard]] std::optional<double> of(FaultKind kind, int target) const;
  // The same with 0 for nothing.
  [[nodiscard]] double part(FaultKind kind, int target) const { return of(kind, target).value_or(0); }

 private:
  struct One {
    FaultKind kind;
    int target;
    double progress;
  };
  std::vector<One> active_;
};

inline constexpr Seconds late_gateway_holds{300};

// All that a plant prints for `--stories`: active ones, and what comes next.
std::string tell_stories(const Faults& faults, Moment at);

}  // namespace artery::demo
