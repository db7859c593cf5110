// Compaction: which segments become one, and that nobody sees a difference.
#include "history/compaction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "history/history_test.h"
#include "history/segment_format.h"
#include "runtime/sim/rng.h"

namespace artery::history {
namespace {

using testing::Model;
using testing::Node;
using testing::SentBatch;

constexpr std::uint64_t mebibyte = 1U << 20;

std::vector<SegmentEntry> segments_of(const std::vector<std::uint64_t>& mebibytes) {
  std::vector<SegmentEntry> segments;
  for (const std::uint64_t size : mebibytes)
    segments.push_back(
        {.number = segments.size() + 1, .from = {}, .to = {}, .bytes = size * mebibyte, .clean = {}, .archived = {}});
  return segments;
}

std::pair<std::size_t, std::size_t> chosen(const std::vector<std::uint64_t>& mebibytes) {
  const auto found = choose_neighbours(segments_of(mebibytes), {.neighbours = 3, .segment_bytes_max = 1000 * mebibyte});
  return found ? std::pair(found->begin, found->end) : std::pair(std::size_t{0}, std::size_t{0});
}

TEST(Compaction, merges_neighbours_of_about_one_size_the_smallest_first) {
  const std::pair<std::size_t, std::size_t> none{0, 0};
  EXPECT_EQ(chosen({}), none);
  EXPECT_EQ(chosen({1, 1}), none);
  EXPECT_EQ(chosen({1, 1, 1}), std::pair(0UL, 3UL));
  EXPECT_EQ(chosen({300, 2, 2, 2}), std::pair(1UL, 4UL));
  EXPECT_EQ(chosen({80, 80, 80, 300, 2, 2, 2}), std::pair(4UL, 7UL));
  EXPECT_EQ(chosen({80, 80, 80, 2, 2}), std::pair(0UL, 5UL));  // what is smaller beside them comes along
  EXPECT_EQ(chosen({300, 2, 2}), none);                        // it would be written again for little
  EXPECT_EQ(chosen({600, 600, 600}), none);                    // too much together
  EXPECT_EQ(chosen({2, 600, 2, 600, 2}), none);
}

class CompactionTest : public ::testing::Test {
 protected:
  CompactionTest() { settings.compaction.neighbours = 3; }
  static constexpr std::uint32_t signals = 3 * testing::signals_per_asset;

  SentBatch batch() {
    SentBatch sent;
    for (std::uint64_t i = 1 + rng.below(40); i > 0; --i) {
      const SignalId signal(static_cast<std::uint32_t>(1 + rng.below(signals)));
      sent.push_back({testing::asset_of(signal), signal, Time(static_cast<std::int64_t>(rng.below(300))),
                      testing::value_for(signal, rng.below(5)), quality_good});
    }
    return sent;
  }
  void fill(Node& node, int checkpoints) {
    for (int i = 0; i < checkpoints; ++i) {
      const SentBatch sent = batch();
      testing::apply(model, sent);
      node.append(sent);
      ASSERT_TRUE(node.settle());
      ASSERT_TRUE(node.checkpoint());
    }
  }
  // Whether every signal is as the model says; with what is incomplete in it.
  bool is_whole(Node& node, unsigned* incomplete = nullptr) {
    bool same = true;
    for (std::uint32_t number = 1; number <= signals; ++number) {
      Scan scan;
      scan.signal = SignalId(number);
      scan.asset = testing::asset_of(scan.signal);
      scan.revisions = Revisions::all;
      bool holes = false;
      same = *node.lines(scan, &holes) == testing::expected(model, scan) && same;
      if (incomplete != nullptr && holes) ++*incomplete;
    }
    return same;
  }
  static std::size_t files(Node& node) {
    const auto entries = node.process().run(node.process().files().list("history"));
    return static_cast<std::size_t>(std::ranges::count_if(
        **entries, [](const auto& entry) { return entry.name.find("segment-") != std::string::npos; }));
  }

