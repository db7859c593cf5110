#include "app/machine_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "log/room.h"
#include "runtime/sim/machine.h"
#include "runtime/sim/process.h"

namespace artery::app {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t mib = 1U << 20;
constexpr std::uint64_t taken = 100 * mib;

// A tenth of a GiB is taken, what is free is said by the tests.
struct MachineWatchTest : ::testing::Test {
  MachineWatchTest() {
    process.run(process.files().make_folder("data"));
    process.run(fill(&process.files(), taken));
    machine.faults().capacity_bytes = taken + 50 * mib;
    loop->post([this] {
      watch =
          std::make_unique<MachineWatch>(MachineWatch::Surroundings{*loop, process.files(), process.journal()}, "data",
                                         MachineWatch::Levels{.warn_free = 15 * mib, .refuse_free = 5 * mib});
    });
    look_with(50);
  }
  ~MachineWatchTest() override { process.halt(); }
  void look_with(std::uint64_t free_mib) {
    machine.faults().capacity_bytes = taken + free_mib * mib;
    process.run_for(6s);
  }
  static runtime::Task<bool> fill(runtime::Files* files, std::uint64_t bytes) {
    auto file = co_await files->open("data/filler", runtime::OpenMode::create);
    if (!file) co_return false;
    auto done = co_await (*file)->truncate(bytes);
    co_return done.has_value();
  }
  [[nodiscard]] long told(std::string_view what) {
    const auto& lines = machine.journal().lines();
    return std::ranges::count_if(lines, [&](const auto& line) { return line.text.find(what) != std::string::npos; });
  }

  sim::Machine machine{1};
  sim::Process process{machine};
  std::unique_ptr<runtime::Loop> loop = process.make_loop("home");
  std::unique_ptr<MachineWatch> watch;
};

TEST_F(MachineWatchTest, little_room_is_told_once_for_each_time_it_becomes_little) {
  EXPECT_FALSE(watch->counts().disk_low);
  look_with(14);
  EXPECT_TRUE(watch->counts().disk_low);
  EXPECT_EQ(told("14 MiB of the disk are free, less than 15 MiB (disk.warn_free)"), 1);
  look_with(10);
  look_with(16);
  EXPECT_TRUE(watch->counts().disk_low) << "about at the level";
  look_with(14);
  EXPECT_EQ(told("disk.warn_free"), 1);
  look_with(17);
  EXPECT_FALSE(watch->counts().disk_low);
  EXPECT_EQ(told("17 MiB of the disk are free again"), 1);
  look_with(10);
  EXPECT_EQ(told("disk.warn_free"), 2);
}

TEST_F(MachineWatchTest, there_is_room_for_what_leaves_more_than_the_level_at_which_writes_are_refused) {
  EXPECT_EQ(watch->counts().disk_refuse_bytes, 5 * mib);
  look_with(20);
  EXPECT_TRUE(watch->has_room(15 * mib));
  EXPECT_FALSE(watch->has_room(15 * mib + 1));
  look_with(4);
  EXPECT_FALSE(watch->has_room(0));
}

TEST(machine_watch, of_a_small_disk_no_more_than_a_share_counts) {
  EXPECT_EQ(log::kept_free(256 * mib, {.total_bytes = 64 * mib, .free_bytes = 0}), 64 * mib / 10);
  EXPECT_EQ(log::kept_free(256 * mib, {.total_bytes = 64ULL << 30, .free_bytes = 0}), 256 * mib);
  EXPECT_EQ(log::kept_free(0, {.total_bytes = 64ULL << 30, .free_bytes = 0}), 0U);
}

}  // namespace
}  // namespace artery::app
