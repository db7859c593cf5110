#include "history/summary.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <string>

#include "history/naive_test.h"
#include "runtime/sim/rng.h"

namespace artery::history {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// How a random run is made.
struct Kind {
  ValueType type;
  double magnitude;  // of the values that they lie about
  double unusable;   // chances
  double uncertain;
  std::uint64_t gap;  // between samples, at most
};

Value random_value(sim::Rng& rng, const Kind& kind) {
  switch (kind.type) {
    case ValueType::f64:
      if (rng.chance(kind.unusable)) return nan;
      if (rng.chance(0.1)) return rng.chance(0.5) ? 0.0 : -0.0;
      return kind.magnitude + static_cast<double>(rng.below(2000)) / 100 - 10;
    case ValueType::i64:
      return static_cast<std::int64_t>(kind.magnitude) + static_cast<std::int64_t>(rng.below(7)) - 3;
    case ValueType::boolean:
      return rng.chance(0.5);
    case ValueType::text:
      break;
  }
  return std::string(rng.below(3), static_cast<char>('a' + rng.below(2)));
}

naive::Series random_run(sim::Rng& rng, const Kind& kind, std::size_t rows) {
  naive::Series run;
  auto time = static_cast<std::int64_t>(rng.below(1000)) - 500;
  while (run.size() < rows) {
    const std::uint32_t severity = rng.chance(kind.unusable)    ? 2 + static_cast<std::uint32_t>(rng.below(2))
                                   : rng.chance(kind.uncertain) ? 1
                                                                : 0;
    const Quality quality(severity << 30U | static_cast<std::uint32_t>(rng.below(4)) << 16U);
    run.push_back({Time(time), random_value(rng, kind), quality});
    time += 1 + static_cast<std::int64_t>(rng.below(kind.gap));
  }
  return run;
}

Samples columns_of(const naive::Series& run, ValueType type) {
  Samples samples;
  samples.type = type;
  for (const Sample& sample : run) {
    const ValueView value = view_of(sample.value);
    const auto* text = std::get_if<std::string_view>(&value);
    samples.push(sample.time, word_of(value), text == nullptr ? "" : *text, sample.quality, Time(0), 1);
  }
  return samples;
}

// Cut anywhere, joined in any order of the joints.
Summary cut_and_joined(sim::Rng& rng, const Samples& samples, std::size_t begin, std::size_t end, Usable rule) {
  Summary summary;
  if (end - begin < 2 || rng.chance(0.1)) {
    const std::size_t cut = begin + rng.below(end - begin + 1);
    summary.add(samples, begin, cut, rule);
    summary.add(samples, cut, end, rule);
    return summary;
  }
  const std::size_t cut = begin + rng.below(end - begin + 1);
  summary = cut_and_joined(rng, samples, begin, cut, rule);
  summary.join(cut_and_joined(rng, samples, cut, end, rule));
  return summary;
}

void expect_near(double is, long double should, long double size, const char* what) {
  EXPECT_LE(std::abs(static_cast<long double>(is) - should), 1e-12L * size)
      << what << ": " << is << " should be " << should;
}

void expect_point(ValueType type, const Point& point, const Sample& sample) {
  EXPECT_EQ(point.time, sample.time);
  EXPECT_EQ(point.quality, sample.quality);
  if (type != ValueType::text) {
    EXPECT_EQ(point.word, word_of(view_of(sample.value)));
  }
}

void expect_numbers(const Summary& summary, const naive::Series& usable) {
  expect_point(summary.type, summary.min, naive::least(usable));
  expect_point(summary.type, summary.max, naive::greatest(usable));
  const long double size = naive::absolute_sum(usable);
  if (summary.type == ValueType::f64) {
    expect_near(summary.total(), naive::sum(usable), size, "sum");
  } else {
    EXPECT_TRUE(summary.whole_sum == naive::whole_sum(usable));
  }
  // Of values that differ by little, rounding leaves something of their size.
  const long double squares = naive::squares(usable);
  const long double count = static_cast<long double>(usable.size());
  const long double mean_size = size / count;
  expect_near(summary.squares, squares, squares + 1e-18L * count * mean_size * mean_size, "squares");
}

void expect_naive(const Summary& summary, const naive::Series& run, Usable rule) {
  ASSERT_EQ(summary.count, run.size());
  if (run.empty()) return;
  const naive::Series usable = naive::usable_of(run, rule);
  EXPECT_EQ(summary.usable(), usable.size());
  EXPECT_EQ(summary.uncertain, std::ranges::count(usable, 1U, naive::severity));
  EXPECT_EQ(summary.worst, naive::worst(run).quality);
  expect_point(summary.type, summary.first, run.front());
  expect_point(summary.type, summary.last, run.back());
  EXPECT_EQ(summary.begins_usable(), naive::usable(run.front(), rule));
  EXPECT_EQ(summary.ends_usable(), naive::usable(run.back(), rule));
  const auto weighted = naive::weighted(run, run.front().time, run.back().time, rule);
  EXPECT_EQ(summary.weighted.usable_ns, weighted.usable_ns);
  EXPECT_EQ(summary.weighted.nonzero_ns, weighted.nonzero_ns);
  expect_near(summary.weighted.stepped.value(), weighted.stepped, weighted.absolute, "stepped");
  expect_near(summary.weighted.linear.value(), weighted.linear, weighted.absolute, "linear");
  EXPECT_EQ(summary.transitions, naive::transitions(usable));
  if (usable.empty()) return;
  expect_point(summary.type, summary.first_usable, usable.front());
  expect_point(summary.type, summary.last_usable, usable.back());
  if (summary.type != ValueType::text) expect_numbers(summary, usable);
}

TEST(Summary, is_the_naive_one_however_the_run_was_cut) {
  sim::Rng rng(1);
  constexpr std::uint64_t hour = 3'600'000'000'000;
  for (int round = 0; round < 400; ++round) {
    const auto type = static_cast<ValueType>(1 + round % 4);
    const double magnitude = rng.chance(0.3) ? 1e9 : rng.chance(0.2) ? 4e18 : 0;
    const Kind kind{type, type == ValueType::f64 && magnitude > 1e12 ? 1e12 : magnitude,
                    rng.chance(0.4)   ? 0
                    : rng.chance(0.3) ? 0.6
                                      : 0.02,
                    rng.chance(0.5) ? 0 : 0.1, rng.chance(0.5) ? hour : 3};
    const auto rule = rng.chance(0.3) ? Usable::good : (rng.chance(0.5) ? Usable::any : Usable::not_bad);
    const naive::Series run = random_run(rng, kind, rng.below(rng.chance(0.2) ? 4000 : 40));
    const Samples samples = columns_of(run, type);
    SCOPED_TRACE(round);
    expect_naive(cut_and_joined(rng, samples, 0, run.size(), rule), run, rule);
    Summary whole;
    whole.add(samples, 0, samples.size(), rule);
    expect_naive(whole, run, rule);
    if (HasFailure()) return;
  }
}

Summary summary_of(ValueType type, const std::vector<Value>& values) {
  naive::Series run;
  for (const Value& value : values) run.push_back({Time(static_cast<std::int64_t>(run.size())), value, quality_good});
  Summary summary;
  summary.add(columns_of(run, type), 0, run.size());
  return summary;
}

TEST(Summary, sums_whole_numbers_beyond_64_bits) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(summary_of(ValueType::i64, {most, most, most}).whole_sum, WideInteger{most} * 3);
  const Summary both = summary_of(ValueType::i64, {least, most, least});
  EXPECT_EQ(both.whole_sum, WideInteger{least} - 1);
  EXPECT_EQ(both.min.time, Time(0));
  EXPECT_EQ(both.max.time, Time(1));
  EXPECT_NEAR(both.squares / 0x1p126, 4 * (2.0 / 3), 1e-9);
}

