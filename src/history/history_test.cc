// History on the simulated machine, with the real log, against a naive model.
#include "history/history.h"

#include <gtest/gtest.h>

#include "history/history_test.h"
#include "runtime/sim/rng.h"

namespace artery::history {
namespace {

using namespace std::chrono_literals;
using testing::Model;
using testing::Node;
using testing::Sent;
using testing::SentBatch;

constexpr std::uint32_t assets = 4;
constexpr std::uint32_t signals = assets * testing::signals_per_asset;

// Few times and few values, so that replays, corrections and late samples are the rule.
SentBatch random_batch(sim::Rng& rng, std::uint32_t rows_max, std::int64_t times) {
  SentBatch batch;
  const std::uint64_t rows = 1 + rng.below(rows_max);
  for (std::uint64_t i = 0; i < rows; ++i) {
    const SignalId signal(static_cast<std::uint32_t>(1 + rng.below(signals)));
    const Time time(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(times))) - times / 2);
    const Quality quality = rng.below(8) == 0 ? quality_uncertain : quality_good;
    batch.push_back({testing::asset_of(signal), signal, time, testing::value_for(signal, rng.below(5)), quality});
  }
  return batch;
}

Scan scan_of(SignalId signal) {
  Scan scan;
  scan.asset = testing::asset_of(signal);
  scan.signal = signal;
  return scan;
}

// Every signal, both directions, newest and all; false where the process halted.
bool equals_model(Node& node, const Model& model) {
  for (std::uint32_t number = 1; number <= signals; ++number) {
    for (const Direction direction : {Direction::forward, Direction::backward}) {
      for (const Revisions revisions : {Revisions::newest, Revisions::all}) {
        Scan scan = scan_of(SignalId(number));
        scan.direction = direction;
        scan.revisions = revisions;
        bool incomplete = true;
        const auto lines = node.lines(scan, &incomplete);
        if (!lines) return false;
        EXPECT_EQ(*lines, testing::expected(model, scan)) << "signal " << number;
        EXPECT_FALSE(incomplete);
      }
    }
  }
  return true;
}

TEST(History, shows_the_newest_revision_once_and_keeps_all_whatever_the_order_of_arrival) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    sim::Machine machine(seed);
    sim::Rng rng(seed);
    Model model;
    const std::int64_t times = seed % 2 == 0 ? 20 : 2000;
    for (int life = 0; life < 3; ++life) {
      Node node(machine);
      ASSERT_TRUE(node.open());
      for (int round = 0; round < 4; ++round) {
        for (std::uint64_t i = rng.below(20); i > 0; --i) {
          const SentBatch batch = random_batch(rng, 30, times);
          testing::apply(model, batch);
          node.append(batch);
        }
        ASSERT_TRUE(node.settle());
        if (rng.below(2) == 0) {
          ASSERT_TRUE(node.checkpoint());
        }
        ASSERT_TRUE(equals_model(node, model));
      }
      if (life == 1) node.close();
    }
  }
}

TEST(History, reads_what_was_acknowledged_before_the_question_however_far_behind_a_shard_is) {
  sim::Machine machine(7);
  Node node(machine);
  ASSERT_TRUE(node.open());
  for (int i = 0; i < 50; ++i) {
    const SentBatch batch{{AssetId(1), SignalId(1), Time(i), 1.5, quality_good}};
    node.append(batch);
    ASSERT_TRUE(node.settle());
    EXPECT_EQ(node.lines(scan_of(SignalId(1)))->size(), static_cast<std::size_t>(i + 1));
  }
}

