#include "query/intervals.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"

namespace artery::query {

Intervals::Intervals(Time from, Time to, std::optional<Duration> step, Time origin)
    : from_(from),
      to_(to),
      origin_(step ? origin.value() : from.value()),
      step_(step ? Wide{step->count()} : Wide{to.value()} - from.value()),
      first_cell_(0),
      count_(0) {
  ARTERY_ASSERT(from < to && step_ > 0);
  first_cell_ = cell_of(from);
  const Wide cells = cell_of(Time(to.value() - 1)) - first_cell_ + 1;
  count_ = static_cast<std::uint64_t>(std::min(cells, Wide{std::numeric_limits<std::uint64_t>::max()}));
}

Intervals::Wide Intervals::cell_of(Time time) const {
  const Wide offset = Wide{time.value()} - origin_;
  return offset / step_ - (offset % step_ < 0 ? 1 : 0);
}

std::uint64_t Intervals::index_of(Time time) const {
  ARTERY_ASSERT(from_ <= time && time < to_);
  return static_cast<std::uint64_t>(cell_of(time) - first_cell_);
}

Time Intervals::from(std::uint64_t index) const {
  return Time(static_cast<std::int64_t>(std::max(edge(index), Wide{from_.value()})));
}

Time Intervals::to(std::uint64_t index) const {
  return Time(static_cast<std::int64_t>(std::min(edge(index) + step_, Wide{to_.value()})));
}

}  // namespace artery::query
