// Worked examples of OPC UA Part 13 (OPC 10000-13, 1.04), Annex A, for historians 1 and 2: TimeAverage2 (A.5),
// Total2 (5.4.3.9: TimeAverage2 times the seconds that are known), MaximumActualTime (A.11) and Interpolative (A.2).
// They keep to TreatUncertainAsBad as the annex does, but MaximumActualTime, which is of good values in any case.
// Interpolative is compared where both neighbours are usable: across an unusable sample the annex draws a line, while
// here the value holds before it and is not known behind it, as with the annex's simple bounding values.
#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "query/asked_test.h"

namespace artery::query {
namespace {

using history::Usable;
using history::testing::SentBatch;

constexpr AssetId asset(1);
constexpr SignalId historian1(1);
constexpr SignalId historian2(5);
constexpr std::int64_t noon_s = 1'700'006'400;

Time at(int second) { return Time((noon_s + second) * 1'000'000'000); }
int second_of(Time time) { return static_cast<int>(time.value() / 1'000'000'000 - noon_s); }

struct Expected {
  double value;
  Quality quality = quality_good;
};
using Table = std::map<int, Expected>;  // by seconds after noon

// To the three digits that the annex prints, some of them of numbers that were rounded before.
void expect_value(double is, double should, int second) { EXPECT_NEAR(is, should, 0.001) << second; }

class Part13 : public testing::Asked {
 protected:
  void SetUp() override {
    const auto send = [this](SignalId signal, int second, double value, Quality quality = quality_good) {
      append({{asset, signal, at(second), value, quality}});
    };
    send(historian1, 0, 0, quality_bad);
    for (const int second : {10, 20, 30, 50, 60, 80, 90}) send(historian1, second, second);
    send(historian1, 40, 40, quality_bad);
    send(historian1, 70, 70, quality_uncertain);

    send(historian2, 0, 0, quality_bad);
    send(historian2, 42, 0, quality_bad);
    send(historian2, 77, 70, quality_uncertain);
    const std::vector<std::pair<int, double>> good{{2, 10},  {25, 20}, {28, 25}, {39, 30}, {48, 40},
                                                   {52, 50}, {72, 60}, {83, 70}, {86, 80}, {90, 90}};
    for (const auto& [second, value] : good) send(historian2, second, value);
  }

  std::map<int, Interval> intervals(SignalId signal, Usable usable, Duration step) {
    AggregateRequest request;
    request.asset = asset;
    request.signal = signal;
    request.from = at(0);
    request.to = at(100);
    request.step = step;
    request.origin = at(0);
    request.usable = usable;
    request.now = at(95);  // where the annex's data end
    std::map<int, Interval> all;
    const auto take = [&](std::span<const Interval> some) {
      for (const Interval& interval : some) all.emplace(second_of(interval.from), interval);
    };
    EXPECT_TRUE(ask<Aggregated>(&Queries::aggregate, request, IntervalSink(take)));
    return all;
  }
  static AggregateValue value(std::string_view name, const Interval& interval) {
    return aggregate_named(name)->of(interval, Line::linear);
  }

  // Intervals of the table have these averages, other ones up to `end` none.
  void expect_time_averages(SignalId signal, Usable usable, const Table& table, int end) {
    const auto found = intervals(signal, usable, std::chrono::seconds(5));
    for (int second = 0; second < end; second += 5) {
      const auto is = found.find(second);
      const auto average = is == found.end() ? AggregateValue() : value("time_average", is->second);
      const auto should = table.find(second);
      ASSERT_EQ(std::holds_alternative<double>(average), should != table.end()) << second;
      if (should == table.end()) continue;
      expect_value(std::get<double>(average), should->second.value, second);
      const auto known = std::get<double>(value("duration_good", is->second));
      EXPECT_NEAR(std::get<double>(value("integral", is->second)), std::get<double>(average) * known, 1e-9) << second;
    }
  }

  // Times of the greatest value, and it, in intervals of 16 s.
  void expect_maxima(SignalId signal, const std::map<int, std::pair<int, double>>& table) {
    std::map<int, std::pair<int, double>> is;
    for (const auto& [second, interval] : intervals(signal, Usable::good, std::chrono::seconds(16))) {
      const auto time = value("max_time", interval);
      if (!std::holds_alternative<Time>(time)) continue;
      is.emplace(second, std::pair(second_of(std::get<Time>(time)), std::get<double>(value("max", interval))));
    }
    EXPECT_EQ(is, table);
  }

  void expect_interpolated(SignalId signal, Usable usable, const Table& table) {
    AtTimeRequest request;
    request.asset = asset;
    request.signal = signal;
    request.line = Line::linear;
    request.usable = usable;
    request.now = at(95);
    for (const auto& [second, expected] : table) request.times.push_back(at(second));
    const auto found = ask<AtTime>(&Queries::at_time, request);
    ASSERT_TRUE(found);
    auto is = found->values.begin();
    for (const auto& [second, expected] : table) {
      ASSERT_TRUE(is->value) << second;
      expect_value(std::get<double>(*is->value), expected.value, second);
      EXPECT_EQ(is->quality, expected.quality) << second;
      ++is;
    }
  }
};

TEST_F(Part13, time_average_2_and_total_2) {
  expect_time_averages(historian1, Usable::not_bad,
                       {{10, {12.5}},
                        {15, {17.5}},
                        {20, {22.5}},
                        {25, {27.5}},
                        {30, {30}},
                        {35, {30}},
                        {50, {52.5}},
                        {55, {57.5}},
                        {60, {62.5}},
                        {65, {67.5}},
                        {70, {72.5}},
                        {75, {77.5}},
                        {80, {82.5}},
                        {85, {87.5}},
                        {90, {90}}},
                       100);
  expect_time_averages(historian2, Usable::good,
                       {{0, {10.652}},
                        {5, {12.391}},
                        {10, {14.565}},
                        {15, {16.739}},
                        {20, {18.913}},
                        {25, {23.682}},
                        {30, {27.046}},
                        {35, {29.273}},
                        {40, {30}},
                        {45, {42.5}},
                        {50, {49.45}},
                        {55, {52.75}},
                        {60, {55.25}},
                        {65, {57.75}},
                        {70, {59.8}}},
                       75);
}

TEST_F(Part13, maximum_actual_time) {
  expect_maxima(historian1, {{0, {10, 10}}, {16, {30, 30}}, {48, {60, 60}}, {80, {90, 90}}});
  expect_maxima(historian2,
                {{0, {2, 10}}, {16, {28, 25}}, {32, {39, 30}}, {48, {52, 50}}, {64, {72, 60}}, {80, {90, 90}}});
}

TEST_F(Part13, interpolative) {
  constexpr Quality good = quality_interpolated;
  constexpr Quality uncertain = quality_interpolated_uncertain;
  expect_interpolated(historian1, Usable::not_bad,
                      {{10, {10}},
                       {15, {15, good}},
                       {20, {20}},
                       {25, {25, good}},
                       {30, {30}},
                       {50, {50}},
                       {55, {55, good}},
                       {60, {60}},
                       {65, {65, uncertain}},
                       {70, {70, quality_uncertain}},
                       {75, {75, uncertain}},
                       {80, {80}},
                       {85, {85, good}},
                       {90, {90}},
                       {95, {90, uncertain}}});
  expect_interpolated(historian2, Usable::good,
                      {{5, {11.304, good}},
                       {10, {13.478, good}},
                       {15, {15.652, good}},
                       {20, {17.826, good}},
                       {25, {20}},
                       {30, {25.909, good}},
                       {35, {28.182, good}},
                       {50, {45, good}},
                       {55, {51.5, good}},
                       {60, {54, good}},
                       {65, {56.5, good}},
                       {70, {59, good}},
                       {85, {76.667, good}},
                       {90, {90}}});
}

}  // namespace
}  // namespace artery::query
