// Deletions and as-of questions, against the naive model.
#include "history/deletions.h"

#include <gtest/gtest.h>

#include "history/history_test.h"
#include "history/segment_format.h"
#include "runtime/sim/rng.h"

namespace artery::history {
namespace {

using namespace std::chrono_literals;
using testing::Model;
using testing::Node;
using testing::SentBatch;

constexpr std::uint32_t signals = 2 * testing::signals_per_asset;
constexpr std::int64_t second = 1'000'000'000;

Scan all_of(SignalId signal) {
  Scan scan;
  scan.asset = testing::asset_of(signal);
  scan.signal = signal;
  scan.revisions = Revisions::all;
  return scan;
}

Deletion deletion_of(SignalId signal, std::int64_t from, std::int64_t to) {
  return {testing::asset_of(signal), signal, Time(from), Time(to)};
}

runtime::Task<std::vector<std::string>> summaries_task(History* history, SummaryScan scan) {
  std::vector<std::string> lines;
  auto cursor = co_await history->summaries(std::move(scan));
  EXPECT_TRUE(cursor);
  while (cursor) {
    const auto some = co_await cursor->next();
    EXPECT_TRUE(some);
    if (!some || some->empty()) break;
    for (const Summary& one : *some) lines.push_back(testing::line_of(one));
  }
  co_return lines;
}

class DeletionsTest : public ::testing::Test {
 protected:
  DeletionsTest() {
    settings.compaction = {
        .neighbours = 3, .segment_bytes_max = 1U << 30, .bytes_per_second = 1U << 30, .purge_after = 0s};
    settings.tiles = {.rows_min = 2, .rows_per_tile = 0, .bytes_share = 0};
  }

  // Few times, some minutes apart, so that deletions, replays and corrections meet.
  SentBatch random_rows() {
    SentBatch rows;
    for (std::uint64_t i = rng.below(30); i > 0; --i) {
      const SignalId signal(static_cast<std::uint32_t>(1 + rng.below(signals)));
      rows.push_back({testing::asset_of(signal), signal, Time(static_cast<std::int64_t>(rng.below(60)) * 20 * second),
                      testing::value_for(signal, rng.below(5)), quality_good});
    }
    return rows;
  }
  std::vector<Deletion> random_deletions() {
    std::vector<Deletion> deletions;
    for (std::uint64_t i = rng.below(3); i > 0; --i) {
      const SignalId signal(static_cast<std::uint32_t>(1 + rng.below(signals)));
      const auto from = static_cast<std::int64_t>(rng.below(60)) * 20 * second;
      deletions.push_back(deletion_of(signal, from, from + 1 + static_cast<std::int64_t>(rng.below(10)) * 20 * second));
    }
    return deletions;
  }
  void send(Node& node, const SentBatch& rows, const std::vector<Deletion>& deletions = {}) {
    testing::apply(model, deletions);
    testing::apply(model, rows);
    if (rows.empty() && deletions.empty()) return;
    node.append(rows, deletions);
    ASSERT_TRUE(node.settle());
  }
  void expect_model(Node& node) {
    for (std::uint32_t number = 1; number <= signals; ++number) {
      SCOPED_TRACE(number);
      Scan scan = all_of(SignalId(number));
      EXPECT_EQ(*node.lines(scan), testing::expected(model, scan));
      scan.direction = Direction::backward;
      scan.revisions = Revisions::newest;
      scan.limit = 3;
      EXPECT_EQ(*node.lines(scan), testing::expected(model, scan));
      SummaryScan sums;
      sums.asset = scan.asset;
      sums.signal = scan.signal;
      sums.end_of = [](Time time) { return Time((time.value() / (150 * second) + 1) * 150 * second); };
      std::vector<std::string> should;
      for (const Summary& one : testing::expected_of(model, sums)) should.push_back(testing::line_of(one));
      EXPECT_EQ(*node.process().run(summaries_task(&node.history(), sums)), should);
    }
  }

