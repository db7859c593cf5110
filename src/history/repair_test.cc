// Each thing of a history that can be damaged is, on the simulated machine with the real log; then it is repaired.
#include "history/repair.h"

#include <gtest/gtest.h>

#include "history/found_segments.h"
#include "history/history_test.h"
#include "history/remains.h"
#include "history/segment.h"

namespace artery::history {
namespace {

using testing::Model;
using testing::Node;
using testing::SentBatch;

constexpr std::uint32_t signals = 4;
const std::string second = "history/segment-000000000002.seg";
const std::string manifest_path = "history/manifest";

// A checkpoint is a batch with three samples of each signal.
SentBatch batch_of(int checkpoint) {
  SentBatch batch;
  for (std::uint32_t signal = 1; signal <= signals; ++signal) {
    for (int i = 0; i < 3; ++i) {
      const int number = checkpoint * 10 + i;
      batch.push_back({AssetId(1), SignalId(signal), Time(number),
                       testing::value_for(SignalId(signal), static_cast<std::uint64_t>(number)), quality_good});
    }
  }
  return batch;
}

Model model_of(int checkpoints) {
  Model model;
  for (int i = 0; i < checkpoints; ++i) testing::apply(model, batch_of(i));
  return model;
}

void lose(Model& model, std::uint32_t signal, int checkpoint) {
  std::erase_if(model[SignalId(signal)], [&](const auto& sample) { return sample.first.value() / 10 == checkpoint; });
}

HistorySettings unmerged() {
  HistorySettings settings;
  settings.compaction.neighbours = 1000;
  return settings;
}

// Where all chunks of a file lie.
std::vector<Remains::Chunk> chunks_of(sim::Machine& machine, const std::string& path) {
  sim::Process process(machine);
  return (*process.run(find_remains(&process.files(), path)))->whole;
}

runtime::Task<bool> cut_file(runtime::Files* files, std::string path, std::uint64_t bytes) {
  auto file = co_await files->open(path, runtime::OpenMode::write);
  if (!file) co_return false;
  auto done = co_await (*file)->truncate(bytes);
  co_return done.has_value();
}

// From checkpoint `from` to `to`, in a run of the node of its own: the next one's log begins where this one's ended.
void run_node(sim::Machine& on, int from, int to, const HistorySettings& settings = unmerged()) {
  Node node(on);
  ASSERT_TRUE(node.open(settings));
  for (int i = from; i < to; ++i) {
    node.append(batch_of(i));
    ASSERT_TRUE(node.settle());
    ASSERT_TRUE(node.checkpoint());
  }
  node.process().run_for(std::chrono::seconds(10));  // compaction, and the log forgets
  node.close();
}
// A segment for each of four checkpoints.
void prepare(sim::Machine& on, bool log_keeps_all) {
  run_node(on, 0, 4);
  if (!log_keeps_all) run_node(on, 4, 4);
}

// Samples are few here, so any tiles will do.
TilePolicy generous_tiles() { return {.rows_min = 100, .rows_per_tile = 2, .bytes_share = 0}; }

std::optional<Result<Repaired>> try_repair(sim::Machine& on, bool write) {
  sim::Process process(on);
  RepairJob job;
  job.files = &process.files();
  job.folder = "history";
  job.log_folder = "log";
  job.names = [](SignalId signal) { return SignalFacts{fmt::format("s{}", signal.value()), "kPa"}; };
  job.now = on.now();
  job.tiles = generous_tiles();
  job.write = write;
  return process.run(repair(job));
}
// Nothing is damaged, a repair finds nothing to do, and a node that starts shows this and no more.
void expect_whole(sim::Machine& on, const Model& model) {
  {
    sim::Process process(on);
    const auto verified = *process.run(verify(&process.files(), "history"));
    ASSERT_TRUE(verified) << verified.error().message();
    EXPECT_EQ(verified->damage, std::vector<std::string>());
  }
  const auto again = try_repair(on, true);
  EXPECT_EQ((*again)->steps, std::vector<std::string>());
  EXPECT_EQ((*again)->losses, std::vector<std::string>());
  Node node(on);
  ASSERT_TRUE(node.open(unmerged()));
  for (std::uint32_t signal = 1; signal <= signals; ++signal) {
    Scan scan;
    scan.asset = AssetId(1);
    scan.signal = SignalId(signal);
    scan.revisions = Revisions::all;
    bool incomplete = true;
    EXPECT_EQ(*node.lines(scan, &incomplete), testing::expected(model, scan)) << "signal " << signal;
    EXPECT_FALSE(incomplete);
  }
}

struct RepairTest : ::testing::Test {
  Repaired repair_now(bool write = true) {
    auto repaired = try_repair(machine, write);
    EXPECT_TRUE(repaired && *repaired) << (repaired && !*repaired ? repaired->error().message() : "");
    return repaired && *repaired ? **repaired : Repaired{};
  }
  bool remove(const std::string& path) {
    sim::Process process(machine);
    return process.run(process.files().remove(path))->has_value();
  }
  bool cut(const std::string& path, std::uint64_t bytes) {
    sim::Process process(machine);
    return *process.run(cut_file(&process.files(), path, bytes));
  }