TEST(History, a_page_goes_on_exactly_where_the_last_one_ended) {
  sim::Machine machine(3);
  sim::Rng rng(3);
  Model model;
  Node node(machine);
  ASSERT_TRUE(node.open());
  for (int i = 0; i < 60; ++i) {
    const SentBatch batch = random_batch(rng, 30, 12);
    testing::apply(model, batch);
    node.append(batch);
    if (i == 30) {
      ASSERT_TRUE(node.settle());
      ASSERT_TRUE(node.checkpoint());
    }
  }
  ASSERT_TRUE(node.settle());
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    for (const Revisions revisions : {Revisions::newest, Revisions::all}) {
      Scan scan = scan_of(SignalId(1));
      scan.direction = direction;
      scan.revisions = revisions;
      const auto all = testing::expected(model, scan);
      std::vector<std::string> pages;
      while (true) {
        scan.limit = 1 + rng.below(3);
        const auto page = node.lines(scan);
        if (page->empty()) break;
        pages.insert(pages.end(), page->begin(), page->end());
        long long time = 0;
        unsigned revision = 0;
        const std::string& last = pages.back();
        ASSERT_EQ(std::sscanf(last.c_str(), "%lld", &time), 1);
        ASSERT_EQ(std::sscanf(last.c_str() + last.rfind('r'), "r%u", &revision), 1);
        scan.after = Position{Time(time), revision};
      }
      EXPECT_EQ(pages, all);
    }
  }
}

TEST(History, a_range_is_half_open_and_may_be_empty) {
  sim::Machine machine(4);
  Node node(machine);
  ASSERT_TRUE(node.open());
  Model model;
  SentBatch batch;
  for (std::int64_t time = -5; time <= 5; ++time) {
    batch.push_back({AssetId(1), SignalId(1), Time(time), 0.5, quality_good});
  }
  testing::apply(model, batch);
  node.append(batch);
  ASSERT_TRUE(node.settle());
  for (const bool sealed : {false, true}) {
    if (sealed) {
      ASSERT_TRUE(node.checkpoint());
    }
    for (std::int64_t from = -7; from <= 7; ++from) {
      for (std::int64_t to = -7; to <= 7; ++to) {
        Scan scan = scan_of(SignalId(1));
        scan.from = Time(from);
        scan.to = Time(to);
        EXPECT_EQ(*node.lines(scan), testing::expected(model, scan));
      }
    }
  }
}

TEST(History, newest_is_the_greatest_source_time_even_the_last_there_is) {
  sim::Machine machine(5);
  Node node(machine);
  ASSERT_TRUE(node.open());
  EXPECT_FALSE(**node.process().run(node.history().newest(AssetId(1), SignalId(1))));
  node.append({{AssetId(1), SignalId(1), time_max, 3.0, quality_good},
               {AssetId(1), SignalId(1), Time(1), 4.0, quality_good},
               {AssetId(1), SignalId(1), time_max, 5.0, quality_bad}});
  ASSERT_TRUE(node.settle());
  for (const bool sealed : {false, true}) {
    if (sealed) {
      ASSERT_TRUE(node.checkpoint());
    }
    const auto newest = node.process().run(node.history().newest(AssetId(1), SignalId(1)));
    ASSERT_TRUE(newest && *newest && **newest);
    EXPECT_EQ((**newest)->time, time_max);
    EXPECT_EQ(std::get<double>((**newest)->value), 5.0);
    EXPECT_EQ((**newest)->quality, quality_bad);
  }
}

TEST(History, a_crash_at_any_file_operation_loses_and_doubles_nothing) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    sim::Machine machine(seed);
    sim::Rng rng(seed);
    std::vector<SentBatch> sent;
    std::uint64_t acknowledged = 0;
    for (int life = 0; life < 4; ++life) {
      const auto kind = rng.below(2) == 0 ? sim::CrashKind::kill : sim::CrashKind::power_loss;
      machine.crash_at_io(life < 3 ? machine.io_count() + 1 + rng.below(300) : 0);
      {
        Node node(machine, 8U << 10);  // the log forgets soon
        HistorySettings settings;
        settings.checkpoint_bytes = 2000;
        settings.head_bytes_max = 60'000;
        bool alive = node.open(settings);
        if (alive) {
          ASSERT_GE(node.log().end().value(), acknowledged);
          sent.resize(node.log().end().value());
          Model model;
          for (const SentBatch& batch : sent) testing::apply(model, batch);
          alive = equals_model(node, model);
        }
        for (int i = 0; alive && i < 80; ++i) {
          sent.push_back(random_batch(rng, 10, 40));
          node.append(sent.back());
          if (rng.below(4) != 0) continue;
          alive = node.settle();
          if (alive) acknowledged = sent.size();
          if (alive && rng.below(6) == 0) alive = node.checkpoint();
        }
        if (life == 3) {
          ASSERT_TRUE(alive);
        }
      }
      machine.crash(kind);
    }
  }
}

