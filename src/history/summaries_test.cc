// What is summed up with tiles is what the samples come to, however they are spread over segments, memory and the log.
#include <gtest/gtest.h>

#include <cmath>

#include "history/history_test.h"
#include "history/summary_expect_test.h"
#include "runtime/sim/rng.h"

namespace artery::history {
namespace {

using testing::expected_of;
using testing::Model;
using testing::Node;
using testing::SentBatch;

constexpr std::int64_t second = 1'000'000'000;
constexpr SignalId signal{1};

void expect_near(double is, double should, double size) { EXPECT_LE(std::abs(is - should), 1e-12 * size); }

void expect_same(const Summary& is, const Summary& should, SummaryParts parts) {
  testing::expect_same_points(is, should);
  if (parts == SummaryParts::points) return;
  testing::expect_same_exact_sums(is, should);
  // All values sent are at least 0.
  expect_near(is.sum.value(), should.sum.value(), should.sum.value());
  expect_near(is.weighted.stepped.value(), should.weighted.stepped.value(), should.weighted.stepped.value());
  expect_near(is.weighted.linear.value(), should.weighted.linear.value(), should.weighted.linear.value());
  expect_near(is.squares, should.squares, should.squares + 1);
}

class SummariesTest : public ::testing::Test {
 protected:
  SummariesTest() { settings.tiles = {.rows_min = 1, .rows_per_tile = 0, .bytes_share = 0}; }

  std::vector<Summary> summaries(Node& node, const SummaryScan& scan) {
    auto read = node.process().run(read_all(&node.history(), scan));
    EXPECT_TRUE(read);
    return read ? *read : std::vector<Summary>();
  }
  runtime::Task<std::vector<Summary>> read_all(History* history, SummaryScan scan) {
    std::vector<Summary> all;
    auto cursor = co_await history->summaries(std::move(scan));
    EXPECT_TRUE(cursor);
    while (cursor) {
      const auto some = co_await cursor->next();
      EXPECT_TRUE(some);
      if (!some || some->empty()) break;
      all.insert(all.end(), some->begin(), some->end());
    }
    if (cursor) incomplete = cursor->incomplete();
    co_return all;
  }
  void expect_model(Node& node, const SummaryScan& scan, const std::string& what) {
    const auto is = summaries(node, scan);
    const auto should = expected_of(model, scan);
    ASSERT_EQ(is.size(), should.size()) << what;
    for (std::size_t i = 0; i < is.size(); ++i) expect_same(is[i], should[i], scan.parts);
    ASSERT_FALSE(HasFailure()) << what;
  }

  HistorySettings settings;
  Model model;
  bool incomplete = false;
};

// Samples of one signal, from some 20 minutes on: in order, or some of them late, corrected or repeated.
SentBatch random_batch(sim::Rng& rng, SignalId of, std::int64_t& clock) {
  SentBatch sent;
  const bool late = rng.chance(0.3);
  std::int64_t time =
      late ? static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(clock / second + 1))) * second : clock;
  for (std::uint64_t i = 20 + rng.below(200); i > 0; --i) {
    time += static_cast<std::int64_t>(1 + rng.below(late ? 300 : 30)) * second;
    const Quality quality = rng.chance(0.97) ? quality_good : (rng.chance(0.5) ? quality_bad : quality_uncertain);
    sent.push_back({testing::asset_of(of), of, Time(time), testing::value_for(of, rng.below(100) + 2), quality});
  }
  clock = std::max(clock, time);
  return sent;
}

SummaryScan random_scan(sim::Rng& rng, SignalId of, std::int64_t clock) {
  SummaryScan scan;
  scan.asset = testing::asset_of(of);
  scan.signal = of;
  const auto some_time = [&] { return Time(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(clock)))); };
  if (rng.chance(0.7)) scan.from = some_time();
  if (rng.chance(0.7)) scan.to = Time(std::max(some_time(), scan.from).value() + 1);
  static constexpr std::array<std::int64_t, 6> steps{7, 60, 600, 1000, 3600, 86'400};
  const std::int64_t step = steps.at(rng.below(steps.size())) * second;
  if (rng.chance(0.8)) scan.end_of = [step](Time time) { return Time((time.value() / step + 1) * step); };
  scan.usable = static_cast<Usable>(rng.below(3));
  if (rng.chance(0.3)) scan.parts = SummaryParts::points;
  return scan;
}

TEST_F(SummariesTest, are_what_the_samples_come_to) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    sim::Rng rng(seed);
    sim::Machine machine(seed);
    model.clear();
    settings.compaction.neighbours = 2 + rng.below(6);
    const SignalId of(static_cast<std::uint32_t>(1 + rng.below(testing::signals_per_asset)));
    Node node(machine);
    ASSERT_TRUE(node.open(settings));
    std::int64_t clock = 1200 * second;
    for (std::uint64_t i = 1 + rng.below(12); i > 0; --i) {
      const SentBatch sent = random_batch(rng, of, clock);
      testing::apply(model, sent);
      node.append(sent);
      ASSERT_TRUE(node.settle());
      const bool sealed = rng.chance(0.4) || node.checkpoint();
      ASSERT_TRUE(sealed);
    }
    for (int i = 0; i < 12; ++i) {
      const SummaryScan scan = random_scan(rng, of, clock);
      expect_model(node, scan, fmt::format("seed {}, scan {}", seed, i));
      EXPECT_FALSE(incomplete);
      if (HasFailure()) return;
    }
  }
}

