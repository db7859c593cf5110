// Aggregates and values at times against a second implementation, over a history with gaps, lateness and corrections.
#include "query/aggregate.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "history/naive_test.h"
#include "query/asked_test.h"
#include "query/intervals.h"
#include "runtime/sim/rng.h"

namespace artery::query {
namespace {

namespace naive = history::naive;
using history::Usable;
using history::testing::SentBatch;
using naive::Series;

// Of a naive aggregate also how large the terms are that it was added up from.
struct Expected {
  AggregateValue value;
  long double exact = 0;
  long double size = 0;
};

class NaiveInterval {
 public:
  NaiveInterval(const Series& all, Time range_from, Time from, Time to, const AggregateRequest& request)
      : from_(from), to_(to) {
    Series in;
    Series known;  // for transitions: from the last sample before the range on
    for (const Sample& sample : all) {
      if (sample.time < range_from) known.clear();
      if (sample.time < to) known.push_back(sample);
      if (sample.time >= from && sample.time < to) in.push_back(sample);
    }
    samples_ = in;
    usable_ = naive::usable_of(in, request.usable);
    const Series before_and_in = naive::usable_of(known, request.usable);
    for (std::size_t i = 1; i < before_and_in.size(); ++i) {
      if (before_and_in[i].time >= from && before_and_in[i].value != before_and_in[i - 1].value) ++transitions_;
    }
    if (all.empty()) return;
    const Time holds_until = std::max(request.now, all.back().time);
    weighted_ = naive::weighted(all, from, std::min(to, holds_until), request.usable);
  }

  [[nodiscard]] bool is_known() const { return !samples_.empty() || weighted_.usable_ns > 0; }

  [[nodiscard]] Expected value(std::string_view name, Line line) const {
    if (name == "count") return whole(usable_.size());
    if (name == "unusable") return whole(samples_.size() - usable_.size());
    if (name == "transitions") return whole(transitions_);
    if (name == "worst_quality") return samples_.empty() ? Expected{} : whole(naive::worst(samples_).quality.value());
    if (name == "duration_good") return real(seconds(weighted_.usable_ns), 0);
    if (name == "duration_nonzero") return real(seconds(weighted_.nonzero_ns), 0);
    if (name == "duration_zero") return real(seconds(weighted_.usable_ns - weighted_.nonzero_ns), 0);
    const long double length =
        seconds(static_cast<std::uint64_t>(to_.value()) - static_cast<std::uint64_t>(from_.value()));
    if (name == "percent_good") return real(seconds(weighted_.usable_ns) / length * 100, 100);
    const long double area = line == Line::stepped ? weighted_.stepped : weighted_.linear;
    const long double known = seconds(weighted_.usable_ns);
    if (name == "integral") return known > 0 ? real(area, weighted_.absolute) : Expected{};
    if (name == "time_average") return known > 0 ? real(area / known, weighted_.absolute / known) : Expected{};
    return usable_.empty() ? Expected{} : of_usable(name);
  }

 private:
  static Expected whole(std::uint64_t number) { return {static_cast<std::int64_t>(number)}; }
  static Expected real(long double number, long double size) { return {0.0, number, size}; }
  static long double seconds(std::uint64_t ns) { return static_cast<long double>(ns) / 1e9L; }
  [[nodiscard]] bool are_whole() const { return !std::holds_alternative<double>(usable_.front().value); }
  [[nodiscard]] Expected as_stored(long double number) const {
    if (are_whole()) return {static_cast<std::int64_t>(number)};
    return real(number, 0);
  }

