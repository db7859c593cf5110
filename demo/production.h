// What a press line has to do and what it does: orders, tools, lots, stops. A closed function of the seed and the time,
// counted in minutes of planned work; everything changes on whole minutes. Immutable; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "demo/calendar.h"

namespace artery::demo {

enum class LineState { run, setup, idle, down };

struct Production {
  LineState state;
  int down_press;      // of the line; which one holds it up, where the state is down
  std::int64_t order;  // counts on through all weeks
  std::int64_t lot;    // counts on within its order
  int part;            // what is pressed, an index
  double tool_used;    // 0 to 1 of the tool's life
};

struct Part {
  const char* name;
  double strokes_per_min;
  double force;    // of the press' rating
  double mass_kg;  // of the blank
};
inline constexpr Part parts[] = {{"hinge bracket HB-204", 22, 0.48, 1.1},
                                 {"seat rail SR-118", 18, 0.61, 1.9},
                                 {"door beam DB-330", 15, 0.72, 2.6},
                                 {"battery tray BT-071", 12, 0.78, 4.3}};

class ProductionPlan {
 public:
  ProductionPlan(const Noise& noise, int line) : noise_(noise.of("production").of(static_cast<std::uint64_t>(line))) {}

  [[nodiscard]] Production at(Moment at, const WorkTime& work) const;

 private:
  // The minute of a week's planned work at which its order of that number begins.
  [[nodiscard]] int begin_of(std::int64_t week, int order) const;
  [[nodiscard]] LineState disturbed(Moment at, int& down_press) const;

  Noise noise_;
};

std::string show(LineState state);

}  // namespace artery::demo
