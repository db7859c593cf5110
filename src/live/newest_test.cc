#include "live/newest.h"

#include <gtest/gtest.h>

#include "base/packed.h"
#include "live/live_test.h"
#include "model/deletion.h"
#include "runtime/durable.h"

namespace artery::live {
namespace {

using testing::key;
using testing::Node;

using sim::CrashKind;
using sim::Machine;
using namespace std::chrono_literals;

bool says(Bytes checkpoint, std::string_view text) {
  constexpr std::size_t header_bytes = 48;  // docs/formats/live.md
  Unpacker unpacker(checkpoint.subspan(header_bytes));
  while (unpacker.more()) {
  }
  const bool found = as_text(unpacker.left()).find(text) != std::string_view::npos;
  unpacker.take(unpacker.left().size());
  EXPECT_TRUE(unpacker.whole()) << "all of it was looked at";
  return found;
}

TEST(Newest, keeps_value_time_quality_and_arrival_of_every_type) {
  Machine machine(1);
  Node node(machine, 2);
  node.write({{1, 101, 10, 1.5}, {1, 102, 11, std::int64_t{7}}, {2, 201, 12, true}, {2, 202, 13, std::string("on")}});
  EXPECT_EQ(node.value(101), Value(1.5));
  EXPECT_EQ(node.value(102), Value(std::int64_t{7}));
  EXPECT_EQ(node.value(201), Value(true));
  EXPECT_EQ(node.value(202), Value(std::string("on")));
  const auto newest = node.last(202);
  EXPECT_EQ(newest->time, Time(13));
  EXPECT_EQ(newest->quality, quality_good);
  EXPECT_GT(newest->arrival, Time(0));
  EXPECT_FALSE(node.last(999));
  EXPECT_EQ(node.newest->counters().signals, 4U);
}

TEST(Newest, the_greatest_source_time_wins_and_of_equal_times_the_later) {
  Machine machine(2);
  Node node(machine, 2);
  node.write(101, 100, 1.0);
  node.write(101, 50, 2.0);
  EXPECT_EQ(node.value(101), Value(1.0)) << "a late sample";
  node.write(101, 100, 3.0);
  EXPECT_EQ(node.value(101), Value(3.0)) << "a correction";
  node.write({{1, 101, 200, 4.0}, {1, 101, 150, 5.0}});
  EXPECT_EQ(node.value(101), Value(4.0));
}

// Promise 3, as history keeps it: what was said of a time before changes nothing, whichever way it comes again.
TEST(Newest, who_says_again_what_was_corrected_undoes_nothing) {
  Machine machine(12);
  {
    Node node(machine, 2);
    for (const double value : {1.0, 2.0, 1.0}) node.write(101, 100, value);
    EXPECT_EQ(node.value(101), Value(2.0)) << "one after the other";
    const Time corrected = node.last(101)->arrival;
    node.write(101, 100, 2.0);
    EXPECT_EQ(node.last(101)->arrival, corrected) << "a replay of the newest is no arrival";
    for (const char* value : {"a", "b", "c", "b", "a"}) node.write(102, 100, std::string(value));
    EXPECT_EQ(node.value(102), Value(std::string("c")));
    node.write({{1, 103, 100, 1.0}, {1, 103, 100, 2.0}, {1, 103, 100, 1.0}, {1, 103, 50, 7.0}});
    EXPECT_EQ(node.value(103), Value(2.0)) << "in one batch";
    node.close();
  }
  machine.crash(CrashKind::power_loss);
  {
    Node node(machine, 3);
    node.write(101, 100, 1.0);
    EXPECT_EQ(node.value(101), Value(2.0)) << "after a restart, from the checkpoint";
    for (const char* value : {"a", "b"}) node.write(102, 100, std::string(value));
    EXPECT_EQ(node.value(102), Value(std::string("c")));
    node.write(101, 101, 1.0);
    EXPECT_EQ(node.value(101), Value(1.0)) << "at a new time it is new";
    node.write(101, 101, 2.0);
    EXPECT_EQ(node.value(101), Value(2.0));
  }
}

// The catalogue may give a signal another type: its newest value is of any.
TEST(Newest, the_greatest_source_time_wins_whatever_the_types) {
  Machine machine(13);
  const auto write = [](Node& node, std::int64_t time, const Value& value) { node.write({{1, 101, time, value}}); };
  {
    Node node(machine, 2);
    node.write(102, 1, std::string("beside"));
    write(node, 10, 1.5);
    write(node, 20, std::string("on"));
    EXPECT_EQ(node.value(101), Value(std::string("on")));
    write(node, 15, 2.5);
    EXPECT_EQ(node.value(101), Value(std::string("on"))) << "late, of the old type";
    write(node, 30, std::int64_t{7});
    node.write(103, 1, std::string("also"));
    EXPECT_EQ(node.value(101), Value(std::int64_t{7}));
    write(node, 30, std::string("off"));
    write(node, 30, std::int64_t{7});
    EXPECT_EQ(node.value(101), Value(std::string("off"))) << "a correction, then a replay of what it corrected";
    node.close();
  }
  machine.crash(CrashKind::power_loss);
  Node node(machine, 3);
  EXPECT_EQ(node.value(101), Value(std::string("off"))) << "from the checkpoint";
  write(node, 30, std::int64_t{7});
  EXPECT_EQ(node.value(101), Value(std::string("off"))) << "still a replay";
  write(node, 31, true);
  EXPECT_EQ(node.value(101), Value(true));
  EXPECT_EQ(node.value(102), Value(std::string("beside")));
  EXPECT_EQ(node.value(103), Value(std::string("also")));
}

TEST(Newest, of_rows_with_gaps_each_field_has_its_own_newest) {
  Machine machine(3);
  Node node(machine, 1);
  SampleBlockBuilder block({ValueType::f64, ValueType::text});
  const auto series = block.add_series(AssetId(1), std::vector{SignalId(101), SignalId(102)});
  block.start_row(series, Time(10));
  block.set_text(1, "old");
  block.start_row(series, Time(30), quality_bad);
  block.set_f64(0, 3);
  block.start_row(series, Time(20));
  block.set_f64(0, 2);
  block.set_text(1, "new");
  block.start_row(series, Time(30));
  log::BatchBuilder batch;
  block.write(batch.bytes());
  node.append(std::move(batch));
  EXPECT_EQ(node.value(101), Value(3.0));
  EXPECT_EQ(node.last(101)->quality, quality_bad);
  EXPECT_EQ(node.value(102), Value(std::string("new")));
  EXPECT_EQ(node.newest->counters().samples, 4U);
}

// What is newest then only history knows, so live says nothing until something as new comes, also after a start.
TEST(Newest, forgets_what_is_deleted_and_takes_nothing_older_for_it) {
  Machine machine(4);
  const auto take = [](Node& node, std::uint32_t signal, std::int64_t from, std::int64_t to) {
    log::BatchBuilder batch;
    write_deletion(batch.bytes(), {AssetId(1), SignalId(signal), Time(from), Time(to)});
    node.append(std::move(batch));
  };
  {
    Node node(machine, 2);
    for (const std::uint32_t signal : {101U, 102U, 103U, 104U}) node.write(signal, 100, 1.0);
    node.write(105, 100, std::string("secret"));
    take(node, 101, 0, 100);
    EXPECT_EQ(node.value(101), Value(1.0)) << "the range ends before it";
    for (const std::uint32_t signal : {101U, 102U, 103U, 105U}) take(node, signal, 100, 101);
    EXPECT_FALSE(node.last(101));
    node.write(102, 50, 2.0);
    EXPECT_FALSE(node.last(102)) << "something in between may be newer";
    node.write(103, 100, 1.0);
    EXPECT_EQ(node.value(103), Value(1.0)) << "sent again";
    EXPECT_EQ(node.value(104), Value(1.0)) << "of another signal";
    node.close();
  }
  machine.crash(CrashKind::power_loss);
  Node node(machine, 3);
  const auto files = node.run(node.process.files().list("live"));
  ASSERT_FALSE(files->empty());
  for (const auto& file : *files) {
    EXPECT_FALSE(says(*machine.contents(fmt::format("live/{}", file.name)), "secret")) << file.name;
  }
  EXPECT_FALSE(node.last(101));
  EXPECT_FALSE(node.last(102));
  EXPECT_FALSE(node.last(105));
  EXPECT_EQ(node.value(103), Value(1.0));
  EXPECT_EQ(node.value(104), Value(1.0));
  node.write(102, 101, 3.0);
  EXPECT_EQ(node.value(102), Value(3.0));
}

TEST(Newest, what_was_acknowledged_is_read) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Machine machine(seed);
    Node node(machine, 3, {.read_bytes = 1});
    int acknowledged = 0;
    for (int i = 1; i <= 50; ++i) {
      SampleBlockBuilder block({ValueType::f64});
      block.start_row(block.add_series(AssetId(1), std::vector(1, SignalId(101))), Time(i));
      block.set_f64(0, i);
      log::BatchBuilder batch;
      block.write(batch.bytes());
      ASSERT_TRUE(node.log->append(std::move(batch), [&](const Result<Offset>&) { ++acknowledged; }));
    }
    ASSERT_TRUE(node.process.run_until([&] { return acknowledged == 50; }));
    ASSERT_EQ(node.value(101), Value(50.0)) << "though many batches are not applied yet";
  }
}

