#include "app/replay_progress.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace artery::app {
namespace {

ReplayProgress halfway() {
  return {.part = 0.5,
          .rows = 1000,
          .samples = 20'000,
          .passed = std::chrono::seconds(2),
          .left = std::chrono::seconds(3723),
          .trouble = {}};
}

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

TEST(ReplayProgress, AWideLineSaysEverything) {
  EXPECT_EQ(progress_line(halfway(), 100),
            "[############............]  50 %  1:02:03 left  10.0 k/s  20000 samples  1000 rows");
}

TEST(ReplayProgress, ANarrowLineLosesItsBarThenWhatMattersLeast) {
  EXPECT_EQ(progress_line(halfway(), 64), "[###...]  50 %  1:02:03 left  10.0 k/s  20000 samples  1000 rows");
  EXPECT_EQ(progress_line(halfway(), 60), " 50 %  1:02:03 left  10.0 k/s  20000 samples  1000 rows");
  EXPECT_EQ(progress_line(halfway(), 45), " 50 %  1:02:03 left  10.0 k/s  20000 samples");
  EXPECT_EQ(progress_line(halfway(), 20), " 50 %  1:02:03 left");
  EXPECT_EQ(progress_line(halfway(), 5), " 50 %");
}

TEST(ReplayProgress, NoLineIsWiderThanItsWindow) {
  ReplayProgress progress = halfway();
  for (const std::string trouble : {"", "nothing listens there, 没有人在听; trying again"}) {
    progress.trouble = trouble;
    for (std::size_t width = 0; width < 120; ++width) EXPECT_LE(characters(progress_line(progress, width)), width);
  }
}

TEST(ReplayProgress, TroubleComesBeforeNumbers) {
  ReplayProgress progress = halfway();
  progress.trouble = "no room";
  EXPECT_EQ(progress_line(progress, 60), " 50 %  no room");
  EXPECT_TRUE(plain_progress_line(progress).ends_with("  no room"));
}

TEST(ReplayProgress, WhereTheEndCannotBeToldItSaysHowLongItHasTaken) {
  ReplayProgress progress = halfway();
  progress.left.reset();
  EXPECT_EQ(plain_progress_line(progress), "50 %  after 0:02  10.0 k/s  20000 samples  1000 rows");
}

}  // namespace
}  // namespace artery::app