// The log forgets what lies below the cursor of a manifest that a start has found: that manifest must outlive
// everything.
TEST(History, what_a_start_relies_on_outlives_a_power_loss_wherever_the_last_checkpoint_was_killed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    bool whole = false;
    for (std::uint64_t cut_at = 1; !whole; ++cut_at) {
      SCOPED_TRACE(fmt::format("seed {}, cut at {}", seed, cut_at));
      sim::Machine machine(seed);
      sim::Rng rng(seed);
      Model model;
      const auto fill = [&](Node& node) {
        for (int i = 0; i < 40; ++i) {
          const SentBatch batch = random_batch(rng, 10, 40);
          testing::apply(model, batch);
          node.append(batch);
        }
        return node.settle();
      };
      {
        Node node(machine, 8U << 10);
        ASSERT_TRUE(node.open() && fill(node) && node.checkpoint() && fill(node));
        machine.crash_at_io(machine.io_count() + cut_at);
        whole = node.checkpoint();
      }
      machine.crash(sim::CrashKind::kill);
      machine.crash_at_io(0);
      {
        Node node(machine, 8U << 10);
        ASSERT_TRUE(node.open());
        node.process().run_for(1s);  // the log forgets what it may
      }
      machine.crash(sim::CrashKind::power_loss);
      Node node(machine, 8U << 10);
      ASSERT_TRUE(node.open());
      ASSERT_TRUE(equals_model(node, model));
    }
  }
}

TEST(History, a_full_disk_is_told_and_the_checkpoint_made_when_there_is_room) {
  sim::Machine machine(6);
  sim::Rng rng(6);
  Model model;
  Node node(machine);
  ASSERT_TRUE(node.open());
  for (int i = 0; i < 10; ++i) {
    const SentBatch batch = random_batch(rng, 30, 40);
    testing::apply(model, batch);
    node.append(batch);
  }
  ASSERT_TRUE(node.settle());
  const std::uint64_t room = std::exchange(machine.faults().capacity_bytes, 1);
  const auto refused = node.process().run(node.history().checkpoint());
  ASSERT_TRUE(refused);
  EXPECT_TRUE(!*refused && refused->error().is(runtime::FileError::no_space));
  EXPECT_TRUE(machine.journal().has("checkpoint failed"));
  EXPECT_TRUE(equals_model(node, model)) << "what is being written stays readable";
  machine.faults().capacity_bytes = room;
  node.process().run_for(10s);
  EXPECT_EQ(node.history().counters().cursor, node.log().end());
  EXPECT_FALSE(node.failed());
  EXPECT_TRUE(equals_model(node, model));
}

TEST(History, a_failed_sync_is_never_tried_again_and_ends_the_node) {
  sim::Machine machine(8);
  Node node(machine);
  ASSERT_TRUE(node.open());
  node.append({{AssetId(1), SignalId(1), Time(1), 3.0, quality_good}});
  ASSERT_TRUE(node.settle());
  machine.faults().sync_fails.chance = 1;
  const auto failed = node.process().run(node.history().checkpoint());
  ASSERT_TRUE(failed);
  EXPECT_TRUE(!*failed && failed->error().is(HistoryError::failed));
  EXPECT_TRUE(node.failed());
  const auto again = node.process().run(node.history().checkpoint());
  EXPECT_TRUE(again && !*again && again->error().is(HistoryError::closed));
}

TEST(History, checkpoints_by_time_even_where_little_arrives) {
  sim::Machine machine(9);
  Node node(machine);
  ASSERT_TRUE(node.open());
  node.append({{AssetId(1), SignalId(1), Time(1), 3.0, quality_good}});
  ASSERT_TRUE(node.settle());
  node.process().run_for(61min);
  EXPECT_EQ(node.history().counters().cursor, node.log().end());
  node.process().run_for(10h);
  EXPECT_EQ(node.history().counters().checkpoints, 1U) << "none where nothing arrived";
}