  sim::Machine machine{31};
};

TEST_F(RepairTest, a_whole_history_is_left_as_it_is) {
  prepare(machine, true);
  const auto before = *machine.contents(manifest_path);
  const Repaired repaired = repair_now();
  EXPECT_TRUE(repaired.steps.empty() && repaired.losses.empty());
  EXPECT_EQ(*machine.contents(manifest_path), before);
  expect_whole(machine, model_of(4));
}

TEST_F(RepairTest, a_bit_in_any_byte_of_a_segment_costs_nothing_where_the_log_has_its_batches) {
  std::uint64_t bytes = 1;
  for (std::uint64_t at = 0; at < bytes; at += 3) {
    SCOPED_TRACE(at);
    sim::Machine one(32);
    prepare(one, true);
    bytes = one.contents(second)->size();
    const auto damaged = [&] {
      one.rot(second, at);
      return *one.contents(second);
    }();
    const auto repaired = try_repair(one, true);
    ASSERT_TRUE(*repaired);
    EXPECT_EQ((*repaired)->losses, std::vector<std::string>());
    EXPECT_EQ(*one.contents("history/damaged/segment-000000000002.seg"), damaged) << "it is kept";
    expect_whole(one, model_of(4));
  }
  EXPECT_GT(bytes, 300U);
}

TEST_F(RepairTest, without_the_log_a_damaged_chunk_is_lost_and_said_by_name_and_time_and_all_else_is_kept) {
  prepare(machine, false);
  const auto chunk = chunks_of(machine, second).at(2);
  ASSERT_TRUE(machine.rot(second, chunk.place.at + 20));
  const Repaired repaired = repair_now();
  ASSERT_EQ(repaired.losses.size(), 1U);
  EXPECT_NE(repaired.losses[0].find("3 samples of 's3' from 1970-01-01T00:00:00.00000001"), std::string::npos)
      << repaired.losses[0];
  Model model = model_of(4);
  lose(model, 3, 1);
  expect_whole(machine, model);
}

TEST_F(RepairTest, of_a_merged_segment_the_newer_batches_come_from_the_log_and_the_older_from_what_can_be_read) {
  run_node(machine, 0, 3);
  HistorySettings merging = unmerged();
  merging.compaction.neighbours = 6;
  run_node(machine, 3, 6, merging);
  const std::string merged = "history/segment-000000000007.seg";
  ASSERT_TRUE(machine.contents(merged));
  ASSERT_TRUE(machine.rot(merged, chunks_of(machine, merged).at(1).place.at + 20));
  const Repaired repaired = repair_now();
  ASSERT_EQ(repaired.losses.size(), 1U);
  EXPECT_NE(repaired.losses[0].find("18 samples of 's2'"), std::string::npos) << repaired.losses[0];
  EXPECT_NE(repaired.losses[0].find("the log has 9"), std::string::npos) << repaired.losses[0];
  Model model = model_of(6);
  for (const int checkpoint : {0, 1, 2}) lose(model, 2, checkpoint);
  expect_whole(machine, model);
}

TEST_F(RepairTest, a_segment_cut_off_anywhere_gives_what_is_in_front_of_the_cut) {
  const auto probe = [&] {
    sim::Machine one(33);
    prepare(one, false);
    return chunks_of(one, second);
  }();
  for (std::uint64_t bytes = 0; bytes < 700; bytes += 13) {
    SCOPED_TRACE(bytes);
    sim::Machine one(33);
    prepare(one, false);
    if (bytes >= one.contents(second)->size()) break;
    {
      sim::Process process(one);
      ASSERT_TRUE(*process.run(cut_file(&process.files(), second, bytes)));
    }
    Model model = model_of(4);
    std::size_t lost = 0;
    for (const auto& [signal, place] : probe) {
      if (place.at + place.bytes <= bytes) continue;
      lose(model, signal.value(), 1);
      ++lost;
    }
    const auto repaired = try_repair(one, true);
    ASSERT_TRUE(*repaired);
    EXPECT_EQ((*repaired)->losses.size(), lost == 0 ? 0U : 1U);
    expect_whole(one, model);
  }
}

// Chunks are searched for where nothing says where they are.
TEST_F(RepairTest, a_damaged_chunk_and_a_damaged_directory_cost_no_other_chunk) {
  prepare(machine, false);
  const auto chunks = chunks_of(machine, second);
  ASSERT_TRUE(machine.rot(second, chunks.at(1).place.at + 4));  // its length
  ASSERT_TRUE(machine.rot(second, machine.contents(second)->size() - 1));
  const Repaired repaired = repair_now();
  ASSERT_EQ(repaired.losses.size(), 1U);
  EXPECT_NE(repaired.losses[0].find("of its 12 samples 3 cannot be read"), std::string::npos) << repaired.losses[0];
  Model model = model_of(4);
  lose(model, 2, 1);
  expect_whole(machine, model);
}

// Of the first signal.
std::vector<TilePlace> tiles_of(sim::Machine& machine, const std::string& path) {
  sim::Process process(machine);
  const auto found = *process.run(find_segments(&process.files(), "history"));
  const auto one = std::ranges::find(*found, path, &FoundSegment::path);
  const auto opened = *process.run(Segment::open(&process.files(), "history", one->entry));
  return opened->segment->directory().tiles_of(SignalId(1));
}

TEST_F(RepairTest, damaged_tiles_are_made_anew_of_the_samples) {
  Model model;
  SentBatch batch;
  for (int i = 0; i < 3000; ++i) {
    batch.push_back({AssetId(1), SignalId(1), Time(i * 1'000'000'000LL),
                     testing::value_for(SignalId(1), static_cast<std::uint64_t>(i % 50)), quality_good});
  }
  testing::apply(model, batch);
  {
    HistorySettings settings = unmerged();
    settings.tiles = generous_tiles();
    Node node(machine);
    ASSERT_TRUE(node.open(settings));
    node.append(batch);
    ASSERT_TRUE(node.settle());
    node.close();
  }
  const std::string path = "history/segment-000000000001.seg";
  const auto tiles = tiles_of(machine, path);
  ASSERT_FALSE(tiles.empty());
  ASSERT_TRUE(machine.rot(path, tiles.front().at + 20));
  const Repaired repaired = repair_now();
  EXPECT_TRUE(repaired.losses.empty());
  ASSERT_FALSE(repaired.steps.empty());
  EXPECT_NE(repaired.steps[0].find("all of its 3000 samples can be read"), std::string::npos) << repaired.steps[0];
  EXPECT_EQ(tiles_of(machine, second).size(), tiles.size());
  expect_whole(machine, model);
}

TEST_F(RepairTest, a_missing_segment_comes_from_the_log_or_is_said_to_be_lost) {
  for (const bool log_keeps_all : {true, false}) {
    sim::Machine one(34);
    prepare(one, log_keeps_all);
    {
      sim::Process process(one);
      ASSERT_TRUE(*process.run(process.files().remove(second)));
    }
    const auto repaired = try_repair(one, true);
    ASSERT_TRUE(*repaired);
    Model model = model_of(4);
    if (!log_keeps_all) {
      for (std::uint32_t signal = 1; signal <= signals; ++signal) lose(model, signal, 1);
    }
    EXPECT_EQ((*repaired)->losses.size(), log_keeps_all ? 0U : 1U);
    expect_whole(one, model);
  }
}

TEST_F(RepairTest, a_missing_or_damaged_manifest_is_made_anew_of_the_segments) {
  const std::uint64_t bytes = [] {
    sim::Machine one(35);
    prepare(one, false);
    return one.contents(manifest_path)->size();
  }();
  for (std::uint64_t at = 0; at <= bytes; ++at) {
    if (at >= 8 && at < 12) continue;  // the version: below
    SCOPED_TRACE(at);
    sim::Machine one(35);
    prepare(one, false);
    if (at < bytes) {
      ASSERT_TRUE(one.rot(manifest_path, at));
    } else {
      sim::Process process(one);
      ASSERT_TRUE(*process.run(process.files().remove(manifest_path)));
    }
    const auto repaired = try_repair(one, true);
    ASSERT_TRUE(*repaired) << repaired->error().message();
    EXPECT_EQ((*repaired)->losses, std::vector<std::string>());
    EXPECT_EQ(one.contents("history/damaged/manifest").has_value(), at < bytes);
    expect_whole(one, model_of(4));
  }
}

TEST_F(RepairTest, a_manifest_of_another_version_is_not_taken_for_damaged) {
  prepare(machine, true);
  ASSERT_TRUE(machine.rot(manifest_path, 11));
  const auto repaired = try_repair(machine, true);
  ASSERT_FALSE(*repaired);
  EXPECT_NE(repaired->error().message().find("format version"), std::string::npos) << repaired->error().message();
}

TEST_F(RepairTest, what_was_deleted_stays_so_where_samples_come_from_the_log_again) {
  const Deletion deletion{AssetId(1), SignalId(1), Time(0), Time(12)};
  for (const bool without_manifest : {true, false}) {
    for (const Duration purge_after : {Duration(0), Duration(std::chrono::hours(24))}) {
      sim::Machine one(38);
      HistorySettings settings = unmerged();
      settings.compaction.purge_after = purge_after;
      {
        Node node(one);
        ASSERT_TRUE(node.open(settings));
        for (int i = 0; i < 4; ++i) {
          if (i == 3) node.append({}, {deletion});
          node.append(batch_of(i));
          ASSERT_TRUE(node.settle());
          ASSERT_TRUE(node.checkpoint());
        }
        node.process().run_for(std::chrono::seconds(10));
        node.close();
      }
      {
        sim::Process process(one);
        const auto entries = process.run(process.files().list("history"));
        for (const auto& entry : **entries) {
          // The last one has the deletion: nothing else says that there was a history.
          const bool is_kept = without_manifest ? entry.name == "segment-000000000004.seg" : entry.name == "manifest";
          if (is_kept) continue;
          ASSERT_TRUE(*process.run(process.files().remove("history/" + entry.name)));
        }
      }
      ASSERT_TRUE(*try_repair(one, true));
      Model model = model_of(4);
      testing::apply(model, std::vector{deletion});
      expect_whole(one, model);
    }
  }
}

TEST_F(RepairTest, segments_that_are_missing_with_the_manifest_come_from_the_log) {
  prepare(machine, true);
  ASSERT_TRUE(remove(manifest_path));
  ASSERT_TRUE(remove(second));
  ASSERT_TRUE(remove("history/segment-000000000004.seg"));
  EXPECT_TRUE(repair_now().losses.empty());
  expect_whole(machine, model_of(4));
}

TEST_F(RepairTest, segments_that_are_missing_with_the_manifest_are_said_to_be_lost_where_the_log_has_them_no_more) {
  prepare(machine, false);
  ASSERT_TRUE(remove(manifest_path));
  ASSERT_TRUE(remove(second));
  ASSERT_TRUE(remove("history/segment-000000000004.seg"));
  const Repaired repaired = repair_now();
  ASSERT_EQ(repaired.losses.size(), 2U);
  EXPECT_NE(repaired.losses[0].find("batches 1 to 1 are in no segment"), std::string::npos) << repaired.losses[0];
  EXPECT_NE(repaired.losses[1].find("batches 3 to 3 are in no segment"), std::string::npos) << repaired.losses[1];
  Model model = model_of(4);
  for (std::uint32_t signal = 1; signal <= signals; ++signal) {
    lose(model, signal, 1);
    lose(model, signal, 3);
  }
  expect_whole(machine, model);
}

// A compaction that was interrupted before it removed what it merged.
struct LeftoverTest : RepairTest {
  void SetUp() override {
    run_node(machine, 0, 4);
    std::vector<Buffer> parts;
    for (int i = 1; i <= 4; ++i) parts.push_back(*machine.contents(path_of(i)));
    HistorySettings merging = unmerged();
    merging.compaction.neighbours = 4;
    run_node(machine, 4, 4, merging);
    ASSERT_TRUE(machine.contents(merged));
    ASSERT_FALSE(machine.contents(path_of(1)));
    for (int i = 1; i <= 4; ++i) {
      sim::Process process(machine);
      ASSERT_TRUE(*process.run(put_back(&process.files(), path_of(i), parts[static_cast<std::size_t>(i - 1)])));
    }
    ASSERT_TRUE(remove(manifest_path));
  }
  static std::string path_of(int number) {
    return fmt::format("history/{}", segment_name(static_cast<unsigned>(number)));
  }
  static runtime::Task<bool> put_back(runtime::Files* files, std::string path, Bytes bytes) {
    auto file = co_await files->open(path, runtime::OpenMode::create);
    if (!file) co_return false;
    std::vector<Bytes> parts{bytes};
    auto done = co_await (*file)->write(0, std::move(parts));
    co_return done.has_value();
  }
  const std::string merged = path_of(5);
};

TEST_F(LeftoverTest, the_merged_segment_stands_for_those_it_was_made_of) {
  EXPECT_TRUE(repair_now().losses.empty());
  EXPECT_FALSE(machine.contents("history/damaged/segment-000000000005.seg"));
  expect_whole(machine, model_of(4));
  EXPECT_TRUE(machine.contents(merged));
  EXPECT_FALSE(machine.contents(path_of(2))) << "the start has removed it";
}

TEST_F(LeftoverTest, those_it_was_made_of_stand_for_a_damaged_one) {
  ASSERT_TRUE(machine.rot(merged, segment_header_bytes + 20));
  EXPECT_TRUE(repair_now().losses.empty());
  EXPECT_TRUE(machine.contents("history/damaged/segment-000000000005.seg"));
  expect_whole(machine, model_of(4));
}

TEST_F(LeftoverTest, nothing_is_done_where_neither_is_whole) {
  ASSERT_TRUE(machine.rot(merged, segment_header_bytes + 20));
  ASSERT_TRUE(remove(path_of(3)));
  const auto repaired = try_repair(machine, true);
  ASSERT_FALSE(*repaired);
  EXPECT_TRUE(repaired->error().is(HistoryError::damaged));
  EXPECT_TRUE(machine.contents(merged) && machine.contents(path_of(1)));
  EXPECT_FALSE(machine.contents(manifest_path));
}

TEST_F(RepairTest, says_what_it_would_do_and_changes_nothing_without_being_told_to_write) {
  prepare(machine, false);
  ASSERT_TRUE(machine.rot(second, chunks_of(machine, second).at(2).place.at + 20));
  const auto before = *machine.contents(manifest_path);
  const Repaired said = repair_now(false);
  EXPECT_EQ(*machine.contents(manifest_path), before);
  EXPECT_FALSE(machine.contents("history/damaged/segment-000000000002.seg"));
  EXPECT_FALSE(machine.contents("history/segment-000000000005.seg"));
  const Repaired done = repair_now();
  EXPECT_EQ(said.losses, done.losses);
  EXPECT_EQ(said.steps.size(), 1U);
}

TEST_F(RepairTest, a_log_that_ends_before_the_history_is_told) {
  prepare(machine, true);
  {
    sim::Process process(machine);
    const auto entries = *process.run(process.files().list("log"));
    for (const auto& entry : *entries) ASSERT_TRUE(*process.run(process.files().remove("log/" + entry.name)));
  }
  const Repaired repaired = repair_now();
  ASSERT_EQ(repaired.losses.size(), 1U);
  EXPECT_NE(repaired.losses[0].find("the log must be brought back"), std::string::npos) << repaired.losses[0];
}

// A repair that a crash ended is finished by the next one, also where a node was started in between.
void crash_everywhere(bool log_keeps_all, bool manifest_too, const Model& model) {
  bool ended = false;
  for (std::uint64_t n = 1; !ended; ++n) {
    SCOPED_TRACE(fmt::format("file operation {}", n));
    sim::Machine one(36);
    prepare(one, log_keeps_all);
    ASSERT_TRUE(one.rot(second, chunks_of(one, second).at(2).place.at + 20));
    if (manifest_too) {
      ASSERT_TRUE(one.rot(manifest_path, 20));
    }
    one.crash_at_io(one.io_count() + n);
    ended = try_repair(one, true).has_value();
    one.crash_at_io(0);
    one.crash(n % 2 == 0 ? sim::CrashKind::kill : sim::CrashKind::power_loss);
    if (n % 3 == 0) {
      Node node(one);
      ASSERT_TRUE(node.open_log());
      static_cast<void>(node.open_history(unmerged()));
    }
    const auto repaired = try_repair(one, true);
    ASSERT_TRUE(*repaired) << repaired->error().message();
    EXPECT_GT(one.contents("history/damaged/segment-000000000002.seg").value_or(Buffer()).size(), 300U);
    expect_whole(one, model);
  }
}

TEST(RepairCrash, at_any_file_operation_leaves_what_the_next_repair_finishes) {
  Model model = model_of(4);
  for (const bool manifest_too : {false, true}) crash_everywhere(true, manifest_too, model);
  lose(model, 3, 1);
  for (const bool manifest_too : {false, true}) crash_everywhere(false, manifest_too, model);
}

}  // namespace
}  // namespace artery::history