// Runs that end in any way, with any number of shards: each finds the newest values of all before it.
TEST(Newest, survives_kills_power_losses_and_other_numbers_of_shards) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    Machine machine(seed);
    std::map<std::uint32_t, std::pair<std::int64_t, Value>> expected;
    for (int run = 0; run < 5; ++run) {
      {
        Node node(machine, 1 + machine.rng().next() % 4, {.checkpoint_bytes = 2000});
        for (const auto& [signal, newest] : expected) {
          ASSERT_EQ(node.value(signal), newest.second) << signal << " in run " << run;
        }
        const auto rows = machine.rng().next() % 40;
        for (std::uint64_t i = 0; i < rows; ++i) {
          const auto signal = static_cast<std::uint32_t>(machine.rng().next() % 9 * 100 + 101);
          const auto time = static_cast<std::int64_t>(machine.rng().next() % 50);
          const Value value = signal == 101 ? Value(std::to_string(i)) : Value(static_cast<double>(i));
          node.write(signal, time, value);
          const auto [newest, is_first] = expected.try_emplace(signal, time, value);
          if (!is_first && time >= newest->second.first) newest->second = {time, value};
        }
        if (machine.rng().next() % 2 == 0) node.process.run_for(50ms);
        if (machine.rng().next() % 3 == 0) node.close();
      }
      machine.crash(machine.rng().next() % 2 == 0 ? CrashKind::kill : CrashKind::power_loss);
    }
  }
}

