// How long a signal was in each of its states, interval by interval: of a machine that runs, idles or stands, say.
//
// A state is a value. It lasts from its sample to the next one of any value; the newest sample's lasts until now. Of an
// unusable sample (query/aggregate.h) no state is known until the next one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "history/samples.h"
#include "history/summary.h"
#include "model/sample.h"
#include "query/intervals.h"

namespace artery::query {

// In one interval; more are a measured value and no states.
inline constexpr std::size_t states_max = 1000;

struct State {
  Value value;
  std::uint64_t lasted_ns = 0;
  std::uint64_t entered = 0;  // how often it began: samples of it whose usable predecessor, if any, was another
};

// Of which something is known.
struct StatesInterval {
  Time from;  // from <= t < to
  Time to;
  std::vector<State> states;  // ascending, each once
};
using StatesSink = std::function<void(std::span<const StatesInterval>)>;

// Sans-I/O; used by one task at a time.
class StateCounter {
 public:
  // `sink` gets the intervals as they are complete.
  StateCounter(const Intervals& intervals, history::Usable usable, Time now, StatesSink sink)
      : intervals_(intervals), usable_(usable), now_(now), sink_(std::move(sink)) {}

  // In their order; the first may be the last one before the range. Errors: QueryError::too_many_states.
  Result<void> add(const history::Samples& samples);
  // Once, last: the first sample behind the range, or none.
  Result<void> finish(const history::Samples& after);

 private:
  struct Held {
    std::uint64_t lasted_ns = 0;
    std::uint64_t entered = 0;
  };
  Result<void> begin(Time time, const ValueView& value, Quality quality);
  Result<void> last_until(Time time);
  Result<Held*> held_at(Time time);
  void hand_out();

  const Intervals intervals_;
  const history::Usable usable_;
  const Time now_;
  const StatesSink sink_;
  std::optional<Value> state_;     // since `since_`
  std::optional<Value> previous_;  // of the usable sample before
  Time since_;
  std::optional<std::uint64_t> open_;  // the interval that `states_` are of
  std::map<Value, Held> states_;
};

}  // namespace artery::query