  sim::Machine machine{21};
  sim::Rng rng{21};
  Model model;
  HistorySettings settings;
};

TEST_F(CompactionTest, shows_the_same_in_fewer_segments_also_after_a_start) {
  {
    Node node(machine);
    ASSERT_TRUE(node.open(settings));
    fill(node, 30);
    ASSERT_TRUE(node.process().run_until([&] { return node.history().counters().segments < 4; }));
    EXPECT_GE(node.history().counters().compactions, 3U);
    node.process().run_for(std::chrono::seconds(1));
    EXPECT_TRUE(is_whole(node));
    EXPECT_EQ(files(node), node.history().counters().segments) << "what was merged is gone";
    node.close();
  }
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  EXPECT_TRUE(is_whole(node));
}

// A small node would otherwise keep its last segments as they were written in haste.
TEST_F(CompactionTest, codes_for_rest_what_no_merge_comes_to_for_a_day_and_once) {
  settings.compaction.neighbours = 1000;
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  fill(node, 2);
  const std::uint64_t light = node.history().counters().segment_bytes;
  node.process().run_for(std::chrono::hours(23));
  EXPECT_EQ(node.history().counters().compactions, 0U);
  node.process().run_for(std::chrono::hours(3));
  EXPECT_EQ(node.history().counters().segments, 1U);
  EXPECT_LT(node.history().counters().segment_bytes, light);
  EXPECT_TRUE(is_whole(node));
  node.process().run_for(std::chrono::hours(100));
  EXPECT_EQ(node.history().counters().compactions, 1U);
  fill(node, 1);
  node.process().run_for(std::chrono::hours(26));
  EXPECT_EQ(node.history().counters().segments, 2U) << "what rests is left alone";
  EXPECT_EQ(node.history().counters().compactions, 2U);
}

TEST_F(CompactionTest, takes_the_time_that_the_bytes_it_may_move_need) {
  settings.compaction.bytes_per_second = 1000;
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  fill(node, 2);
  const std::uint64_t bytes = node.history().counters().segment_bytes;
  const Instant begin = machine.instant();
  fill(node, 1);
  ASSERT_TRUE(node.process().run_until([&] { return node.history().counters().compactions > 0; }));
  const double seconds = std::chrono::duration<double>(machine.instant() - begin).count();
  EXPECT_GT(seconds, static_cast<double>(bytes) / 1000 / 4) << "footers are not counted";
  EXPECT_TRUE(is_whole(node));
  // A stop does not wait for it.
  fill(node, 3);
  const Instant end = machine.instant();
  node.close();
  EXPECT_LT(machine.instant() - end, std::chrono::milliseconds(200));
}

TEST_F(CompactionTest, waits_until_the_disk_has_room_for_what_it_writes) {
  Node node(machine);
  node.set_room(100);
  ASSERT_TRUE(node.open(settings));
  fill(node, 30);
  node.process().run_for(std::chrono::seconds(10));
  EXPECT_EQ(node.history().counters().segments, 30U);
  node.set_room(1U << 30);
  fill(node, 1);
  EXPECT_TRUE(node.process().run_until([&] { return node.history().counters().segments < 6; }));
  EXPECT_TRUE(is_whole(node));
}

TEST_F(CompactionTest, leaves_segments_with_damage_as_they_are) {
  settings.compaction.neighbours = 1000;
  {
    Node node(machine);
    ASSERT_TRUE(node.open(settings));
    fill(node, 6);
    node.close();
  }
  ASSERT_TRUE(machine.rot("history/segment-000000000003.seg", segment_header_bytes + 20));
  settings.compaction.neighbours = 3;
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  fill(node, 3);
  node.process().run_for(std::chrono::seconds(10));
  unsigned incomplete = 0;
  static_cast<void>(is_whole(node, &incomplete));
  EXPECT_GE(incomplete, 1U) << "what is missing is still told";
  EXPECT_TRUE(machine.contents("history/segment-000000000003.seg"));
}

TEST_F(CompactionTest, shows_what_a_full_disk_keeps_from_being_sealed) {
  constexpr std::int64_t rows = 4000;
  const auto send = [&](Node& node, std::int64_t first, std::uint32_t signal_count, auto value_at) {
    SentBatch sent;
    for (std::int64_t row = first; row < first + rows; ++row) {
      const SignalId signal(static_cast<std::uint32_t>(row % signal_count) * testing::signals_per_asset + 1);
      sent.push_back({testing::asset_of(signal), signal, Time(row), value_at(row), quality_good});
    }
    testing::apply(model, sent);
    node.append(sent);
    ASSERT_TRUE(node.settle());
  };
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  constexpr std::int64_t segments = 3;
  for (std::int64_t segment = 0; segment < segments; ++segment) {
    send(node, segment * rows, 60, [](std::int64_t) { return 1.0; });  // every signal is a chunk to read
    ASSERT_TRUE(node.checkpoint());
  }
  send(node, segments * rows, 1, [](std::int64_t row) { return std::sin(static_cast<double>(row)); });
  const std::uint64_t room =
      std::exchange(machine.faults().capacity_bytes, machine.disk().used_bytes() + std::uint64_t{rows} * 4);
  const auto refused = node.process().run(node.history().checkpoint());
  ASSERT_TRUE(refused && !*refused && refused->error().is(runtime::FileError::no_space));
  ASSERT_EQ(node.history().counters().compactions, 0U) << "it is on its way";
  node.process().run_for(std::chrono::seconds(10));
  ASSERT_EQ(node.history().counters().compactions, 1U);
  EXPECT_EQ(node.history().counters().checkpoints, 3U);
  EXPECT_TRUE(is_whole(node));
  machine.faults().capacity_bytes = room;
  ASSERT_TRUE(node.checkpoint());
  EXPECT_TRUE(is_whole(node));
}

TEST_F(CompactionTest, a_scan_goes_on_over_what_was_there_when_it_began) {
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  fill(node, 2);
  Scan scan;
  scan.signal = SignalId(1);
  scan.asset = testing::asset_of(scan.signal);
  scan.revisions = Revisions::all;
  const auto before = testing::expected(model, scan);
  auto cursor = std::move(**node.process().run(node.history().scan(scan)));
  fill(node, 4);
  ASSERT_TRUE(node.process().run_until([&] { return node.history().counters().compactions > 0; }));
  node.process().run_for(std::chrono::seconds(1));
  EXPECT_GT(files(node), node.history().counters().segments) << "the scan keeps its files";
  std::size_t rows = 0;
  while (true) {
    const auto samples = **node.process().run(cursor.next());
    if (samples.empty()) break;
    rows += samples.size();
  }
  EXPECT_FALSE(cursor.incomplete());
  EXPECT_EQ(rows, before.size());
}

}  // namespace
}  // namespace artery::history
