// A signal's value at given times: what query/aggregate.h says of the value between samples, at single times.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/time.h"
#include "history/summary.h"
#include "model/sample.h"
#include "query/aggregate.h"

namespace artery::query {

inline constexpr std::uint64_t at_times_max = 100'000;
inline constexpr std::uint64_t at_text_bytes_max = 64ULL << 20;  // of all the values

// Of a value that no sample has: OPC UA's "interpolated" (Part 4, 7.39.1, historian bits).
inline constexpr Quality quality_interpolated{quality_good.value() | 0x402U};
inline constexpr Quality quality_interpolated_uncertain{quality_uncertain.value() | 0x402U};

struct AtTimeRequest {
  AssetId asset;
  SignalId signal;
  std::vector<Time> times;  // ascending, each once, at least one and at most at_times_max
  Line line = Line::stepped;
  history::Usable usable = history::Usable::not_bad;
  Time now;               // the newest value holds until then
  Time as_of = time_max;  // as history::Scan::as_of
  std::stop_token stop{};
};

// Where there is a sample of just this time, it is that, of whatever quality. Else the value is stepped or linear, and
// uncertain where a sample it comes from is, where it holds since a line has no other end, and behind the newest
// sample.
struct ValueAt {
  std::optional<Value> value;  // nothing where nothing is known
  Quality quality;
};

struct AtTime {
  std::vector<ValueAt> values;  // in the order of the times
  bool incomplete = false;
};

// Whether a sample says a value.
bool is_usable(const ValueView& value, Quality quality, history::Usable rule);

// The value at `time`. `before` is the newest sample that is not later, `after` the next one, where there are such. A
// line is not asked of texts.
ValueAt value_at(Time time, const std::optional<Sample>& before, const std::optional<Sample>& after,
                 const AtTimeRequest& request);

}  // namespace artery::query
