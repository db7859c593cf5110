#include "query/aggregate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/checked.h"

namespace artery::query {

using history::Point;
using history::Summary;

namespace {

using Value = AggregateValue;

Value seconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e9; }
Value whole(std::uint64_t number) { return static_cast<std::int64_t>(number); }

Value number(const Summary& samples, const Point& point) {
  if (samples.type == ValueType::f64) return std::bit_cast<double>(point.word);
  return std::bit_cast<std::int64_t>(point.word);
}

Value value(const Interval& interval, const Point& point, const std::optional<std::string>& text) {
  if (interval.samples.usable() == 0) return {};
  if (interval.samples.type != ValueType::text) return number(interval.samples, point);
  return text ? Value(std::string_view(*text)) : Value();
}

Value difference(const Summary& samples, const Point& from, const Point& to) {
  if (samples.type != ValueType::f64) {
    const auto fits = checked_sub(std::bit_cast<std::int64_t>(to.word), std::bit_cast<std::int64_t>(from.word));
    if (fits) return *fits;
  }
  return history::number_of(samples.type, to.word) - history::number_of(samples.type, from.word);
}

Value sum(const Summary& samples) {
  const auto fits = static_cast<std::int64_t>(samples.whole_sum);
  if (samples.type != ValueType::f64 && fits == samples.whole_sum) return fits;
  return samples.total();
}

// Squares are never below nought but for rounding.
Value variance(const Summary& samples, std::uint64_t freedom) {
  if (freedom == 0) return {};
  return std::max(samples.squares, 0.0) / static_cast<double>(freedom);
}

Value root(const Value& of) {
  const auto* square = std::get_if<double>(&of);
  return square == nullptr ? Value() : Value(std::sqrt(*square));
}

Value integral(const Interval& interval, Line line) {
  const auto& weighted = interval.weighted;
  if (weighted.usable_ns == 0) return {};
  return (line == Line::stepped ? weighted.stepped : weighted.linear).value();
}

Value time_average(const Interval& interval, Line line) {
  const Value area = integral(interval, line);
  const auto* known = std::get_if<double>(&area);
  return known == nullptr ? Value() : Value(*known / (static_cast<double>(interval.weighted.usable_ns) / 1e9));
}

// What there is of usable samples only.
template <Value (*of)(const Summary&)>
Value of_usable(const Interval& interval, Line) {
  return interval.samples.usable() == 0 ? Value() : of(interval.samples);
}

constexpr std::array table{
    Aggregate{"count", MadeOf::samples, [](const Interval& in, Line) { return whole(in.samples.usable()); }},
    Aggregate{"unusable", MadeOf::samples, [](const Interval& in, Line) { return whole(in.samples.unusable); }},
    Aggregate{"min", MadeOf::numbers, of_usable<[](const Summary& of) { return number(of, of.min); }>},
    Aggregate{"min_time", MadeOf::numbers, of_usable<[](const Summary& of) { return Value(of.min.time); }>},
    Aggregate{"max", MadeOf::numbers, of_usable<[](const Summary& of) { return number(of, of.max); }>},
    Aggregate{"max_time", MadeOf::numbers, of_usable<[](const Summary& of) { return Value(of.max.time); }>},
    Aggregate{"range", MadeOf::numbers, of_usable<[](const Summary& of) { return difference(of, of.min, of.max); }>},
    Aggregate{"first", MadeOf::values,
              [](const Interval& in, Line) { return value(in, in.samples.first_usable, in.first_text); }},
    Aggregate{"first_time", MadeOf::samples, of_usable<[](const Summary& of) { return Value(of.first_usable.time); }>},
    Aggregate{"last", MadeOf::values,
              [](const Interval& in, Line) { return value(in, in.samples.last_usable, in.last_text); }},
    Aggregate{"last_time", MadeOf::samples, of_usable<[](const Summary& of) { return Value(of.last_usable.time); }>},
    Aggregate{"delta", MadeOf::numbers,
              of_usable<[](const Summary& of) { return difference(of, of.first_usable, of.last_usable); }>},
    Aggregate{"sum", MadeOf::numbers, of_usable<[](const Summary& of) { return sum(of); }>},
    Aggregate{"mean", MadeOf::numbers, of_usable<[](const Summary& of) { return Value(of.mean()); }>},
    Aggregate{"stddev", MadeOf::numbers,
              of_usable<[](const Summary& of) { return root(variance(of, of.usable() - 1)); }>},
    Aggregate{"stddev_population", MadeOf::numbers,
              of_usable<[](const Summary& of) { return root(variance(of, of.usable())); }>},
    Aggregate{"variance", MadeOf::numbers, of_usable<[](const Summary& of) { return variance(of, of.usable() - 1); }>},
    Aggregate{"variance_population", MadeOf::numbers,
              of_usable<[](const Summary& of) { return variance(of, of.usable()); }>},
    Aggregate{"time_average", MadeOf::numbers, time_average},
    Aggregate{"integral", MadeOf::numbers, integral},
    Aggregate{"duration_good", MadeOf::samples,
              [](const Interval& in, Line) { return seconds(in.weighted.usable_ns); }},
    Aggregate{"percent_good", MadeOf::samples,
              [](const Interval& in, Line) {
                const auto all = static_cast<double>(history::nanoseconds_between(in.from, in.to));
                return Value(100 * (static_cast<double>(in.weighted.usable_ns) / all));
              }},
    Aggregate{"duration_nonzero", MadeOf::numbers,
              [](const Interval& in, Line) { return seconds(in.weighted.nonzero_ns); }},
    Aggregate{"duration_zero", MadeOf::numbers,
              [](const Interval& in, Line) { return seconds(in.weighted.usable_ns - in.weighted.nonzero_ns); }},
    Aggregate{"transitions", MadeOf::samples, [](const Interval& in, Line) { return whole(in.transitions); }},
    Aggregate{"worst_quality", MadeOf::samples,
              [](const Interval& in, Line) { return in.samples.empty() ? Value() : whole(in.samples.worst.value()); }},
};

}  // namespace

std::span<const Aggregate> all_aggregates() { return table; }

const Aggregate* aggregate_named(std::string_view name) {
  const auto* found = std::ranges::find(table, name, &Aggregate::name);
  return found == table.end() ? nullptr : found;
}

}  // namespace artery::query
