// What archives tell of samples that are let go of, held against the samples.
#include "history/archive.h"

#include <gtest/gtest.h>

#include <functional>

#include "history/history_test.h"
#include "history/repair.h"
#include "history/summary_expect_test.h"
#include "runtime/sim/rng.h"

namespace artery::history {
namespace {

using namespace std::chrono_literals;
using testing::Model;
using testing::Node;
using testing::SentBatch;

constexpr Duration day = 24h;
constexpr SignalId archived_signal{2};  // i64
constexpr SignalId other_signal{1};
const AssetId asset = testing::asset_of(archived_signal);

Time plus(Time time, Duration by) { return Time(time.value() + by.count()); }
Time start_of_day(Time time) { return Time(time.value() / day.count() * day.count()); }

struct Told {
  std::vector<Summary> summaries;
  bool incomplete = false;
  std::optional<ArchivedPart> archived;
};

// Samples of s1 and s2 are kept for three days, what those of s2 came to for 30.
struct ArchiveTest : ::testing::Test {
  ArchiveTest() {
    settings.tiles = {.rows_min = 1, .rows_per_tile = 0, .bytes_share = 0};
    settings.retention = {{"s1", 3 * day}, {"s2", 3 * day}};
    settings.tiles_retention = {{"s2", 30 * day}};
    settings.compaction.neighbours = 1000;
  }

  void send(Node& node, const SentBatch& batch) {
    testing::apply(model, batch);
    node.append(batch);
    ASSERT_TRUE(node.settle());
  }
  // Of the signal, from `first` on.
  static SentBatch series(SignalId signal, Time first, Duration step, std::size_t count, std::uint64_t seed = 1) {
    sim::Rng rng(seed);
    SentBatch batch;
    for (std::size_t i = 0; i < count; ++i) {
      const Quality quality = rng.below(9) == 0 ? quality_bad : quality_good;
      batch.push_back({asset, signal, plus(first, step * static_cast<std::int64_t>(i)),
                       testing::value_for(signal, rng.below(1000)), quality});
    }
    return batch;
  }
  // Days of samples of every 20 minutes, the last one yesterday.
  [[nodiscard]] SentBatch days(SignalId signal, int count) const {
    const Time today = start_of_day(machine.now());
    return series(signal, plus(today, -count * day), 20min, static_cast<std::size_t>(count) * 72);
  }
  [[nodiscard]] Time samples_horizon() const { return plus(start_of_day(machine.now()), -3 * day); }
  [[nodiscard]] Time tiles_horizon() const { return plus(start_of_day(machine.now()), -30 * day); }

  static SummaryScan scan_of(SignalId signal, Duration step) {
    SummaryScan scan;
    scan.asset = asset;
    scan.signal = signal;
    const std::int64_t length = step.count();
    scan.end_of = [length](Time time) { return Time((time.value() / length + 1) * length); };
    return scan;
  }
  static Told told(Node& node, const SummaryScan& scan) {
    auto found = node.process().run(read_all(&node.history(), scan));
    EXPECT_TRUE(found);
    return found ? std::move(*found) : Told{};
  }
  static runtime::Task<Told> read_all(History* history, SummaryScan scan) {
    Told all;
    auto cursor = co_await history->summaries(std::move(scan));
    EXPECT_TRUE(cursor);
    while (cursor) {
      const auto some = co_await cursor->next();
      EXPECT_TRUE(some);
      if (!some || some->empty()) break;
      all.summaries.insert(all.summaries.end(), some->begin(), some->end());
    }
    if (cursor) {
      all.incomplete = cursor->incomplete();
      all.archived = cursor->archived();
    }
    co_return all;
  }
  // That it is told what the samples from the tiles' horizon on came to.
  void expect_model(Node& node, SummaryScan scan, std::string_view what) {
    const auto is = told(node, scan);
    scan.from = std::max(scan.from, tiles_horizon());
    const auto should = testing::expected_of(model, scan);
    EXPECT_FALSE(is.incomplete) << what;
    ASSERT_EQ(is.summaries.size(), should.size()) << what;
    for (std::size_t i = 0; i < should.size(); ++i) {
      testing::expect_same_points(is.summaries[i], should[i]);
      testing::expect_same_exact_sums(is.summaries[i], should[i]);
    }
    ASSERT_FALSE(HasFailure()) << what;
  }
  void expect_model(Node& node, std::string_view what) {
    for (const Duration step : {Duration(20min), Duration(1h), Duration(5h), Duration(24h), 100 * day})
      expect_model(node, scan_of(archived_signal, step), what);
  }
  static std::size_t samples_shown(Node& node, SignalId signal) {
    Scan scan;
    scan.asset = asset;
    scan.signal = signal;
    return node.lines(scan)->size();
  }
  static bool archives_made(Node& node, std::uint64_t count) {
    return node.process().run_until([&] { return node.history().counters().archives == count; });
  }
  std::string the_archive() {
    for (std::uint64_t number = 1; number < 100; ++number) {
      const std::string path = fmt::format("history/{}", archive_name(number));
      if (machine.contents(path)) return path;
    }
    return "";
  }

