// Whoever asks history is answered, whatever the disk does: one that is full, and one that cannot be read.
#include <gtest/gtest.h>

#include "history/history.h"
#include "history/history_test.h"

namespace artery::history {
namespace {

using namespace std::chrono_literals;
using runtime::FileError;
using runtime::Task;
using testing::Model;
using testing::Node;
using testing::SentBatch;

constexpr std::uint32_t assets = 4;
constexpr std::uint32_t signals = assets * testing::signals_per_asset;

HistorySettings small_heads() {
  HistorySettings settings;
  settings.checkpoint_bytes = 2000;
  settings.head_bytes_max = 20'000;
  settings.read_bytes = 1000;
  return settings;
}

// A row of every signal; times come again with another value.
SentBatch batch_of(std::uint64_t number) {
  SentBatch batch;
  for (std::uint32_t at = 1; at <= signals; ++at) {
    const SignalId signal(at);
    const Time time(static_cast<std::int64_t>(number * 7 % 100));
    batch.push_back({testing::asset_of(signal), signal, time, testing::value_for(signal, number % 5), quality_good});
  }
  return batch;
}

Scan scan_of(SignalId signal) {
  Scan scan;
  scan.asset = testing::asset_of(signal);
  scan.signal = signal;
  scan.revisions = Revisions::all;
  return scan;
}

// Of a line that a scan showed.
Position position_of(const std::string& line) {
  return {Time(std::stoll(line)), static_cast<std::uint32_t>(std::stoul(line.substr(line.rfind('r') + 1)))};
}

void expect_all(Node& node, const Model& model) {
  for (std::uint32_t number = 1; number <= signals; ++number) {
    for (const Direction direction : {Direction::forward, Direction::backward}) {
      Scan scan = scan_of(SignalId(number));
      scan.direction = direction;
      EXPECT_EQ(node.lines(scan), testing::expected(model, scan)) << "signal " << number;
    }
  }
}

// The heads are full and cannot be written; half of what is acknowledged is not applied.
struct FullDisk {
  explicit FullDisk(std::uint64_t seed = 1) : machine(seed), node(machine) {}
  void fill() {
    ASSERT_TRUE(node.open(small_heads()));
    send(0);
    ASSERT_TRUE(node.settle());
    room = std::exchange(machine.faults().capacity_bytes, 1);
    constexpr std::uint64_t batches = 80;
    for (std::uint64_t number = 1; number < batches; ++number) send(number);
    ASSERT_TRUE(node.settle());
    node.process().run_for(5s);
    ASSERT_LT(node.history().counters().samples_applied, batches * signals * 3 / 4);
    ASSERT_GT(node.history().counters().checkpoints_failed, 1U);
  }
  void send(std::uint64_t number) {
    node.append(batch_of(number));
    testing::apply(model, batch_of(number));
  }
  void give_room() { machine.faults().capacity_bytes = room; }

