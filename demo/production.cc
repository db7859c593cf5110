#include "demo/production.h"

#include <algorithm>

#include "demo/places.h"

namespace artery::demo {
namespace {

using namespace std::chrono_literals;

constexpr int order_min = 240;
constexpr int orders_per_week = shifts_per_week * worked_min_per_shift / order_min + 1;
constexpr int lot_min = 55;
constexpr int orders_per_tool = 3;

}  // namespace

int ProductionPlan::begin_of(std::int64_t week, int order) const {
  if (order <= 0) return 0;  // a week begins with an order
  return order * order_min + noise_.of("begin").pick(90, week * orders_per_week + order) - 45;
}

LineState ProductionPlan::disturbed(Moment at, int& down_press) const {
  const auto minute = at.time_since_epoch() / 1min;
  const auto within = [minute](const Noise& noise, std::int64_t slot_min, double chance, int low, int high) {
    const std::int64_t slot = minute / slot_min;
    if (noise.uniform(slot) >= chance) return false;
    const int length = low + noise.of("length").pick(high - low + 1, slot);
    const auto from = slot * slot_min + noise.of("from").pick(static_cast<int>(slot_min) - length + 1, slot);
    return from <= minute && minute < from + length;
  };
  constexpr std::int64_t down_slot_min = 360;
  if (within(noise_.of("down"), down_slot_min, 0.33, 8, 38)) {
    down_press = noise_.of("which").pick(presses_per_line, minute / down_slot_min);
    return LineState::down;
  }
  if (within(noise_.of("stop"), 30, 0.35, 1, 5)) return LineState::idle;
  return LineState::run;
}

Production ProductionPlan::at(Moment at, const WorkTime& work) const {
  int order = std::min(work.worked_min / order_min, orders_per_week - 1);
  if (order + 1 < orders_per_week && begin_of(work.week, order + 1) <= work.worked_min) ++order;
  if (begin_of(work.week, order) > work.worked_min) --order;

  const std::int64_t number = work.week * orders_per_week + order;
  const int in_order = work.worked_min - begin_of(work.week, order);
  const int setup_min = 22 + noise_.of("setup").pick(20, number);
  const int tool = order / orders_per_tool;
  const int tool_from = begin_of(work.week, tool * orders_per_tool);
  const int tool_until = begin_of(work.week, (tool + 1) * orders_per_tool);

  Production now{.state = LineState::idle,
                 .down_press = 0,
                 .order = number,
                 .lot = std::max(0, in_order - setup_min) / lot_min + 1,
                 .part = noise_.of("part").pick(static_cast<int>(std::size(parts)), number),
                 .tool_used = std::clamp(double(work.worked_min - tool_from) / (tool_until - tool_from), 0.0, 1.0)};
  if (!work.planned) return now;
  now.state = in_order < setup_min ? LineState::setup : disturbed(at, now.down_press);
  return now;
}

std::string show(LineState state) {
  switch (state) {
    case LineState::run:
      return "run";
    case LineState::setup:
      return "setup";
    case LineState::idle:
      return "idle";
    case LineState::down:
      return "down";
  }
  return {};
}

}  // namespace artery::demo