TEST(Summary, loses_nothing_of_a_sum_that_cancels) {
  Summary summary;
  const Samples samples = columns_of(
      {{Time(0), 1e16, quality_good}, {Time(1), 1.0, quality_good}, {Time(2), -1e16, quality_good}}, ValueType::f64);
  for (std::size_t row = 0; row < samples.size(); ++row) summary.add(samples, row, row + 1);
  EXPECT_EQ(summary.total(), 1.0);
}

// A signal that stands still has no deviation, though the mean of its values is rounded.
TEST(Summary, of_equal_values_the_squares_are_nought) {
  sim::Rng rng(3);
  for (int round = 0; round < 200; ++round) {
    const double value = static_cast<double>(rng.below(1'000'000)) / 7;
    const Summary summary = summary_of(ValueType::f64, std::vector<Value>(1 + rng.below(1024), value));
    EXPECT_EQ(summary.squares, 0) << value << " times " << summary.count;
  }
}

TEST(Summary, follows_ieee_754_where_values_are_infinite) {
  EXPECT_EQ(summary_of(ValueType::f64, {1.0, infinity, 2.0}).total(), infinity);
  EXPECT_TRUE(std::isnan(summary_of(ValueType::f64, {infinity, -infinity}).total()));
  const Summary both = summary_of(ValueType::f64, {1.0, -infinity, infinity, -infinity});
  EXPECT_EQ(both.min.time, Time(1));
  EXPECT_EQ(both.max.time, Time(2));
  Summary joined = summary_of(ValueType::f64, {infinity});
  Samples later = columns_of({{Time(5), 1.0, quality_good}}, ValueType::f64);
  joined.add(later, 0, 1);
  EXPECT_EQ(joined.total(), infinity);
}