  [[nodiscard]] static Expected as_text(const Sample& sample) {
    return {std::string_view(std::get<std::string>(sample.value))};
  }
  [[nodiscard]] Expected of_usable(std::string_view name) const {
    if (naive::is_text(usable_.front()) && name == "first") return as_text(usable_.front());
    if (naive::is_text(usable_.front()) && name == "last") return as_text(usable_.back());
    const Sample least = naive::least(usable_);
    const Sample greatest = naive::greatest(usable_);
    const auto count = static_cast<long double>(usable_.size());
    const long double sum = naive::sum(usable_);
    const long double size = naive::absolute_sum(usable_);
    const long double squares = naive::squares(usable_);
    if (name == "min") return as_stored(naive::number(least));
    if (name == "max") return as_stored(naive::number(greatest));
    if (name == "min_time") return {least.time};
    if (name == "max_time") return {greatest.time};
    if (name == "range") return as_stored(naive::number(greatest) - naive::number(least));
    if (name == "first") return as_stored(naive::number(usable_.front()));
    if (name == "last") return as_stored(naive::number(usable_.back()));
    if (name == "first_time") return {usable_.front().time};
    if (name == "last_time") return {usable_.back().time};
    if (name == "delta") return as_stored(naive::number(usable_.back()) - naive::number(usable_.front()));
    if (name == "sum") return are_whole() ? as_stored(sum) : real(sum, size);
    if (name == "mean") return real(sum / count, size / count);
    const bool is_population = name.ends_with("_population");
    if (!is_population && usable_.size() < 2) return {};
    const long double variance = squares / (is_population ? count : count - 1);
    if (name.starts_with("variance")) return real(variance, variance);
    EXPECT_TRUE(name.starts_with("stddev")) << name;
    return real(std::sqrt(variance), std::sqrt(variance));
  }

  const Time from_;
  const Time to_;
  Series samples_;
  Series usable_;
  std::uint64_t transitions_ = 0;
  naive::Weighted weighted_;
};

void expect_same(const AggregateValue& is, const Expected& should, std::string_view name) {
  ASSERT_EQ(is.index(), should.value.index()) << name;
  if (const auto* real = std::get_if<double>(&is)) {
    const long double rounding = 1e-15L * std::abs(should.exact);
    EXPECT_LE(std::abs(static_cast<long double>(*real) - should.exact), 1e-12L * should.size + rounding)
        << name << " " << should.exact;
  } else {
    EXPECT_EQ(is, should.value) << name;
  }
}

class Aggregates : public testing::Asked {
 public:
  static constexpr std::int64_t last_time = 100'000;

