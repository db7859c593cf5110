// Aggregates written down from their definitions, sample by sample, in long doubles: what summaries, tiles and queries
// are held against in tests. Slow, and it shares no code with them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "history/summary.h"
#include "model/sample.h"

namespace artery::history::naive {

// In the order of time, each time once.
using Series = std::vector<Sample>;

inline bool is_text(const Sample& sample) { return std::holds_alternative<std::string>(sample.value); }

inline long double number(const Sample& sample) {
  if (const auto* real = std::get_if<double>(&sample.value)) return static_cast<long double>(*real);
  if (const auto* whole = std::get_if<std::int64_t>(&sample.value)) return static_cast<long double>(*whole);
  if (const auto* truth = std::get_if<bool>(&sample.value)) return *truth ? 1 : 0;
  return 0;
}

inline unsigned severity(const Sample& sample) { return sample.quality.value() / 0x40000000; }

inline bool usable(const Sample& sample, Usable rule) {
  const unsigned unusable_from = rule == Usable::any ? 4 : (rule == Usable::not_bad ? 2 : 1);
  if (severity(sample) >= unusable_from) return false;
  const auto* real = std::get_if<double>(&sample.value);
  return real == nullptr || !std::isnan(*real);
}

inline Series usable_of(const Series& run, Usable rule) {
  Series left;
  for (const Sample& sample : run) {
    if (usable(sample, rule)) left.push_back(sample);
  }
  return left;
}

inline Sample worst(const Series& run) { return *std::ranges::max_element(run, {}, severity); }

// The following are of usable samples only.

inline Sample least(const Series& run) { return *std::ranges::min_element(run, {}, number); }
inline Sample greatest(const Series& run) { return *std::ranges::max_element(run, {}, number); }

inline long double sum(const Series& run) {
  long double sum = 0;
  for (const Sample& sample : run) sum += number(sample);
  return sum;
}

// Of i64 and bool.
inline WideInteger whole_sum(const Series& run) {
  WideInteger sum = 0;
  for (const Sample& sample : run) sum += static_cast<std::int64_t>(number(sample));
  return sum;
}

inline long double absolute_sum(const Series& run) {
  long double sum = 0;
  for (const Sample& sample : run) sum += std::abs(number(sample));
  return sum;
}

// About the mean; from the first value on, so that large numbers that differ little lose nothing.
inline long double squares(const Series& run) {
  if (run.empty()) return 0;
  const long double base = number(run.front());
  long double mean = 0;
  for (const Sample& sample : run) mean += (number(sample) - base) / static_cast<long double>(run.size());
  long double squares = 0;
  for (const Sample& sample : run) squares += std::pow(number(sample) - base - mean, 2.0L);
  return squares;
}

inline std::uint64_t transitions(const Series& run) {
  std::uint64_t count = 0;
  for (std::size_t i = 1; i < run.size(); ++i) count += run[i].value != run[i - 1].value ? 1U : 0U;
  return count;
}

// Weighted by time over from <= t <= to, of samples of any quality; the last one's value holds on.
struct Weighted {
  std::uint64_t usable_ns = 0;
  std::uint64_t nonzero_ns = 0;
  long double stepped = 0;
  long double linear = 0;
  long double absolute = 0;  // of the greater one of a stretch's values: what rounding is measured by
};

inline Weighted weighted(const Series& run, Time from, Time to, Usable rule) {
  Weighted total;
  for (std::size_t i = 0; i < run.size(); ++i) {
    const Sample& sample = run[i];
    const bool is_last = i + 1 == run.size();
    const Time begin = std::max(sample.time, from);
    const Time end = is_last ? to : std::min(run[i + 1].time, to);
    if (!usable(sample, rule) || begin >= end) continue;
    const auto distance = static_cast<std::uint64_t>(end.value()) - static_cast<std::uint64_t>(begin.value());
    const long double seconds = static_cast<long double>(distance) / 1e9L;
    const bool straight = !is_last && usable(run[i + 1], rule);
    const auto at = [&](Time time) {
      if (!straight) return number(sample);
      const auto since = static_cast<long double>(time.value()) - static_cast<long double>(sample.time.value());
      const auto whole =
          static_cast<long double>(run[i + 1].time.value()) - static_cast<long double>(sample.time.value());
      return number(sample) + (number(run[i + 1]) - number(sample)) * (since / whole);
    };
    total.usable_ns += distance;
    if (!is_text(sample) && number(sample) != 0) total.nonzero_ns += distance;
    total.stepped += number(sample) * seconds;
    total.linear += (at(begin) + at(end)) / 2 * seconds;
    total.absolute += std::max(std::abs(number(sample)), std::abs(straight ? number(run[i + 1]) : 0)) * seconds;
  }
  return total;
}

}  // namespace artery::history::naive