  sim::Machine machine{8};
  HistorySettings settings;
  Model model;
};

TEST_F(ArchiveTest, tells_what_samples_came_to_that_are_let_go_of) {
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  send(node, days(archived_signal, 12));
  send(node, days(other_signal, 12));
  expect_model(node, "from memory, with no archive");
  ASSERT_TRUE(node.checkpoint());
  expect_model(node, "from the segment");
  ASSERT_TRUE(archives_made(node, 1) || node.history().counters().archives == 1);
  expect_model(node, "from the archive");
  EXPECT_EQ(samples_shown(node, archived_signal), 3U * 72);
  const auto archived = told(node, scan_of(archived_signal, day)).archived;
  ASSERT_TRUE(archived);
  EXPECT_EQ(archived->before, samples_horizon());
  EXPECT_FALSE(archived->quality_unheeded || archived->late_left_out);
  EXPECT_FALSE(told(node, scan_of(other_signal, day)).archived);
  EXPECT_EQ(told(node, scan_of(other_signal, day)).summaries.size(), 3U) << "no rule keeps its tiles";
}

TEST_F(ArchiveTest, has_corrections_and_what_came_late_or_was_deleted) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::Rng rng(seed);
    sim::Machine one(seed);
    model.clear();
    settings.compaction.neighbours = 2 + rng.below(8);
    Node node(one);
    ASSERT_TRUE(node.open(settings));
    const Time first = plus(start_of_day(one.now()), -9 * day);
    for (std::uint64_t batch = 0; batch < 6; ++batch) {
      const Duration step = 1min * static_cast<std::int64_t>(1 + rng.below(90));
      const Time from = plus(first, 1min * static_cast<std::int64_t>(rng.below(9000)));
      send(node, series(archived_signal, from, step, 1 + rng.below(200), seed * 100 + batch));
      if (rng.chance(0.4)) {
        const Time begin = plus(first, 1min * static_cast<std::int64_t>(rng.below(9000)));
        const std::vector<Deletion> deletions{{asset, archived_signal, begin, plus(begin, 3h)}};
        testing::apply(model, deletions);
        node.append({}, deletions);
        ASSERT_TRUE(node.settle());
      }
      if (batch < 5 && rng.chance(0.5)) node.process().run_for(1s);
    }
    ASSERT_TRUE(node.checkpoint());
    ASSERT_TRUE(archives_made(node, 1));
    for (const Duration step : {Duration(20min), Duration(1h), Duration(24h)}) {
      SummaryScan scan = scan_of(archived_signal, step);
      const auto is = told(node, scan);
      const auto should = testing::expected_of(model, scan);
      ASSERT_EQ(is.summaries.size(), should.size()) << "seed " << seed;
      for (std::size_t i = 0; i < should.size(); ++i) {
        testing::expect_same_points(is.summaries[i], should[i]);
        testing::expect_same_exact_sums(is.summaries[i], should[i]);
      }
      ASSERT_FALSE(HasFailure()) << "seed " << seed;
    }
  }
}

TEST_F(ArchiveTest, grows_day_by_day_while_samples_leave_the_disk) {
  settings.compaction.neighbours = 4;
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  for (int i = 0; i < 12; ++i) {
    send(node, series(archived_signal, plus(start_of_day(machine.now()), -1 * day), 20min, 72,
                      static_cast<std::uint64_t>(i)));
    ASSERT_TRUE(node.checkpoint());
    node.process().run_for(day);
    expect_model(node, fmt::format("day {}", i));
  }
  node.process().run_for(2h);
  EXPECT_LT(node.history().counters().segment_samples, 6U * 72);
  EXPECT_LT(node.history().counters().archives, 5U) << "neighbours become one";
  expect_model(node, "in the end");
}

