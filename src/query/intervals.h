// A range of time cut into intervals: at origin + k * step for whole k. The first and the last one are cut short where
// the range does not begin and end at such a time. Interval i covers from(i) <= t < to(i). Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "base/time.h"
#include "history/summary.h"
#include "model/ids.h"

namespace artery::query {

// What is asked about, interval by interval.
struct IntervalsRequest {
  AssetId asset;
  SignalId signal;
  Time from;  // from <= t < to
  Time to;
  std::optional<Duration> step;  // nothing: one interval
  Time origin = Time(0);         // intervals begin at origin + k * step; the first and last may be cut short
  history::Usable usable = history::Usable::not_bad;
  Time now;               // the newest value holds until then
  Time as_of = time_max;  // as history::Scan::as_of
  std::stop_token stop{};
};

class Intervals {
 public:
  // from < to, step > 0; without a step the range is one interval.
  Intervals(Time from, Time to, std::optional<Duration> step, Time origin);
  explicit Intervals(const IntervalsRequest& request)
      : Intervals(request.from, request.to, request.step, request.origin) {}

  [[nodiscard]] std::uint64_t count() const { return count_; }  // the greatest number there is, where there are more
  // Of a time within the range.
  [[nodiscard]] std::uint64_t index_of(Time time) const;
  [[nodiscard]] Time from(std::uint64_t index) const;
  [[nodiscard]] Time to(std::uint64_t index) const;

 private:
  __extension__ using Wide = __int128;  // no edge overflows

  [[nodiscard]] Wide cell_of(Time time) const;
  [[nodiscard]] Wide edge(std::uint64_t index) const { return origin_ + (first_cell_ + Wide{index}) * step_; }

  Time from_;
  Time to_;
  Wide origin_;
  Wide step_;
  Wide first_cell_;
  std::uint64_t count_;
};

}  // namespace artery::query
