// Aggregates of times whose samples are let go of are those of the samples.
#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "history/history_test.h"
#include "query/query.h"

namespace artery::query {
namespace {

using namespace std::chrono_literals;
using history::testing::Node;

constexpr Duration day = 24h;
constexpr AssetId asset{1};
constexpr SignalId signal{1};  // f64

Time plus(Time time, Duration by) { return Time(time.value() + by.count()); }

struct Answer {
  std::vector<Interval> intervals;
  Aggregated said;
};

runtime::Task<Result<Answer>> ask(Node* node, AggregateRequest request) {
  co_await runtime::on(node->home());
  Answer answer;
  Queries queries(node->history(), node->home());
  const IntervalSink sink = [&answer](std::span<const Interval> some) {
    answer.intervals.insert(answer.intervals.end(), some.begin(), some.end());
  };
  const auto said = co_await queries.aggregate(std::move(request), sink);
  if (!said) co_return said.error();
  answer.said = *said;
  co_return answer;
}

struct ArchivedTest : ::testing::Test {
  ArchivedTest() : today(Time(machine.now().value() / day.count() * day.count())) {
    settings.retention = {{"#", 2 * day}};
    settings.tiles_retention = {{"#", 100 * day}};
  }

  // Ten days of samples, with a silent one among them, and what is asked of them before and after they are archived.
  void expect_the_same(Time from, Time to, Duration step, bool archived = true) {
    Node node(machine);
    machine.set_synchronised(false);  // nothing is let go of yet
    ASSERT_TRUE(node.open(settings));
    history::testing::SentBatch batch;
    for (int i = 0; i < 10 * 72; ++i) {
      if (i / 72 == 5) continue;
      batch.push_back({asset, signal, plus(today, i * Duration(20min) - 10 * day + 7min),
                       20 + 5 * std::sin(static_cast<double>(i) / 9), i % 50 == 0 ? quality_bad : quality_good});
    }
    node.append(batch);
    ASSERT_TRUE(node.settle());
    ASSERT_TRUE(node.checkpoint());
    AggregateRequest request;
    request.asset = asset;
    request.signal = signal;
    request.from = from;
    request.to = to;
    request.step = step;
    request.now = machine.now();
    const auto before = *node.process().run(ask(&node, request));
    machine.set_synchronised(true);
    ASSERT_TRUE(node.process().run_until([&] { return node.history().counters().archives == 1; }));
    const auto after = *node.process().run(ask(&node, request));
    ASSERT_TRUE(before && after);
    EXPECT_FALSE(before->said.archived);
    EXPECT_EQ(after->said.archived.has_value(), archived);
    ASSERT_EQ(after->intervals.size(), before->intervals.size());
    for (std::size_t i = 0; i < before->intervals.size(); ++i) {
      const Interval& is = after->intervals[i];
      const Interval& should = before->intervals[i];
      EXPECT_EQ(is.from, should.from);
      EXPECT_EQ(is.samples.count, should.samples.count);
      EXPECT_EQ(is.transitions, should.transitions);
      EXPECT_EQ(is.weighted.usable_ns, should.weighted.usable_ns) << "interval " << i;
      EXPECT_NEAR(is.weighted.stepped.value(), should.weighted.stepped.value(), 1e-5) << "interval " << i;
      EXPECT_NEAR(is.weighted.linear.value(), should.weighted.linear.value(), 1e-5) << "interval " << i;
    }
  }

  sim::Machine machine{3};
  history::HistorySettings settings;
  const Time today;
};

TEST_F(ArchivedTest, values_reach_into_a_range_of_tiles_from_both_sides) {
  expect_the_same(plus(today, -8 * day), plus(today, -3 * day), 1h);
}

TEST_F(ArchivedTest, a_value_runs_through_a_silent_day_whose_neighbours_are_archived) {
  expect_the_same(plus(today, -5 * day), plus(today, -4 * day), 6h);
}

TEST_F(ArchivedTest, values_reach_from_tiles_to_samples) {
  expect_the_same(plus(today, -4 * day), today, 6h);
  expect_the_same(plus(today, -2 * day), today, 6h, false);
}

// Tiles of an hour over intervals of 25 minutes: what is known of them is theirs together, and no more than there is.
TEST_F(ArchivedTest, no_interval_is_known_for_longer_than_it_is) {
  settings.tiles = {.rows_min = 1000, .rows_per_tile = 100, .bytes_share = 0};  // hours and days only
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  const Time first = plus(today, -8 * day);
  history::testing::SentBatch batch;
  for (int i = 0; i < 24 * 60; ++i)
    batch.push_back({asset, signal, plus(first, i * Duration(1min)), 2.5, quality_good});
  node.append(batch);
  ASSERT_TRUE(node.settle());
  ASSERT_TRUE(node.checkpoint());
  ASSERT_TRUE(node.process().run_until([&] { return node.history().counters().archives == 1; }));
  AggregateRequest request;
  request.asset = asset;
  request.signal = signal;
  request.from = first;
  request.to = plus(first, 10h + 10min);  // within a tile
  request.step = Duration(25min);
  request.now = machine.now();
  const auto answer = *node.process().run(ask(&node, request));
  ASSERT_TRUE(answer);
  ASSERT_TRUE(answer->said.archived);
  ASSERT_EQ(answer->intervals.size(), 25U);
  std::uint64_t known = 0;
  std::uint64_t count = 0;
  for (const Interval& interval : answer->intervals) {
    EXPECT_EQ(interval.weighted.usable_ns, history::nanoseconds_between(interval.from, interval.to));
    EXPECT_NEAR(interval.weighted.stepped.value(), 2.5 * static_cast<double>(interval.weighted.usable_ns) / 1e9, 1e-6);
    known += interval.weighted.usable_ns;
    count += interval.samples.count;
  }
  EXPECT_EQ(known, history::nanoseconds_between(request.from, request.to));
  EXPECT_EQ(count, 11U * 60) << "samples count where their tile begins";
}

}  // namespace
}  // namespace artery::query
