#include "query/aggregator.h"

#include <algorithm>
#include <utility>

namespace artery::query {

using history::Point;
using history::Summary;

namespace {

__extension__ using WideUnsigned = unsigned __int128;

// In proportion: how it went in between is not known. Parts side by side come to the whole, and none to more than its
// own length.
history::TimeWeighted part_of(const Summary& samples, Time from, Time to) {
  const std::uint64_t whole_ns = history::nanoseconds_between(samples.first.time, samples.last.time);
  const std::uint64_t from_ns = history::nanoseconds_between(samples.first.time, from);
  const std::uint64_t to_ns = history::nanoseconds_between(samples.first.time, to);
  const auto part = [&](std::uint64_t ns) {
    return static_cast<std::uint64_t>(WideUnsigned{ns} * to_ns / whole_ns - WideUnsigned{ns} * from_ns / whole_ns);
  };
  const double share = static_cast<double>(to_ns - from_ns) / static_cast<double>(whole_ns);
  const history::TimeWeighted& all = samples.weighted;
  return {.usable_ns = part(all.usable_ns),
          .nonzero_ns = part(all.nonzero_ns),
          .stepped = {all.stepped.high * share, all.stepped.low * share},
          .linear = {all.linear.high * share, all.linear.low * share}};
}

}  // namespace

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

void Aggregator::weigh(const Summary& samples) {
  Interval& interval = open(intervals_.index_of(samples.first.time));
  if (samples.last.time <= interval.to) return interval.weighted.add(samples.weighted);
  const Time end = std::min(samples.last.time, intervals_.to(intervals_.count() - 1));
  for (Time at = samples.first.time; at < end;) {
    const std::uint64_t index = intervals_.index_of(at);
    const Time stop = std::min(end, intervals_.to(index));
    const auto part = part_of(samples, at, stop);
    if (part.usable_ns > 0) open(index).weighted.add(part);
    at = stop;
  }
}

void Aggregator::add(const Summary& samples) {
  if (samples.empty()) return;
  type_ = samples.type;
  reach(samples.first.time, samples.begins_usable() ? std::optional(samples.first) : std::nullopt);
  Interval& interval = open(intervals_.index_of(samples.first.time));
  interval.transitions += samples.transitions;
  if (samples.usable() > 0) {
    if (last_usable_ && !history::same_value(type_, *last_usable_, samples.first_usable)) ++interval.transitions;
    last_usable_ = samples.last_usable;
  }
  interval.samples.join(samples);
  weigh(samples);
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