TEST_F(ArchiveTest, keeps_tiles_until_they_are_too_old) {
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  send(node, days(archived_signal, 12));
  ASSERT_TRUE(node.checkpoint());
  for (int i = 0; i < 22; ++i) {
    node.process().run_for(day);
    expect_model(node, fmt::format("day {}", i));
  }
  EXPECT_GE(node.history().counters().archives, 1U);
  node.process().run_for(10 * day);
  EXPECT_TRUE(told(node, scan_of(archived_signal, day)).summaries.empty());
  EXPECT_EQ(node.history().counters().archives, 0U);
  EXPECT_EQ(node.history().counters().segments, 0U);
}

TEST_F(ArchiveTest, is_there_after_a_restart_and_goes_on_where_it_ends) {
  {
    Node node(machine);
    ASSERT_TRUE(node.open(settings));
    send(node, days(archived_signal, 12));
    ASSERT_TRUE(node.checkpoint());
    ASSERT_TRUE(archives_made(node, 1));
    node.close();
  }
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  expect_model(node, "after a restart");
  node.process().run_for(2 * day);
  expect_model(node, "two days later");
  EXPECT_GE(node.history().counters().archives, 2U);
}

TEST_F(ArchiveTest, counts_a_tile_as_a_whole_where_its_first_sample_lies) {
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  const Time first = plus(start_of_day(machine.now()), -9 * day);
  send(node, series(archived_signal, first, 10s, 720));  // two hours
  ASSERT_TRUE(node.checkpoint());
  ASSERT_TRUE(archives_made(node, 1));
  SummaryScan scan = scan_of(archived_signal, 100 * day);
  scan.from = plus(first, 5min + 1s);
  scan.to = plus(first, 30min + 1s);
  const auto part = told(node, scan);
  ASSERT_EQ(part.summaries.size(), 1U);
  EXPECT_EQ(part.summaries.front().first.time, plus(first, 6min));
  EXPECT_EQ(part.summaries.front().last.time, plus(first, 30min + 50s));
  // Ranges side by side have every sample but those of the tile that the first begins in.
  std::uint64_t count = 0;
  for (Time from = plus(first, -1s); from < plus(first, 3h); from = plus(from, 77s)) {
    scan.from = from;
    scan.to = plus(from, 77s);
    for (const Summary& summary : told(node, scan).summaries) count += summary.count;
  }
  EXPECT_EQ(count, 720U);
}

TEST_F(ArchiveTest, hides_a_tile_that_a_deletion_meets_and_is_rewritten_without_it) {
  settings.compaction.purge_after = 1h;
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  const Time first = plus(start_of_day(machine.now()), -9 * day);
  send(node, series(archived_signal, first, 10s, 720));
  ASSERT_TRUE(node.checkpoint());
  ASSERT_TRUE(archives_made(node, 1));
  const Time gone = plus(first, 7min + 10s);
  node.append({}, {{asset, archived_signal, gone, plus(gone, 1s)}});
  ASSERT_TRUE(node.settle());
  testing::apply(model, std::vector<Deletion>{{asset, archived_signal, plus(first, 7min), plus(first, 8min)}});
  expect_model(node, scan_of(archived_signal, 1h), "its minute at once");
  ASSERT_TRUE(node.checkpoint());
  expect_model(node, scan_of(archived_signal, 1h), "when segments have it");
  const std::string before = the_archive();
  node.process().run_for(3h);
  EXPECT_NE(the_archive(), before) << "it was rewritten";
  EXPECT_EQ(node.history().counters().deletions, 0U);
  for (const Duration step : {Duration(1min), Duration(10min), Duration(1h), Duration(24h)})
    expect_model(node, scan_of(archived_signal, step), "after the rewrite");
}

TEST_F(ArchiveTest, does_not_count_what_comes_when_its_day_is_archived) {
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  send(node, days(archived_signal, 12));
  ASSERT_TRUE(node.checkpoint());
  ASSERT_TRUE(archives_made(node, 1));
  node.append(series(archived_signal, plus(samples_horizon(), -2 * day + 1s), 20min, 3));
  ASSERT_TRUE(node.settle());
  expect_model(node, "in memory");
  EXPECT_TRUE(told(node, scan_of(archived_signal, day)).archived->late_left_out);
  ASSERT_TRUE(node.checkpoint());
  expect_model(node, "in a segment");
  EXPECT_TRUE(told(node, scan_of(archived_signal, day)).archived->late_left_out);
  SummaryScan other_days = scan_of(archived_signal, day);
  other_days.to = plus(samples_horizon(), -3 * day);
  EXPECT_FALSE(told(node, other_days).archived->late_left_out);
  send(node, series(archived_signal, plus(samples_horizon(), 1s), 20min, 3));
  expect_model(node, "of a day that is not archived");
}

