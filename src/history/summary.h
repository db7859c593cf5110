// What a run of consecutive samples comes to: everything that aggregates are made of. Runs that follow each other are
// joined without looking at their samples again, so an interval is answered from vectors, tiles or both alike.
//
// The samples are one signal's, of one type, in the order of their time, newest revisions only. A sample is unusable
// where its quality is bad or it is not a number (or as Usable says). Parts that are weighted by time cover the stretch
// from the first sample to the last: between two of them a signal holds the earlier one's value (stepped) or goes
// straight from value to value (linear; before an unusable one it holds). After an unusable one nothing is known until
// the next.
//
// Sums follow IEEE 754 where values are infinite or too large. Counts, points and durations are exact, and so are the
// sums of i64 and bool; of doubles they are within 1e-12 of the sum of the absolute terms, however a run was cut.
//
// Plain values; their fields lend themselves to columns on a disk. Thread-safe as such.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "history/samples.h"
#include "model/sample.h"

namespace artery::history {

__extension__ using WideInteger = __int128;

// A sample as a summary keeps it. Of a text `word` is a hash of 64 bits that stays the same for good.
struct Point {
  Time time;
  std::uint64_t word = 0;
  Quality quality;
  friend bool operator==(const Point&, const Point&) = default;
};

// What a word is as a number; of a text 0.
double number_of(ValueType type, std::uint64_t word);

// Whether two usable samples have one value: 0 equals -0.
bool same_value(ValueType type, const Point& a, const Point& b);

// From one time to a later one, in nanoseconds; never overflows.
constexpr std::uint64_t nanoseconds_between(Time from, Time to) {
  return static_cast<std::uint64_t>(to.value()) - static_cast<std::uint64_t>(from.value());
}

// A sum with what rounding took from it (Neumaier 1974).
struct Compensated {
  double high = 0;
  double low = 0;
  void add(double term);
  void add(const Compensated& other);
  [[nodiscard]] double value() const;
};

// What a signal was over a stretch of time. Integrals are in value times seconds; of texts they are 0.
struct TimeWeighted {
  std::uint64_t usable_ns = 0;
  std::uint64_t nonzero_ns = 0;  // stepped
  Compensated stepped;
  Compensated linear;
  void add(const TimeWeighted& other);
};

// The part from `from` to `to` of how a signal goes on from the usable sample `before` up to the next one. `next` is
// that one where it is usable, else nothing. before.time <= from <= to, and to <= next->time.
TimeWeighted between(ValueType type, const Point& before, const std::optional<Point>& next, Time from, Time to);

// Which samples are usable: those of good quality, those of any but bad, or all; numbers only in any case.
enum class Usable : std::uint8_t { good, not_bad, any };

// `points`: counts, the first and the last, the least and the greatest: what a plot needs. Sums, transitions and what
// is weighted by time mean nothing then.
enum class SummaryParts : std::uint8_t { points, all };

struct Summary {
  ValueType type = ValueType::f64;
  std::uint64_t count = 0;  // of all samples
  std::uint64_t unusable = 0;
  std::uint64_t uncertain = 0;  // of the usable ones
  Quality worst;                // the earliest of the greatest severity; from here on only where count > 0
  Point first;
  Point last;
  Point first_usable;  // from here on only where usable() > 0
  Point last_usable;
  Point min;  // the earliest of equals; not of texts
  Point max;
  Compensated sum;                // f64
  WideInteger whole_sum = 0;      // i64, bool
  double squares = 0;             // sum of the squares about the mean; not of texts
  std::uint64_t transitions = 0;  // usable samples whose value is not that of the usable one before
  TimeWeighted weighted;          // from `first` to `last`

  [[nodiscard]] bool empty() const { return count == 0; }
  [[nodiscard]] std::uint64_t usable() const { return count - unusable; }
  [[nodiscard]] bool ends_usable() const { return usable() > 0 && last_usable.time == last.time; }
  [[nodiscard]] bool begins_usable() const { return usable() > 0 && first_usable.time == first.time; }
  // Of the usable ones; usable() > 0, not of texts.
  [[nodiscard]] double total() const;
  [[nodiscard]] double mean() const;

  // The rows from `begin` on and below `end`. They are later than all it holds and of its type, if it holds any.
  void add(const Samples& samples, std::size_t begin, std::size_t end, Usable rule = Usable::not_bad,
           SummaryParts parts = SummaryParts::all);
  // All samples of `later` are later than all of this and of its type; made with the same choice of usable ones.
  void join(const Summary& later);
};

}  // namespace artery::history
