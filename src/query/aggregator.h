// Puts summaries into intervals, and gives each interval what reaches into it from its neighbours. Sans-I/O; used by
// one task at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "query/aggregate.h"
#include "query/intervals.h"

namespace artery::query {

class Aggregator {
 public:
  // `sink` gets the intervals as they are complete, at most `batch` at a time.
  Aggregator(const Intervals& intervals, Time now, IntervalSink sink);

  // Once, first, where there is one: the last sample before the range.
  void before(const history::Summary& sample);
  // Samples of one interval, later than all before; an archived tile may reach over its end. All summaries of one
  // aggregator are of one type.
  void add(const history::Summary& samples);
  // Once, last: the first sample behind the range; empty where there is none.
  void finish(const history::Summary& after);

 private:
  static constexpr std::size_t batch = 256;

  // The newest sample so far holds, or runs to `next`, up to `until`.
  void reach(Time until, const std::optional<history::Point>& next);
  // What is weighted by time is shared out among the intervals that the samples reach over.
  void weigh(const history::Summary& samples);
  Interval& open(std::uint64_t index);
  void hand_out();

  const Intervals intervals_;
  const Time now_;
  const IntervalSink sink_;
  ValueType type_ = ValueType::f64;
  std::optional<history::Point> newest_;       // where that is usable
  std::optional<history::Point> last_usable_;  // of all so far
  std::vector<Interval> ready_;                // the last one may still grow, while open_ says which it is
  std::optional<std::uint64_t> open_;
};

}  // namespace artery::query
