#include "base/histogram.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <thread>

namespace artery {
namespace {

using namespace std::chrono_literals;

TEST(DurationHistogram, ABucketIncludesItsUpperEnd) {
  DurationHistogram histogram;
  for (const Duration took : std::initializer_list<Duration>{-5ns, 0ns, 10us, 10us + 1ns, 10s}) {
    histogram.add(took);
  }
  histogram.add(10s + 1ns);
  DurationCounts counts;
  histogram.add_to(counts);
  EXPECT_EQ(counts.buckets[0], 3U);
  EXPECT_EQ(counts.buckets[1], 1U);
  EXPECT_EQ(counts.buckets[DurationCounts::bounds - 1], 1U);
  EXPECT_EQ(counts.buckets[DurationCounts::bounds], 1U);
  EXPECT_EQ(counts.count(), 6U);
  EXPECT_EQ(counts.sum, 20s + 20us + 2ns);  // what is below zero counts as none
}

TEST(DurationHistogram, BoundsIncreaseAndAreFineAroundAMillisecond) {
  for (std::size_t i = 1; i < DurationCounts::bounds; ++i) {
    const Duration below = DurationCounts::bound(i - 1);
    const Duration bound = DurationCounts::bound(i);
    ASSERT_LT(below, bound);
    if (below >= 500us && bound <= 2ms) {
      EXPECT_LE(bound, below * 4 / 3) << i;
    }
  }
  EXPECT_EQ(DurationCounts::bound(0), 10us);
  EXPECT_EQ(DurationCounts::bound(DurationCounts::bounds - 1), 10s);
}

TEST(DurationHistogram, HistogramsOfSeveralThreadsAddUpWhileTheyCount) {
  constexpr std::uint64_t additions = 20'000;
  std::array<DurationHistogram, 2> histograms;
  const auto count = [&] {
    DurationCounts sum;
    for (const DurationHistogram& each : histograms) each.add_to(sum);
    return sum;
  };
  {
    std::array<std::jthread, 2> threads;
    for (std::size_t i = 0; i < threads.size(); ++i) {
      threads[i] = std::jthread([&histogram = histograms[i]] {
        for (std::uint64_t n = 0; n < additions; ++n) histogram.add(1ms);
      });
    }
    for (std::uint64_t last = 0; last < additions;) {
      const std::uint64_t now = count().count();
      ASSERT_GE(now, last);
      last = now;
    }
  }
  EXPECT_EQ(count().count(), 2 * additions);
  EXPECT_EQ(count().sum, 2 * additions * 1ms);
}

}  // namespace
}  // namespace artery