  sim::Machine machine;
  Node node;
  Model model;
  std::uint64_t room = 0;
};

TEST(AFullDisk, keeps_nothing_from_being_read_and_takes_no_memory) {
  FullDisk full;
  ASSERT_NO_FATAL_FAILURE(full.fill());
  expect_all(full.node, full.model);
  Scan some = scan_of(SignalId(1));
  some.from = Time(30);
  some.to = Time(40);
  EXPECT_EQ(full.node.lines(some), testing::expected(full.model, some));
  const auto newest = full.node.process().run(full.node.history().newest(AssetId(1), SignalId(1)));
  ASSERT_TRUE(newest && *newest && **newest);
  EXPECT_EQ((**newest)->time, full.model[SignalId(1)].rbegin()->first);
  const auto before = full.node.history().counters().head_bytes;
  for (std::uint64_t number = 80; number < 100; ++number) full.send(number);
  ASSERT_TRUE(full.node.settle());
  expect_all(full.node, full.model);
  EXPECT_EQ(full.node.history().counters().head_bytes, before);
}

TEST(AFullDisk, has_a_checkpoint_refused_at_once_with_the_reason_and_made_when_there_is_room) {
  FullDisk full;
  ASSERT_NO_FATAL_FAILURE(full.fill());
  const auto failed = full.node.history().counters().checkpoints_failed;
  const auto refused = full.node.process().run(full.node.history().checkpoint());
  ASSERT_TRUE(refused && !*refused);
  EXPECT_TRUE(refused->error().is(FileError::no_space)) << refused->error().message();
  EXPECT_LE(full.node.history().counters().checkpoints_failed, failed + 2);
  full.give_room();
  ASSERT_TRUE(full.node.checkpoint());
  EXPECT_EQ(full.node.history().counters().cursor, full.node.log().end());
  expect_all(full.node, full.model);
}

TEST(AFullDisk, lets_the_node_end_in_order_at_once_and_the_next_start_has_everything) {
  FullDisk full;
  ASSERT_NO_FATAL_FAILURE(full.fill());
  const Instant asked = full.node.process().clock().instant();
  const auto closed = full.node.process().run(full.node.stop());
  ASSERT_TRUE(closed && !*closed);
  EXPECT_TRUE(closed->error().is(FileError::no_space)) << closed->error().message();
  EXPECT_LT(full.node.process().clock().instant() - asked, 1s);
  EXPECT_FALSE(full.node.failed());
  full.node.process().halt();
  full.give_room();
  Node next(full.machine);
  ASSERT_TRUE(next.open(small_heads()));
  expect_all(next, full.model);
  next.close();
}

TEST(AFullDisk, that_has_room_again_in_the_middle_of_a_scan_shows_it_each_sample_once) {
  for (std::uint64_t steps = 0; steps <= 60; steps += 2) {
    SCOPED_TRACE(steps);
    FullDisk full(steps + 1);
    ASSERT_NO_FATAL_FAILURE(full.fill());
    runtime::Scope scope;
    bool made = false;
    full.node.home().post([&] {
      scope.spawn([](FullDisk* of, std::uint64_t pause, bool* done) -> Task<void> {
        for (std::uint64_t turn = 0; turn < pause; ++turn) co_await runtime::on(of->node.home());
        of->give_room();
        *done = (co_await of->node.history().checkpoint()).has_value();
      }(&full, steps, &made));
    });
    EXPECT_EQ(full.node.lines(scan_of(SignalId(1))), testing::expected(full.model, scan_of(SignalId(1))));
    EXPECT_TRUE(full.node.process().run_until([&] { return made; }));
    full.node.process().halt();
  }
}

TEST(AFullDisk, has_a_scan_take_no_more_of_the_log_than_there_is_memory_for_and_say_what_helps) {
  FullDisk full;
  ASSERT_NO_FATAL_FAILURE(full.fill());
  for (std::int64_t i = 0; i < 30; ++i) {
    const SentBatch batch{{AssetId(1), SignalId(4), Time(1000 + i), std::string(1000, 'x'), quality_good}};
    full.node.append(batch);
    testing::apply(full.model, batch);
  }
  ASSERT_TRUE(full.node.settle());
  Scan scan = scan_of(SignalId(4));
  const auto refused = full.node.process().run(full.node.history().scan(scan));
  ASSERT_TRUE(refused && !*refused);
  EXPECT_TRUE(refused->error().is(HistoryError::too_much));
  EXPECT_NE(refused->error().message().find("shorter range"), std::string::npos);
  scan.from = Time(1020);
  EXPECT_EQ(full.node.lines(scan), testing::expected(full.model, scan));
}

TEST(AFullDisk, lets_everything_be_read_page_by_page_whatever_memory_there_is) {
  FullDisk full;
  ASSERT_NO_FATAL_FAILURE(full.fill());
  for (std::int64_t i = 0; i < 60; ++i) {
    const SentBatch batch{{AssetId(1), SignalId(4), Time(i * 37 % 60), std::string(1000, 'x'), quality_good},
                          {AssetId(1), SignalId(4), Time(90 + i / 2), std::string(1000, 'y'), quality_good}};
    full.node.append(batch);
    testing::apply(full.model, batch);
  }
  ASSERT_TRUE(full.node.settle());
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    for (const Revisions revisions : {Revisions::newest, Revisions::all}) {
      Scan scan = scan_of(SignalId(4));
      scan.direction = direction;
      scan.revisions = revisions;
      const auto all = testing::expected(full.model, scan);
      std::vector<std::string> pages;
      for (scan.limit = 5; pages.size() < all.size(); scan.after = position_of(pages.back())) {
        const auto page = full.node.lines(scan);
        ASSERT_TRUE(page && !page->empty());
        pages.insert(pages.end(), page->begin(), page->end());
      }
      EXPECT_EQ(pages, all);
    }
  }
}

// Counts the answers.
Task<void> ask(Node* node, SignalId signal, unsigned* answers) {
  auto cursor = co_await node->history().scan(scan_of(signal));
  while (cursor) {
    const auto samples = co_await cursor->next();
    if (!samples || samples->empty()) break;
  }
  co_await runtime::on(node->home());
  ++*answers;
}
Task<void> ask_for_a_checkpoint(Node* node, unsigned* answers) {
  static_cast<void>(co_await node->history().checkpoint());
  co_await runtime::on(node->home());
  ++*answers;
}
Task<void> ask_to_end(Node* node, unsigned* answers) {
  static_cast<void>(co_await node->stop());
  ++*answers;
}

// From every moment on, also those in which a cut holds the other partition.
TEST(ADiskThatCannotBeRead, leaves_nobody_waiting) {
  constexpr std::uint64_t step_max = 1'000'000;
  unsigned in_a_cut = 0;
  for (std::uint64_t moment = 0; moment < 400; moment += 4) {
    SCOPED_TRACE(moment);
    sim::Machine machine(moment + 1);
    Node node(machine);
    ASSERT_TRUE(node.open(small_heads()));
    // More than the log keeps in memory, so that partitions read from the disk.
    for (std::uint64_t number = 0; number < 20; ++number) node.append(batch_of(number));
    ASSERT_TRUE(node.settle());
    runtime::Scope scope;
    unsigned asked = 0;
    unsigned answers = 0;
    node.home().post([&] {
      scope.spawn(ask_for_a_checkpoint(&node, &answers));
      for (std::uint32_t asset = 1; asset <= assets; ++asset) {
        scope.spawn(ask(&node, testing::signal_of(AssetId(asset), 0), &answers));
      }
      asked += 1 + assets;
    });
    node.process().run_until([] { return false; }, moment);
    machine.faults().read_fails.chance = 1;
    ASSERT_TRUE(node.process().run_until([&] { return asked > 0 && answers == asked; }, step_max));
    node.home().post([&] {
      scope.spawn(ask_to_end(&node, &answers));
      ++asked;
    });
    ASSERT_TRUE(node.process().run_until([&] { return answers > 1 + assets; }, step_max));
    if (machine.journal().has("checkpoint failed: history follows the log no more")) ++in_a_cut;
    node.process().halt();
  }
  EXPECT_GT(in_a_cut, 0U);
}

}  // namespace
}  // namespace artery::history