  sim::Machine machine{5};
  sim::Rng rng{5};
  Model model;
  HistorySettings settings;
};

TEST_F(DeletionsTest, take_what_came_before_them_and_nothing_else_wherever_it_is) {
  for (int life = 0; life < 8; ++life) {
    settings.compaction.purge_after = life % 2 == 0 ? Duration(0s) : Duration(1h);
    Node node(machine);
    ASSERT_TRUE(node.open(settings));
    for (int round = 0; round < 12; ++round) {
      send(node, random_rows(), random_deletions());
      if (rng.below(3) == 0) {
        ASSERT_TRUE(node.checkpoint());
      }
      expect_model(node);
    }
    node.process().run_for(1s);  // compactions
    expect_model(node);
    if (life % 3 == 1) node.close();
  }
}

TEST_F(DeletionsTest, let_what_was_deleted_be_sent_again) {
  const SignalId signal(1);
  const SentBatch row{{testing::asset_of(signal), signal, Time(5 * second), 1.5, quality_good}};
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  for (int i = 0; i < 4; ++i) {
    send(node, row);
    send(node, {}, {deletion_of(signal, 0, 10 * second)});
    if (i % 2 == 1) {
      ASSERT_TRUE(node.checkpoint());
    }
    expect_model(node);
  }
  send(node, row);
  expect_model(node);
  ASSERT_TRUE(node.checkpoint());
  node.process().run_for(1s);
  EXPECT_EQ(node.lines(all_of(signal))->size(), 1U);
}

TEST_F(DeletionsTest, leave_the_disk_and_then_the_manifest) {
  const SignalId signal(1);
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  SentBatch rows;
  for (std::int64_t i = 0; i < 1000; ++i) {
    rows.push_back({testing::asset_of(signal), signal, Time(i * second), static_cast<double>(i), quality_good});
  }
  send(node, rows);
  ASSERT_TRUE(node.checkpoint());
  send(node, {}, {deletion_of(signal, 100 * second, 600 * second)});
  ASSERT_TRUE(node.checkpoint());
  ASSERT_TRUE(node.process().run_until([&] { return node.history().counters().compactions == 1; }));
  node.process().run_for(1s);
  EXPECT_EQ(node.history().counters().segment_samples, 500U);
  EXPECT_EQ(node.history().counters().deletions, 0U);
  expect_model(node);
  send(node, {}, {deletion_of(signal, 0, 1000 * second)});
  ASSERT_TRUE(node.checkpoint());
  node.process().run_for(1s);
  EXPECT_EQ(node.history().counters().segments, 0U) << "nothing is left of it";
  expect_model(node);
}

TEST_F(DeletionsTest, wait_in_the_manifest_until_it_is_time_to_rewrite_a_segment) {
  settings.compaction.purge_after = 24h;
  settings.checkpoint_time = 1h;
  const SignalId signal(1);
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  send(node, {{testing::asset_of(signal), signal, Time(1), 1.0, quality_good},
              {testing::asset_of(signal), signal, Time(2), 2.0, quality_good}});
  ASSERT_TRUE(node.checkpoint());
  send(node, {}, {deletion_of(signal, 1, 2)});
  ASSERT_TRUE(node.checkpoint());
  node.process().run_for(23h);
  EXPECT_EQ(node.history().counters().compactions, 0U);
  EXPECT_EQ(node.history().counters().deletions, 1U);
  expect_model(node);
  node.process().run_for(3h);
  EXPECT_EQ(node.history().counters().compactions, 1U);
  EXPECT_EQ(node.history().counters().deletions, 0U);
  expect_model(node);
}

// What arrived until then, of what was not deleted since.
TEST_F(DeletionsTest, an_answer_as_of_a_moment_is_the_one_that_was_given_then) {
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  const auto ask = [&](SignalId signal, Time as_of) {
    Scan scan = all_of(signal);
    scan.as_of = as_of;
    SummaryScan sums;
    sums.asset = scan.asset;
    sums.signal = signal;
    sums.as_of = as_of;
    std::vector<std::string> lines = *node.lines(scan);
    std::ranges::move(*node.process().run(summaries_task(&node.history(), sums)), std::back_inserter(lines));
    return lines;
  };
  struct Answers {
    Time as_of;
    std::vector<std::vector<std::string>> of_signals;
  };
  std::vector<Answers> given;
  for (int round = 0; round < 20; ++round) {
    send(node, random_rows());
    if (round % 3 == 2) {
      ASSERT_TRUE(node.checkpoint());
    }
    node.process().run_for(2ms);  // arrivals are of whole milliseconds
    Answers now{node.process().clock().now(), {}};
    node.process().run_for(2ms);
    for (std::uint32_t number = 1; number <= signals; ++number)
      now.of_signals.push_back(ask(SignalId(number), time_max));
    given.push_back(std::move(now));
  }
  node.process().run_for(1s);
  ASSERT_GT(node.history().counters().compactions, 0U);
  for (const Answers& then : given) {
    for (std::uint32_t number = 1; number <= signals; ++number)
      EXPECT_EQ(ask(SignalId(number), then.as_of), then.of_signals[number - 1]);
  }
}

}  // namespace
}  // namespace artery::history