TEST(History, refuses_to_open_with_a_missing_segment_or_manifest_or_another_log) {
  const auto prepared = [](sim::Machine& machine) {
    Node node(machine);
    ASSERT_TRUE(node.open());
    node.append({{AssetId(1), SignalId(1), Time(1), 3.0, quality_good}});
    ASSERT_TRUE(node.settle());
    node.close();
  };
  const std::vector<std::pair<std::string, std::string>> cases{{"history/segment-000000000001.seg", "missing"},
                                                               {"history/manifest", "manifest is missing"}};
  for (const auto& [path, message] : cases) {
    sim::Machine machine(10);
    prepared(machine);
    Node node(machine);
    ASSERT_TRUE(node.open_log());
    ASSERT_TRUE(*node.process().run(node.process().files().remove(path)));
    const auto opened = node.open_history({});
    ASSERT_TRUE(opened);
    ASSERT_FALSE(*opened);
    EXPECT_TRUE(opened->error().is(HistoryError::damaged));
    EXPECT_NE(opened->error().message().find(message), std::string::npos) << opened->error().message();
  }
  sim::Machine machine(10);
  prepared(machine);
  Node node(machine);
  const auto files = *node.process().run(node.process().files().list("log"));
  for (const auto& entry : *files) {
    ASSERT_TRUE(*node.process().run(node.process().files().remove("log/" + entry.name)));
  }
  ASSERT_TRUE(node.open_log());
  const auto opened = node.open_history({});
  ASSERT_TRUE(opened && !*opened);
  EXPECT_NE(opened->error().message().find("do not belong together"), std::string::npos);
}

TEST(History, rot_in_any_byte_is_found_told_with_its_place_and_the_rest_keeps_serving) {
  Model model;
  std::uint64_t bytes = 0;
  const std::string path = "history/segment-000000000001.seg";
  for (std::uint64_t at = 0; at == 0 || at < bytes; ++at) {
    sim::Machine machine(11);
    model.clear();
    {
      Node node(machine);
      ASSERT_TRUE(node.open());
      SentBatch batch;
      for (std::uint32_t signal = 1; signal <= 4; ++signal) {
        for (std::int64_t time = 0; time < 3; ++time) {
          batch.push_back({AssetId(1), SignalId(signal), Time(time * time),
                           testing::value_for(SignalId(signal), static_cast<std::uint64_t>(time)), quality_good});
        }
      }
      testing::apply(model, batch);
      node.append(batch);
      ASSERT_TRUE(node.settle());
      node.close();
    }
    bytes = machine.contents(path)->size();
    ASSERT_TRUE(machine.rot(path, at));
    Node node(machine);
    const auto verified = *node.process().run(verify(&node.process().files(), "history"));
    ASSERT_TRUE(verified);
    EXPECT_FALSE(verified->damage.empty()) << "byte " << at;
    ASSERT_TRUE(node.open());
    unsigned whole = 0;
    for (std::uint32_t signal = 1; signal <= 4; ++signal) {
      bool incomplete = false;
      const Scan scan = scan_of(SignalId(signal));
      const auto lines = node.lines(scan, &incomplete);
      const bool right = *lines == testing::expected(model, scan);
      EXPECT_TRUE(right || (incomplete && lines->empty())) << "byte " << at << " signal " << signal;
      if (right) ++whole;
    }
    EXPECT_GE(whole, 3U) << "byte " << at;
    EXPECT_TRUE(machine.journal().has(path + ": ")) << "byte " << at;
    const auto counters = node.history().counters();
    EXPECT_GE(counters.damaged_chunks + counters.damaged_segments, 1U);
  }
  EXPECT_GT(bytes, 300U);
}

TEST(History, memory_stays_bounded_while_checkpoints_are_made) {
  sim::Machine machine(12);
  sim::Rng rng(12);
  Model model;
  Node node(machine);
  HistorySettings settings;
  settings.head_bytes_max = 200'000;
  settings.read_bytes = 1000;
  ASSERT_TRUE(node.open(settings));
  for (int i = 0; i < 300; ++i) {
    const SentBatch batch = random_batch(rng, 30, 100'000);
    testing::apply(model, batch);
    node.append(batch);
    if (i % 10 == 0) {
      ASSERT_TRUE(node.settle());
    }
    ASSERT_LE(node.history().counters().head_bytes, settings.head_bytes_max + 50'000);
  }
  ASSERT_TRUE(node.settle());
  EXPECT_TRUE(equals_model(node, model));
  EXPECT_GT(node.history().counters().checkpoints, 2U);
}

}  // namespace
}  // namespace artery::history