TEST_F(ArchiveTest, leaves_uncertain_samples_out_where_tiles_can_tell_and_else_says_that_it_cannot) {
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  const Time first = plus(start_of_day(machine.now()), -9 * day);
  SentBatch batch = series(archived_signal, first, 10s, 2 * 360);  // two hours
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::size_t minute = i / 6;
    if (minute == 7 || minute == 90) batch[i].quality = quality_uncertain;  // all of them, whatever they were
  }
  send(node, batch);
  ASSERT_TRUE(node.checkpoint());
  ASSERT_TRUE(archives_made(node, 1));
  SummaryScan scan = scan_of(archived_signal, 1h);
  scan.usable = Usable::good;
  expect_model(node, scan, "whole minutes");
  EXPECT_FALSE(told(node, scan).archived->quality_unheeded);
  scan.usable = Usable::any;
  EXPECT_TRUE(told(node, scan).archived->quality_unheeded) << "bad samples are not in tiles";
}

TEST_F(ArchiveTest, says_that_uncertain_samples_count_which_share_a_tile_with_good_ones) {
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  const Time first = plus(start_of_day(machine.now()), -9 * day);
  SentBatch batch = series(archived_signal, first, 10s, 2 * 360);
  for (auto& sample : batch) sample.quality = quality_good;
  batch[8].quality = quality_uncertain;
  send(node, batch);
  ASSERT_TRUE(node.checkpoint());
  ASSERT_TRUE(archives_made(node, 1));
  SummaryScan scan = scan_of(archived_signal, 1h);
  scan.usable = Usable::good;
  const auto is = told(node, scan);
  ASSERT_EQ(is.summaries.size(), 2U);
  EXPECT_EQ(is.summaries.front().usable(), 360U);
  EXPECT_TRUE(is.archived->quality_unheeded);
  scan.from = plus(first, 1h);
  EXPECT_FALSE(told(node, scan).archived->quality_unheeded) << "there is none in the second hour";
}

TEST_F(ArchiveTest, samples_stay_while_the_disk_has_no_room_for_an_archive) {
  machine.set_synchronised(false);
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  for (int i = 12; i > 0; --i) {
    send(node, series(archived_signal, plus(start_of_day(machine.now()), -i * day), 20min, 72));
    ASSERT_TRUE(node.checkpoint());
  }
  const std::uint64_t room = std::exchange(machine.faults().capacity_bytes, machine.disk().used_bytes() + 100);
  machine.set_synchronised(true);
  node.process().run_for(5h);
  EXPECT_EQ(node.history().counters().archives, 0U);
  EXPECT_EQ(node.history().counters().segment_samples, 12U * 72);
  expect_model(node, "without room");
  machine.faults().capacity_bytes = room;
  node.process().run_for(5h);
  EXPECT_EQ(node.history().counters().archives, 1U);
  EXPECT_EQ(node.history().counters().segment_samples, samples_shown(node, archived_signal));
  expect_model(node, "with room");
}

TEST_F(ArchiveTest, says_that_it_misses_what_damage_has_eaten_of_it) {
  {
    Node node(machine);
    ASSERT_TRUE(node.open(settings));
    send(node, days(archived_signal, 12));
    ASSERT_TRUE(node.checkpoint());
    ASSERT_TRUE(archives_made(node, 1));
    node.close();
  }
  const Buffer bytes = *machine.contents(the_archive());
  const auto trailer = SegmentTrailer::read(Bytes(bytes).last(segment_trailer_bytes), bytes.size());
  ASSERT_TRUE(machine.rot(the_archive(), trailer->footer_at - 5)) << "in the tiles of days";
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  const auto is = told(node, scan_of(archived_signal, 1h));
  EXPECT_TRUE(is.incomplete);
  EXPECT_EQ(is.summaries.size(), 12U * 24) << "tiles of hours have all that tiles of days had";
  EXPECT_EQ(node.history().counters().damaged_chunks, 1U);
}

