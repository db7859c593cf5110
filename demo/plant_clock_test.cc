#include "demo/plant_clock.h"

#include <gtest/gtest.h>

namespace artery::demo {
namespace {

using namespace std::chrono_literals;

constexpr Moment noon(1'795'320'000s);

TEST(PlantClock, WhatIsWrittenIsRead) {
  const PlantClock clock{.until = noon, .holes = {{noon - 7 * 24h, noon - 5 * 24h}, {noon - 2h, noon - 1h}}};
  EXPECT_EQ(show(clock), "until=1795320000000 holes=1794715200000-1794888000000,1795312800000-1795316400000");
  EXPECT_EQ(parse_plant_clock(show(clock)), clock);
  EXPECT_EQ(parse_plant_clock(show({.until = noon, .holes = {}})), (PlantClock{.until = noon, .holes = {}}));
}

TEST(PlantClock, WhatIsNoClockIsNone) {
  for (const char* text : {"", "until=", "until=5", "until=x holes=", "until=5 holes=7", "until=5000 holes=9000-7000",
                           "until=5000 holes=1000-2000,", "until=5000 holes=1000-2000x", "{\"until\": 5}"}) {
    EXPECT_FALSE(parse_plant_clock(text)) << text;
  }
}

TEST(PlantClock, AFreshNodeMissesItsHistory) {
  EXPECT_EQ(missing(std::nullopt, noon, 24h), (std::vector<Span>{{noon - 24h, noon}}));
  EXPECT_TRUE(missing(std::nullopt, noon, 0s).empty());
}

TEST(PlantClock, ANodeThatWasAwayMissesTheGapAndWhatWasLeftOpen) {
  const PlantClock last{.until = noon - 1h, .holes = {{noon - 48h, noon - 24h}}};
  EXPECT_EQ(missing(last, noon, 7 * 24h), (std::vector<Span>{{noon - 48h, noon - 24h}, {noon - 1h + 1s, noon}}));
  EXPECT_TRUE(missing(PlantClock{.until = noon, .holes = {}}, noon, 7 * 24h).empty());
}

}  // namespace
}  // namespace artery::demo
