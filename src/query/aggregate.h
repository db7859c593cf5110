// Aggregates per interval: which there are, and what an interval of a signal's history comes to.
//
// A sample is unusable where its quality is bad or it is not a number. The value of a signal between two samples is the
// earlier one's (stepped) or runs straight from one to the other (linear; before an unusable one it holds). It reaches
// into an interval from the last sample before it, and out of it to the next one behind it; the newest sample's value
// holds until now. Before the first sample, after an unusable one and after now nothing is known. Aggregates that are
// weighted by time are over what is known; the others are over the usable samples of from <= t < to.
//
// Of times whose samples are let go of tiles tell, which cannot be cut: of one that reaches over an interval's end what
// is weighted by time is shared out in proportion, all else counts where its first sample lies.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"
#include "history/summary.h"
#include "history/summary_scan.h"
#include "query/intervals.h"

namespace artery::query {

inline constexpr std::uint64_t aggregate_intervals_max = 100'000;

enum class Line : std::uint8_t { stepped, linear };
// How a signal goes unless it is told: f64 is linear, all else stepped.
constexpr Line usual_line(ValueType type) { return type == ValueType::f64 ? Line::linear : Line::stepped; }

// What an interval comes to. At least one sample is in it, or something is known of the signal's value there.
struct Interval {
  Time from;  // from <= t < to
  Time to;
  history::Summary samples;        // in it
  history::TimeWeighted weighted;  // over all of it that is known
  // Samples whose value differs from that of the usable one before, which may lie before the interval. Of the first
  // interval it is known only where it is the last sample before the range.
  std::uint64_t transitions = 0;
  // Of its first and its last usable sample, where they are texts, were asked for, and are not let go of.
  std::optional<std::string> first_text;
  std::optional<std::string> last_text;
};

// Nothing where there is none: the least of no samples, the standard deviation of one. Durations are in seconds,
// integrals in value times seconds. Whole numbers stay whole where they fit; a bool is 0 or 1. A text is valid as long
// as its interval.
using AggregateValue = std::variant<std::monostate, double, std::int64_t, Time, std::string_view>;

// What an aggregate is made of: numbers alone, values of any type, or what all samples have.
enum class MadeOf : std::uint8_t { numbers, values, samples };

struct Aggregate {
  std::string_view name;  // "time_average": as the API writes it
  MadeOf made_of;
  AggregateValue (*of)(const Interval& interval, Line line);
};
// All there are; they are there for good.
std::span<const Aggregate> all_aggregates();
const Aggregate* aggregate_named(std::string_view name);  // null where there is none

struct AggregateRequest : IntervalsRequest {
  // Which aggregates will be asked of the intervals: any of numbers, any of values.
  bool needs_numbers = true;
  bool shows_values = false;
};

// Takes intervals in the order of their time, some at a time. Those of which nothing is known are left out.
using IntervalSink = std::function<void(std::span<const Interval>)>;

struct Aggregated {
  bool incomplete = false;                        // damage has eaten something
  std::optional<history::ArchivedPart> archived;  // what was told by tiles alone: the samples are let go of
};

}  // namespace artery::query
