#include "query/aggregator.h"

#include <algorithm>
#include <utility>

namespace artery::query {

using history::Point;
using history::Summary;

Aggregator::Aggregator(const Intervals& intervals, Time now, IntervalSink sink)
    : intervals_(intervals), now_(now), sink_(std::move(sink)) {
  ready_.reserve(batch);
}

void Aggregator::before(const Summary& sample) {
  type_ = sample.type;
  if (!sample.ends_usable()) return;
  newest_ = sample.last;
  last_usable_ = sample.last;
}

Interval& Aggregator::open(std::uint64_t index) {
  if (open_ == index) return ready_.back();
  if (ready_.size() == batch) hand_out();
  open_ = index;
  Interval& interval = ready_.emplace_back();
  interval.from = intervals_.from(index);
  interval.to = intervals_.to(index);
  return interval;
}

void Aggregator::hand_out() {
  open_.reset();
  if (!ready_.empty()) sink_(ready_);
  ready_.clear();
}

void Aggregator::reach(Time until, const std::optional<Point>& next) {
  if (!newest_) return;
  Time at = std::max(newest_->time, intervals_.from(0));
  while (at < until) {
    Interval& interval = open(intervals_.index_of(at));
    const Time stop = std::min(until, interval.to);
    interval.weighted.add(history::between(type_, *newest_, next, at, stop));
    at = stop;
  }
}

void Aggregator::add(const Summary& samples) {
  if (samples.empty()) return;
  type_ = samples.type;
  reach(samples.first.time, samples.begins_usable() ? std::optional(samples.first) : std::nullopt);
  Interval& interval = open(intervals_.index_of(samples.first.time));
  interval.weighted.add(samples.weighted);
  interval.transitions += samples.transitions;
  if (samples.usable() > 0) {
    if (last_usable_ && !history::same_value(type_, *last_usable_, samples.first_usable)) ++interval.transitions;
    last_usable_ = samples.last_usable;
  }
  interval.samples.join(samples);
  newest_ = samples.ends_usable() ? std::optional(samples.last) : std::nullopt;
}

void Aggregator::finish(const Summary& after) {
  const Time end = intervals_.to(intervals_.count() - 1);
  if (after.empty()) {
    reach(std::min(end, now_), std::nullopt);
  } else {
    reach(end, after.begins_usable() ? std::optional(after.first) : std::nullopt);
  }
  hand_out();
}

}  // namespace artery::query