std::size_t files_named(Machine& machine, std::string_view prefix) {
  sim::Process process(machine);
  const auto entries = process.run(process.files().list("live"));
  std::size_t count = 0;
  for (const auto& entry : **entries) count += entry.name.starts_with(prefix) ? 1U : 0U;
  process.halt();
  return count;
}

TEST(Newest, a_checkpoint_lets_the_log_go_and_replaces_the_one_before) {
  Machine machine(5);
  {
    Node node(machine, 2, {.checkpoint_bytes = 100'000}, {.checkpoint_bytes = 100'000});
    for (std::int64_t i = 0; i < 400; ++i) {
      node.write({{1, 101, i, std::string(10'000, 'x')}, {2, 201, i, static_cast<double>(i)}});
    }
    node.process.run_for(1s);
    EXPECT_GT(node.newest->counters().checkpoints, 10U);
    EXPECT_EQ(node.newest->counters().checkpoints_failed, 0U);
    EXPECT_GT(node.log->begin(), Offset(0)) << "trimmed";
    node.close();
  }
  machine.crash(CrashKind::power_loss);
  EXPECT_EQ(files_named(machine, "newest-"), 2U);
  {
    Node node(machine, 3);
    EXPECT_EQ(node.value(201), Value(399.0)) << "though the log begins later";
    EXPECT_EQ(node.newest->counters().samples, 0U) << "nothing is read twice after an orderly end";
    node.close();
  }
  machine.crash(CrashKind::kill);
  {
    Node node(machine, 3);
  }
  machine.crash(CrashKind::kill);
  EXPECT_EQ(files_named(machine, "newest-"), 3U) << "those of two partitions are gone";
}

TEST(Newest, a_checkpoint_that_fails_is_tried_again_and_the_log_kept) {
  Machine machine(6);
  Node node(machine, 1, {.checkpoint_bytes = 1000});
  node.process.run_for(1s);
  machine.faults().folder_sync_fails.chance = 1;
  for (std::int64_t i = 0; i < 20; ++i) node.write(101, i, static_cast<double>(i));
  node.process.run_for(1s);
  EXPECT_EQ(node.newest->counters().checkpoints_failed, 1U);
  EXPECT_EQ(node.newest->counters().checkpoints, 0U);
  machine.faults().folder_sync_fails.chance = 0;
  node.process.run_for(2min);
  EXPECT_EQ(node.newest->counters().checkpoints, 1U);
}

// Partition 0 is ahead of partition 1, and comes to its own checkpoint's offset again.
TEST(Newest, a_checkpoint_that_need_not_be_written_again_is_not_lost_on_a_full_disk) {
  Machine machine(8);
  Buffer older;
  for (std::int64_t time = 1; time <= 2; ++time) {
    {
      Node node(machine, 2);
      node.write(101, time, 1.0);
      node.close();
    }
    machine.crash(CrashKind::kill);
    if (time == 1) older = *machine.contents("live/newest-1-2-1");
  }
  {
    sim::Process process(machine);
    ASSERT_TRUE(*process.run(runtime::replace_file(process.files(), "live/newest-1-2-1", {older})));
    ASSERT_TRUE(*process.run(process.files().remove("live/newest-1-2-2")));
    process.halt();
  }
  machine.crash(CrashKind::kill);
  {
    Node node(machine, 2);
    node.close_log();
    machine.faults().write_fails.chance = 1;
    EXPECT_FALSE(node.run(node.newest->close())) << "partition 1 has something to write";
  }
  EXPECT_TRUE(machine.contents("live/newest-0-2-2"));
}

TEST(Newest, a_damaged_checkpoint_is_told_and_the_log_read_again) {
  Machine machine(7);
  {
    Node node(machine, 1);
    node.write(101, 1, 1.0);
    node.close();
  }
  machine.crash(CrashKind::kill);
  ASSERT_TRUE(machine.rot("live/newest-0-1-1", 60));
  Node node(machine, 1);
  EXPECT_TRUE(machine.journal().has("this checkpoint is damaged"));
  EXPECT_EQ(node.value(101), Value(1.0));
}

TEST(Newest, checkpoints_that_are_not_of_all_partitions_are_no_place_to_start) {
  Machine machine(9);
  {
    Node node(machine, 2);
    for (std::uint32_t asset = 1; asset <= 8; ++asset) node.write(asset * 100 + 1, 1, 1.0);
    node.close();
  }
  machine.crash(CrashKind::kill);
  {
    sim::Process process(machine);
    ASSERT_TRUE(*process.run(process.files().remove("live/newest-1-2-8")));
    process.halt();
  }
  Node node(machine, 2);
  for (std::uint32_t asset = 1; asset <= 8; ++asset) EXPECT_EQ(node.value(asset * 100 + 1), Value(1.0));
}

TEST(Newest, checkpoints_of_another_log_are_not_believed) {
  Machine machine(10);
  {
    Node node(machine, 1);
    node.write(101, 1, 1.0);
    node.close();
  }
  machine.crash(CrashKind::kill);
  {
    sim::Process process(machine);
    const auto entries = process.run(process.files().list("log"));
    for (const auto& entry : **entries) ASSERT_TRUE(*process.run(process.files().remove("log/" + entry.name)));
    process.halt();
  }
  Node node(machine, 1);
  EXPECT_TRUE(machine.journal().has("of another log"));
  EXPECT_FALSE(node.last(101));
}

TEST(Newest, who_waits_when_the_node_stops_is_told) {
  Machine machine(8);
  Node node(machine, 2);
  node.write(101, 1, 1.0);
  node.close();
  const auto done = node.run(node.newest->applied(Offset(100), *node.home));
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().is(LiveError::closed));
  EXPECT_EQ(node.value(101), Value(1.0)) << "what is applied can still be read";
}

}  // namespace
}  // namespace artery::live
