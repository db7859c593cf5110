// The whole node in the simulator: every module as it is wired, on a machine that fails, over a network that delays.
#include "app/node_test.h"

#include <gtest/gtest.h>

#include <string>

namespace artery::app {
namespace {

using namespace std::chrono_literals;
using sim::CrashKind;
using sim::Machine;
using testing::accepted;
using testing::get;
using testing::Life;
using testing::post;

TEST(node, what_was_acknowledged_is_there_after_crashes_and_orderly_stops) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Machine machine(seed);
    int acknowledged = 0;
    for (int round = 0; round < 4; ++round) {
      if (round > 0) machine.crash(seed % 2 == 0 ? CrashKind::kill : CrashKind::power_loss);
      Life life(machine);
      const auto started = life.start();
      ASSERT_TRUE(started) << "seed " << seed << ": " << started.error().message();
      const std::string raw = life.ask(get("/api/v1/raw?signal=press/force"));
      for (int i = 0; i < acknowledged; ++i) {
        EXPECT_NE(raw.find(fmt::format("[\"{}\",{},0]", 1000 + i, i)), std::string::npos) << "seed " << seed << raw;
      }
      for (int i = 0; i < 3; ++i, ++acknowledged) {
        ASSERT_TRUE(
            accepted(life.ask(post("/write", fmt::format("press force={} {}", acknowledged, 1000 + acknowledged)))));
      }
      if (round % 2 == 1) life.stop();
      EXPECT_FALSE(life.failed());
    }
  }
}

TEST(node, a_power_loss_at_any_operation_of_start_and_stop_leaves_a_node_that_starts) {
  for (std::uint64_t operation = 1;; ++operation) {
    Machine machine(operation);
    machine.crash_at_io(operation);
    bool is_over = false;
    bool was_acknowledged = false;
    {
      Life life(machine);
      if (life.start()) {
        was_acknowledged = accepted(life.ask(post("/write", "press force=1 1000")));
        life.stop();
      }
      is_over = machine.io_count() < operation;
    }
    machine.crash_at_io(0);
    machine.crash(CrashKind::power_loss);
    Life again(machine);
    const auto started = again.start();
    ASSERT_TRUE(started) << "operation " << operation << ": " << started.error().message();
    if (was_acknowledged) {
      EXPECT_NE(again.ask(get("/api/v1/last?signal=press/force")).find("\"value\":1"), std::string::npos);
    }
    if (is_over) break;
  }
}

TEST(node, a_failed_sync_acknowledges_nothing_and_asks_for_the_end) {
  Machine machine(1);
  Life life(machine);
  ASSERT_TRUE(life.start());
  ASSERT_TRUE(accepted(life.ask(post("/write", "press force=1 1000"))));
  machine.faults().sync_fails.chance = 1;
  EXPECT_FALSE(accepted(life.ask(post("/write", "press force=2 2000"))));
  life.run_for(1s);
  ASSERT_TRUE(life.failed());
  EXPECT_EQ(life.failed()->module(), "log");
}

TEST(node, a_full_disk_refuses_what_it_cannot_keep_and_goes_on_reading_until_there_is_room) {
  Machine machine(1);
  machine.faults().capacity_bytes = 8 << 20;
  Life life(machine);
  ASSERT_TRUE(life.start());
  ASSERT_TRUE(accepted(life.ask(post("/write", "press force=1 1000"))));
  const std::string note(60'000, 'x');
  std::string answer;
  int taken = 0;
  for (; taken < 200; ++taken) {
    answer = life.ask(post("/write", fmt::format("press note=\"{}\" {}", note, taken)));
    if (!accepted(answer)) break;
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 507")) << answer;
  EXPECT_GT(taken, 50);
  EXPECT_FALSE(life.failed());
  EXPECT_NE(life.ask(get("/api/v1/last?signal=press/force")).find("\"value\":1"), std::string::npos);
  EXPECT_NE(life.ask(get("/ready")).find("the disk is full"), std::string::npos);
  machine.faults().capacity_bytes = 64 << 20;
  life.run_for(10s);
  EXPECT_TRUE(accepted(life.ask(post("/write", "press force=2 2000"))));
  life.stop();
}

TEST(node, a_folder_that_another_node_has_open_is_refused_and_the_refused_node_stops) {
  Machine machine(1);
  Life first(machine);
  ASSERT_TRUE(first.start());
  Life second(machine);
  const auto refused = second.start();
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(runtime::FileError::in_use));
  EXPECT_TRUE(refused.error().message().starts_with("data folder data")) << refused.error().message();
  second.stop();
  EXPECT_TRUE(accepted(first.ask(post("/write", "press force=1 1000"))));
}

TEST(node, a_stopped_node_keeps_nothing_in_the_log_that_its_readers_have_not) {
  Machine machine(1);
  {
    Life life(machine);
    ASSERT_TRUE(life.start());
    ASSERT_TRUE(accepted(life.ask(post("/write", "press force=1 1000"))));
    life.stop();
  }
  machine.crash(CrashKind::power_loss);
  Life life(machine);
  ASSERT_TRUE(life.start());
  const std::string metrics = life.ask(get("/metrics"));
  EXPECT_NE(metrics.find("artery_history_head_samples 0\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("artery_history_segment_samples 1\n"), std::string::npos) << metrics;
}

}  // namespace
}  // namespace artery::app