// Of a history that no node has open.
Repaired repaired(sim::Machine& machine, const TilePolicy& tiles) {
  sim::Process process(machine);
  RepairJob job;
  job.files = &process.files();
  job.folder = "history";
  job.log_folder = "log";
  job.names = [](SignalId signal) { return SignalFacts{fmt::format("s{}", signal.value()), "kPa"}; };
  job.now = machine.now();
  job.tiles = tiles;
  job.write = true;
  auto done = process.run(repair(std::move(job)));
  EXPECT_TRUE(done && *done) << (done && !*done ? done->error().message() : "");
  return done && *done ? std::move(**done) : Repaired();
}

TEST_F(ArchiveTest, is_repaired_from_what_can_be_read_and_names_what_is_lost) {
  {
    Node node(machine);
    ASSERT_TRUE(node.open(settings));
    send(node, days(archived_signal, 12));
    ASSERT_TRUE(node.checkpoint());
    ASSERT_TRUE(archives_made(node, 1));
    node.close();
  }
  const Buffer bytes = *machine.contents(the_archive());
  const auto trailer = SegmentTrailer::read(Bytes(bytes).last(segment_trailer_bytes), bytes.size());
  ASSERT_TRUE(machine.rot(the_archive(), trailer->footer_at - 5));
  const Repaired done = repaired(machine, settings.tiles);
  ASSERT_EQ(done.losses.size(), 1U);
  EXPECT_NE(done.losses.front().find("lost are 9 tiles of 1440 min of signal 2"), std::string::npos)
      << done.losses.front();
  EXPECT_TRUE(repaired(machine, settings.tiles).steps.empty());
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  expect_model(node, "tiles of days are made of those of hours");
}

TEST_F(ArchiveTest, is_found_again_when_the_manifest_is_gone) {
  settings.compaction.neighbours = 3;
  {
    Node node(machine);
    ASSERT_TRUE(node.open(settings));
    send(node, days(archived_signal, 12));
    ASSERT_TRUE(node.checkpoint());
    node.process().run_for(5 * day);
    expect_model(node, "before");
    node.close();
  }
  {
    sim::Process process(machine);
    ASSERT_TRUE(*process.run(process.files().remove("history/manifest")));
  }
  const Repaired done = repaired(machine, settings.tiles);
  EXPECT_EQ(done.losses, std::vector<std::string>());
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  expect_model(node, "after");
}

TEST_F(ArchiveTest, is_not_made_of_a_signal_with_damage_whose_samples_then_stay) {
  settings.compaction.neighbours = 1000;
  {
    Node node(machine);
    auto none = settings;
    none.retention.clear();
    ASSERT_TRUE(node.open(none));
    send(node, days(archived_signal, 12));
    ASSERT_TRUE(node.checkpoint());
    node.close();
  }
  ASSERT_TRUE(machine.rot("history/segment-000000000001.seg", segment_header_bytes + 20));
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  node.process().run_for(5h);
  EXPECT_EQ(node.history().counters().archives, 0U);
  EXPECT_EQ(node.history().counters().segment_samples, 12U * 72);
  const auto lines = machine.journal().lines();
  EXPECT_TRUE(std::ranges::any_of(
      lines, [](const auto& line) { return line.text.find("1 signals are not archived") != std::string::npos; }));
}

TEST_F(ArchiveTest, tells_nothing_of_a_time_before_it_was_made) {
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  send(node, days(archived_signal, 12));
  const Time then = machine.now();
  ASSERT_TRUE(node.checkpoint());
  ASSERT_TRUE(archives_made(node, 1));
  node.process().run_for(1h);
  SummaryScan scan = scan_of(archived_signal, day);
  scan.as_of = then;
  const auto before = told(node, scan);
  EXPECT_TRUE(before.incomplete);
  EXPECT_EQ(before.summaries.size(), 3U);
  scan.as_of = machine.now();
  const auto now = told(node, scan);
  EXPECT_FALSE(now.incomplete);
  EXPECT_EQ(now.summaries.size(), 12U);
}

TEST_F(ArchiveTest, is_not_made_while_the_clock_may_be_wrong) {
  machine.set_synchronised(false);
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  send(node, days(archived_signal, 12));
  ASSERT_TRUE(node.checkpoint());
  node.process().run_for(3 * day);
  EXPECT_EQ(node.history().counters().archives, 0U);
  EXPECT_EQ(samples_shown(node, archived_signal), 12U * 72);
}

}  // namespace
}  // namespace artery::history