TEST(Summary, spans_all_of_time) {
  Summary summary;
  const Samples samples = columns_of(
      {{time_min, std::int64_t{2}, quality_good}, {time_max, std::int64_t{4}, quality_good}}, ValueType::i64);
  summary.add(samples, 0, 2);
  EXPECT_EQ(summary.weighted.usable_ns, std::numeric_limits<std::uint64_t>::max());
  EXPECT_DOUBLE_EQ(summary.weighted.linear.value(), 3 * 0x1p64 * 1e-9);
}

// FNV-1a's published values: tiles on disk hold them.
TEST(Summary, keeps_of_texts_a_hash_that_stays_the_same) {
  EXPECT_EQ(summary_of(ValueType::text, {std::string()}).first.word, 0xCBF29CE484222325U);
  EXPECT_EQ(summary_of(ValueType::text, {std::string("a")}).first.word, 0xAF63DC4C8601EC8CU);
  EXPECT_EQ(summary_of(ValueType::text, {std::string("foobar")}).last.word, 0x85944171F73967E8U);
}

// Every part of a gap, joined to the whole.
TEST(Summary, parts_of_a_gap_join_to_the_gap) {
  sim::Rng rng(2);
  for (int round = 0; round < 1000; ++round) {
    const naive::Series run{{Time(-50), static_cast<double>(rng.below(9)), quality_good},
                            {Time(50), rng.chance(0.2) ? nan : static_cast<double>(rng.below(9)), quality_good}};
    const auto a = static_cast<std::int64_t>(rng.below(101)) - 50;
    const auto b = static_cast<std::int64_t>(rng.below(101)) - 50;
    const Time from(std::min(a, b));
    const Time to(std::max(a, b));
    const Samples samples = columns_of(run, ValueType::f64);
    const auto point = [&](std::size_t row) { return Point{run[row].time, samples.words[row], run[row].quality}; };
    const auto next = naive::usable(run[1], Usable::not_bad) ? std::optional(point(1)) : std::nullopt;
    const TimeWeighted part = between(ValueType::f64, point(0), next, from, to);
    const auto should = naive::weighted(run, from, to, Usable::not_bad);
    EXPECT_EQ(part.usable_ns, should.usable_ns);
    EXPECT_EQ(part.nonzero_ns, should.nonzero_ns);
    expect_near(part.stepped.value(), should.stepped, should.absolute, "stepped");
    expect_near(part.linear.value(), should.linear, should.absolute, "linear");
  }
}

}  // namespace
}  // namespace artery::history