// A clean history of one signal, a sample every ten seconds, in one segment of some chunks.
void fill_evenly(Node& node, Model& model, int batches) {
  for (int batch = 0; batch < batches; ++batch) {
    SentBatch sent;
    for (int row = 0; row < 4000; ++row) {
      const std::int64_t at = (std::int64_t{batch} * 4000 + row) * 10 * second;
      sent.push_back({testing::asset_of(signal), signal, Time(at),
                      testing::value_for(signal, static_cast<std::uint64_t>(row) % 50), quality_good});
    }
    testing::apply(model, sent);
    node.append(sent);
    ASSERT_TRUE(node.settle());
  }
  ASSERT_TRUE(node.checkpoint());
}

// A machine that has that on its disk and does not run.
void leave_evenly(sim::Machine& machine, const HistorySettings& settings, Model& model) {
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  fill_evenly(node, model, 5);
  node.close();
}

constexpr std::string_view only_segment = "history/segment-000000000001.seg";

SummaryScan by_hour() {
  SummaryScan scan;
  scan.asset = testing::asset_of(signal);
  scan.signal = signal;
  constexpr std::int64_t hour = 3600 * second;
  scan.end_of = [](Time time) { return Time((time.value() / hour + 1) * hour); };
  return scan;
}

TEST_F(SummariesTest, of_whole_tiles_read_no_chunk) {
  sim::Machine machine(5);
  leave_evenly(machine, settings, model);
  // The first chunk's bytes: a look at them would find the damage.
  ASSERT_TRUE(machine.rot(only_segment, segment_header_bytes + 20));
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  expect_model(node, by_hour(), "by hour");
  EXPECT_FALSE(incomplete);
  EXPECT_EQ(node.history().counters().damaged_chunks, 0U);
  SummaryScan minutes = by_hour();
  minutes.end_of = [](Time time) { return Time((time.value() / (7 * second) + 1) * (7 * second)); };
  EXPECT_LT(summaries(node, minutes).size(), expected_of(model, minutes).size());
  EXPECT_TRUE(incomplete) << "but where samples must be read it is told";
}

TEST_F(SummariesTest, read_the_samples_where_tiles_are_damaged) {
  sim::Machine machine(5);
  leave_evenly(machine, settings, model);
  const Buffer bytes = *machine.contents(only_segment);
  const auto trailer = SegmentTrailer::read(Bytes(bytes).last(segment_trailer_bytes), bytes.size());
  ASSERT_TRUE(machine.rot(only_segment, trailer->footer_at - 5)) << "in the last block before the footer";
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  SummaryScan days = by_hour();
  days.end_of = nullptr;
  expect_model(node, days, "all");
  EXPECT_FALSE(incomplete) << "no sample is missing";
  EXPECT_EQ(node.history().counters().damaged_chunks, 1U);
}

// Where the footer does not say what there is, half of a level must not pass for the whole.
TEST_F(SummariesTest, miss_nothing_where_footer_and_tiles_are_damaged) {
  sim::Machine machine(5);
  SummaryScan days = by_hour();
  days.end_of = nullptr;
  leave_evenly(machine, settings, model);
  const Buffer bytes = *machine.contents(only_segment);
  const auto trailer = SegmentTrailer::read(Bytes(bytes).last(segment_trailer_bytes), bytes.size());
  const auto footer = Footer::read(Bytes(bytes).subspan(trailer->footer_at, trailer->footer_bytes), trailer->footer_at);
  const auto tiles = footer->directory.tiles_of(signal);
  ASSERT_GE(tiles.size(), 3U);
  ASSERT_EQ(tiles[1].level, tiles[0].level) << "a level of several blocks";
  ASSERT_TRUE(machine.rot(only_segment, trailer->footer_at + 30));
  ASSERT_TRUE(machine.rot(only_segment, tiles[1].at + 30));
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  expect_model(node, days, "all");
  EXPECT_FALSE(incomplete);
}

TEST_F(SummariesTest, of_years_with_a_late_sample_in_memory_still_use_tiles) {
  sim::Machine machine(5);
  leave_evenly(machine, settings, model);
  ASSERT_TRUE(machine.rot(only_segment, segment_header_bytes + 20));
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  const SentBatch late{
      {testing::asset_of(signal), signal, Time(-86'400 * second), testing::value_for(signal, 3), quality_good},
      {testing::asset_of(signal), signal, Time(86'400 * 365 * second), testing::value_for(signal, 3), quality_good}};
  testing::apply(model, late);
  node.append(late);
  ASSERT_TRUE(node.settle());
  expect_model(node, by_hour(), "by hour");
  EXPECT_FALSE(incomplete) << "the damaged chunk between was not read";
}

}  // namespace
}  // namespace artery::history
