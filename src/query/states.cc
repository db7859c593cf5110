#include "query/states.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "query/at_time.h"
#include "query/query.h"

namespace artery::query {

void StateCounter::hand_out() {
  if (!open_) return;
  StatesInterval interval{intervals_.from(*open_), intervals_.to(*open_), {}};
  for (const auto& [value, held] : states_) interval.states.push_back({value, held.lasted_ns, held.entered});
  sink_(std::span(&interval, 1));
  open_.reset();
  states_.clear();
}

// The present state's part of the interval that has the time.
Result<StateCounter::Held*> StateCounter::held_at(Time time) {
  const std::uint64_t index = intervals_.index_of(time);
  if (open_ != index) hand_out();
  open_ = index;
  if (const auto found = states_.find(*state_); found != states_.end()) return &found->second;
  if (states_.size() == states_max) {
    return Error(QueryError::too_many_states,
                 fmt::format("the signal has more than {} different values in one interval: that is a measured value; "
                             "ask for its aggregates, or for shorter intervals",
                             states_max));
  }
  return &states_[*state_];
}

Result<void> StateCounter::last_until(Time time) {
  if (!state_) return {};
  for (Time at = std::max(since_, intervals_.from(0)); at < time;) {
    const Time stop = std::min(time, intervals_.to(intervals_.index_of(at)));
    const auto held = held_at(at);
    if (!held) return held.error();
    (*held)->lasted_ns += history::nanoseconds_between(at, stop);
    at = stop;
  }
  return {};
}

Result<void> StateCounter::begin(Time time, const ValueView& value, Quality quality) {
  const bool usable = is_usable(value, quality, usable_);
  if (usable && state_ && view_of(*state_) == value) return {};
  if (auto lasted = last_until(time); !lasted) return lasted;
  state_.reset();
  if (!usable) return {};
  state_ = value_of(value);
  since_ = time;
  const bool entered = previous_ != state_;
  previous_ = state_;
  if (!entered || time < intervals_.from(0)) return {};
  const auto held = held_at(time);
  if (!held) return held.error();
  ++(*held)->entered;
  return {};
}

Result<void> StateCounter::add(const history::Samples& samples) {
  for (std::size_t row = 0; row < samples.size(); ++row) {
    if (auto begun = begin(samples.times[row], samples.value(row), samples.qualities[row]); !begun) return begun;
  }
  return {};
}

Result<void> StateCounter::finish(const history::Samples& after) {
  const Time end = intervals_.to(intervals_.count() - 1);
  if (auto lasted = last_until(after.empty() ? std::min(end, now_) : end); !lasted) return lasted;
  hand_out();
  return {};
}

}  // namespace artery::query