  // Samples of random times, in the order of their arrival, many late and many twice.
  void fill(sim::Rng& rng) {
    for (int part = 0; part < 4; ++part) {
      SentBatch batch;
      for (int i = 0; i < 700; ++i) {
        const SignalId signal(static_cast<std::uint32_t>(1 + rng.below(5)));
        // A few times of plenty of samples and long gaps between.
        const auto time =
            static_cast<std::int64_t>(rng.below(8) * (last_time / 8) + rng.below(rng.chance(0.2) ? 10'000 : 300));
        batch.push_back({AssetId(1), signal, Time(time), history::testing::value_for(signal, rng.below(6)),
                         Quality(static_cast<std::uint32_t>(rng.chance(0.8) ? 0 : rng.below(4)) << 30U)});
      }
      batch.push_back({AssetId(1), SignalId(1), Time(50 + part), std::nan(""), quality_good});
      append(batch);
      history::testing::apply(model_, batch);
      if (part < 2) {
        EXPECT_TRUE(node_.checkpoint());
      }
    }
  }
  Series run_of(SignalId signal) {
    Series run;
    for (const auto& [time, revisions] : model_[signal])
      run.push_back({time, revisions.back().value, revisions.back().quality});
    return run;
  }
  Result<std::vector<Interval>> intervals(const AggregateRequest& request) {
    std::vector<Interval> all;
    const auto take = [&](std::span<const Interval> some) { all.insert(all.end(), some.begin(), some.end()); };
    const auto done = ask<Aggregated>(&Queries::aggregate, request, IntervalSink(take));
    if (!done) return done.error();
    EXPECT_FALSE(done->incomplete);
    return all;
  }
  static AggregateRequest request_of(SignalId signal, std::int64_t from, std::int64_t to) {
    AggregateRequest request;
    request.asset = AssetId(1);
    request.signal = signal;
    request.from = Time(from);
    request.to = Time(to);
    request.now = Time(to);
    request.needs_numbers = false;
    request.shows_values = true;
    return request;
  }

 protected:
  history::testing::Model model_;
};

void expect_naive(const std::vector<Interval>& intervals, const Series& all, const AggregateRequest& request) {
  const bool is_text = !all.empty() && naive::is_text(all.front());
  std::size_t next = 0;
  // Edge by edge, as the request describes them.
  std::int64_t begin = request.from.value();
  while (begin < request.to.value()) {
    std::int64_t end = request.to.value();
    if (request.step) {
      const std::int64_t step = request.step->count();
      const std::int64_t offset = ((begin - request.origin.value()) % step + step) % step;
      end = std::min(end, begin - offset + step);
    }
    const NaiveInterval should(all, request.from, Time(begin), Time(end), request);
    if (should.is_known()) {
      ASSERT_LT(next, intervals.size());
      const Interval& is = intervals[next++];
      EXPECT_EQ(is.from, Time(begin));
      EXPECT_EQ(is.to, Time(end));
      for (const Aggregate& aggregate : all_aggregates()) {
        if (is_text && aggregate.made_of == MadeOf::numbers) continue;
        for (const Line line : {Line::stepped, Line::linear}) {
          expect_same(aggregate.of(is, line), should.value(aggregate.name, line), aggregate.name);
        }
      }
    }
    begin = end;
  }
  EXPECT_EQ(next, intervals.size());
}

// Instant by instant where anything changes: what is known there, and whether it began there.
std::vector<std::string> naive_states(const Series& all, const IntervalsRequest& request) {
  std::vector<std::string> lines;
  const auto line_of = [](Time from, const std::map<Value, std::pair<std::int64_t, int>>& states) {
    std::string line = fmt::format("{}:", from.value());
    for (const auto& [value, held] : states) {
      const std::string text = std::visit([](const auto& shown) { return fmt::format("{}", shown); }, value);
      line += fmt::format(" {} for {} entered {},", text, held.first, held.second);
    }
    return line;
  };
  for (std::int64_t begin = request.from.value(); begin < request.to.value();) {
    const std::int64_t step = request.step->count();
    const std::int64_t end =
        std::min(request.to.value(), begin - ((begin - request.origin.value()) % step + step) % step + step);
    std::map<Value, std::pair<std::int64_t, int>> states;
    std::optional<Value> previous;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!naive::usable(all[i], request.usable)) continue;
      // What was before the last sample before the range is not looked at.
      const bool is_looked_at = i + 1 == all.size() || all[i + 1].time >= request.from;
      if (!is_looked_at) continue;
      const std::int64_t until = i + 1 < all.size() ? all[i + 1].time.value() : request.now.value();
      const std::int64_t lasts = std::min(end, until) - std::max(begin, all[i].time.value());
      if (lasts > 0) states[all[i].value].first += lasts;
      const bool begins = all[i].time.value() >= begin && all[i].time.value() < end;
      if (begins && previous != all[i].value) ++states[all[i].value].second;
      previous = all[i].value;
    }
    if (!states.empty()) lines.push_back(line_of(Time(begin), states));
    begin = end;
  }
  return lines;
}

TEST_F(Aggregates, states_last_and_begin_as_the_samples_say) {
  sim::Rng rng(3);
  fill(rng);
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(round);
    IntervalsRequest request;
    request.asset = AssetId(1);
    request.signal = SignalId(static_cast<std::uint32_t>(1 + rng.below(6)));
    request.from = Time(static_cast<std::int64_t>(rng.below(last_time)) - 1000);
    request.to = Time(request.from.value() + 1 + static_cast<std::int64_t>(rng.below(2000)));
    request.step = Duration(1 + static_cast<std::int64_t>(rng.below(500)));
    request.origin = Time(static_cast<std::int64_t>(rng.below(1000)));
    request.now = Time(static_cast<std::int64_t>(rng.below(2 * last_time)));
    if (rng.chance(0.3)) request.usable = Usable::good;
    std::vector<std::string> is;
    const StatesSink take = [&](std::span<const StatesInterval> intervals) {
      for (const StatesInterval& interval : intervals) {
        std::string line = fmt::format("{}:", interval.from.value());
        for (const State& state : interval.states) {
          const std::string text = std::visit([](const auto& shown) { return fmt::format("{}", shown); }, state.value);
          line += fmt::format(" {} for {} entered {},", text, state.lasted_ns, state.entered);
        }
        is.push_back(line);
      }
    };
    const auto done = ask<Aggregated>(&Queries::states, request, take);
    ASSERT_TRUE(done);
    ASSERT_EQ(is, naive_states(run_of(request.signal), request));
  }
}

TEST_F(Aggregates, a_measured_value_has_no_states) {
  SentBatch batch;
  for (std::int64_t i = 0; i < 1001; ++i)
    batch.push_back({AssetId(1), SignalId(1), Time(i), static_cast<double>(i), quality_good});
  append(batch);
  IntervalsRequest request;
  request.asset = AssetId(1);
  request.signal = SignalId(1);
  request.to = Time(1001);
  request.now = Time(1001);
  const auto all = ask<Aggregated>(&Queries::states, request, StatesSink([](auto) {}));
  ASSERT_FALSE(all);
  EXPECT_TRUE(all.error().is(QueryError::too_many_states));
  request.to = Time(1000);
  EXPECT_TRUE(ask<Aggregated>(&Queries::states, request, StatesSink([](auto) {})));
}

TEST_F(Aggregates, are_the_naive_ones_over_any_range_and_step) {
  sim::Rng rng(1);
  fill(rng);
  for (int round = 0; round < 150; ++round) {
    const SignalId signal(static_cast<std::uint32_t>(1 + rng.below(6)));  // one of them has no samples
    const auto from = static_cast<std::int64_t>(rng.below(last_time)) - 1000;
    const auto to = from + 1 + static_cast<std::int64_t>(rng.below(rng.chance(0.5) ? 2000 : 2 * last_time));
    AggregateRequest request = request_of(signal, from, to);
    if (rng.chance(0.9)) request.step = Duration(1 + (to - from) / static_cast<std::int64_t>(1 + rng.below(400)));
    request.origin = Time(static_cast<std::int64_t>(rng.below(1'000'000)) - 500'000);
    request.now = Time(static_cast<std::int64_t>(rng.below(2 * last_time)));
    if (rng.chance(0.3)) request.usable = Usable::good;
    SCOPED_TRACE(round);
    const auto is = intervals(request);
    ASSERT_TRUE(is);
    expect_naive(*is, run_of(signal), request);
    if (HasFailure()) return;
  }
}

ValueAt naive_at(Time time, const Series& all, const AtTimeRequest& request) {
  const auto after = std::ranges::find_if(all, [&](const Sample& sample) { return sample.time > time; });
  if (after == all.begin()) return {};
  const Sample& before = *(after - 1);
  if (before.time == time) return {before.value, before.quality};
  const bool is_newest = after == all.end();
  if (!naive::usable(before, request.usable) || (is_newest && time > request.now)) return {};
  const bool is_line = request.line == Line::linear;
  const bool straight = is_line && !is_newest && naive::usable(*after, request.usable);
  const bool doubtful =
      naive::severity(before) == 1 || is_newest || (is_line && !straight) || (straight && naive::severity(*after) == 1);
  ValueAt at{before.value, doubtful ? quality_interpolated_uncertain : quality_interpolated};
  if (straight) {
    const auto part = static_cast<double>(time.value() - before.time.value()) /
                      static_cast<double>(after->time.value() - before.time.value());
    const auto from = static_cast<double>(naive::number(before));
    at.value = from + (static_cast<double>(naive::number(*after)) - from) * part;
  }
  return at;
}

TEST_F(Aggregates, values_at_times_are_the_naive_ones) {
  sim::Rng rng(2);
  fill(rng);
  for (int round = 0; round < 100; ++round) {
    const SignalId signal(static_cast<std::uint32_t>(1 + rng.below(6)));
    AtTimeRequest request;
    request.asset = AssetId(1);
    request.signal = signal;
    std::set<Time> times;
    const std::uint64_t range = rng.chance(0.5) ? 3000 : 2 * last_time;
    for (std::uint64_t i = rng.below(200); i + 1 > 0 && i < 200; ++i)
      times.insert(Time(static_cast<std::int64_t>(rng.below(range)) - 100));
    request.times.assign(times.begin(), times.end());
    if (request.times.empty()) continue;
    const Series all = run_of(signal);
    const bool is_text = signal == SignalId(4);
    request.line = rng.chance(0.5) && !is_text ? Line::linear : Line::stepped;
    request.usable = rng.chance(0.3) ? Usable::good : Usable::not_bad;
    request.now = Time(static_cast<std::int64_t>(rng.below(2 * last_time)));
    const auto is = ask<AtTime>(&Queries::at_time, request);
    ASSERT_TRUE(is);
    ASSERT_EQ(is->values.size(), request.times.size());
    for (std::size_t i = 0; i < request.times.size(); ++i) {
      const ValueAt should = naive_at(request.times[i], all, request);
      EXPECT_EQ(is->values[i].quality, should.quality);
      ASSERT_EQ(is->values[i].value.has_value(), should.value.has_value());
      if (!should.value) continue;
      const auto* real = std::get_if<double>(&*should.value);
      if (real == nullptr || std::isnan(*real)) {
        EXPECT_TRUE(bit_equal(view_of(*is->values[i].value), view_of(*should.value)));
      } else {
        EXPECT_NEAR(std::get<double>(*is->values[i].value), *real, 1e-12);
      }
    }
    if (HasFailure()) return;
  }
}

// One vector after another is read where times are close; far ones are looked up.
TEST_F(Aggregates, values_at_times_far_apart_in_a_long_history_are_found) {
  for (std::int64_t part = 0; part < 10; ++part) {
    SentBatch batch;
    for (std::int64_t time = part * 3000; time < (part + 1) * 3000; ++time) {
      batch.push_back({AssetId(1), SignalId(1), Time(time * 10), static_cast<double>(time), quality_good});
    }
    append(batch);
  }
  AtTimeRequest request;
  request.asset = AssetId(1);
  request.signal = SignalId(1);
  request.line = Line::linear;
  request.now = Time(400'000);
  for (const std::int64_t time : {-5, 3, 12'345, 200'001, 299'989, 299'995, 400'000, 400'001}) {
    request.times.emplace_back(time);
  }
  const auto is = ask<AtTime>(&Queries::at_time, request);
  ASSERT_TRUE(is);
  EXPECT_FALSE(is->values[0].value);
  const double tenths[] = {0.3, 1234.5, 20'000.1, 29'998.9, 29'999, 29'999};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(std::get<double>(*is->values[i + 1].value), tenths[i], 1e-9) << i;
  EXPECT_EQ(is->values[4].quality, quality_interpolated);
  EXPECT_EQ(is->values[5].quality, quality_interpolated_uncertain);
  EXPECT_FALSE(is->values[7].value);
}

TEST_F(Aggregates, one_sample_reaches_over_more_intervals_than_are_handed_out_at_once) {
  append({{AssetId(1), SignalId(1), Time(0), 2.0, quality_good}});
  AggregateRequest request = request_of(SignalId(1), 0, 1000);
  request.step = Duration(1);
  const auto is = intervals(request);
  ASSERT_EQ(is->size(), 1000U);
  for (std::size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ((*is)[i].from, Time(static_cast<std::int64_t>(i)));
    EXPECT_EQ(std::get<double>(aggregate_named("time_average")->of((*is)[i], Line::linear)), 2.0);
  }
}

TEST(Intervals, reach_to_both_ends_of_time) {
  const Intervals whole(time_min, time_max, std::nullopt, Time(0));
  EXPECT_EQ(whole.count(), 1U);
  EXPECT_EQ(whole.from(0), time_min);
  EXPECT_EQ(whole.to(0), time_max);
  const Intervals years(time_min, time_max, Duration(std::int64_t{1} << 62U), time_max);
  EXPECT_EQ(years.count(), 4U);
  EXPECT_EQ(years.from(0), time_min);
  EXPECT_EQ(years.to(0), years.from(1));
  EXPECT_EQ(years.to(3), time_max);
  EXPECT_EQ(years.index_of(Time(time_max.value() - 1)), 3U);
  EXPECT_EQ(Intervals(time_min, time_max, Duration(1), Time(0)).count(), std::numeric_limits<std::uint64_t>::max());
}

TEST_F(Aggregates, wrong_requests_are_refused_with_what_would_be_right) {
  append({{AssetId(1), SignalId(4), Time(0), std::string("text"), quality_good}});
  const auto refused = [&](const AggregateRequest& request) { return intervals(request).error(); };
  AggregateRequest request = request_of(SignalId(4), 0, 1'000'000);
  request.needs_numbers = true;
  EXPECT_TRUE(refused(request).is(QueryError::not_numeric));
  request.from = Time(500'000);  // the text lies before
  EXPECT_TRUE(refused(request).is(QueryError::not_numeric));
  request.step = Duration(1);
  EXPECT_TRUE(refused(request).is(QueryError::bad_limit));
  request.step = Duration(0);
  EXPECT_TRUE(refused(request).is(QueryError::bad_limit));
  request.from = request.to;
  EXPECT_TRUE(refused(request).is(QueryError::bad_range));
  AtTimeRequest at;
  EXPECT_TRUE(ask<AtTime>(&Queries::at_time, at).error().is(QueryError::bad_limit));
  at.times = {Time(1), Time(1)};
  EXPECT_TRUE(ask<AtTime>(&Queries::at_time, at).error().is(QueryError::bad_range));
  at.asset = AssetId(1);
  at.signal = SignalId(4);
  at.times = {Time(5)};
  at.line = Line::linear;
  EXPECT_TRUE(ask<AtTime>(&Queries::at_time, at).error().is(QueryError::not_numeric));
}

// A signal whose type was changed: nothing is made of both types that would look right.
TEST_F(Aggregates, samples_of_several_types_are_refused) {
  append({{AssetId(1), SignalId(1), Time(0), 2.0, quality_good}});
  log::BatchBuilder builder;
  SampleBlockBuilder block({ValueType::i64});
  const std::array signals{SignalId(1)};
  block.start_row(block.add_series(AssetId(1), signals), Time(5), quality_good);
  block.set(0, std::int64_t{3});
  block.write(builder.bytes());
  bool acknowledged = false;
  EXPECT_TRUE(node_.log().append(std::move(builder), [&](const Result<Offset>& offset) { acknowledged = !!offset; }));
  EXPECT_TRUE(node_.process().run_until([&] { return acknowledged; }));
  EXPECT_TRUE(intervals(request_of(SignalId(1), 0, 10)).error().is(QueryError::mixed_types));
  EXPECT_TRUE(intervals(request_of(SignalId(1), 3, 10)).error().is(QueryError::mixed_types));
  EXPECT_TRUE(intervals(request_of(SignalId(1), 0, 3)).error().is(QueryError::mixed_types));
}

TEST_F(Aggregates, a_cancelled_question_ends_with_that) {
  std::stop_source stop;
  stop.request_stop();
  AggregateRequest request = request_of(SignalId(1), 0, 10);
  request.stop = stop.get_token();
  append({{AssetId(1), SignalId(1), Time(0), 2.0, quality_good}});
  EXPECT_TRUE(intervals(request).error().is(history::HistoryError::cancelled));
}

}  // namespace
}  // namespace artery::query
