// How long things took, counted in fixed buckets: what Prometheus calls a histogram. One for each thread that counts;
// whoever asks adds them up.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "base/time.h"

namespace artery {

// The upper, included ends of all buckets but the last, which has none. From 100 us to 10 ms, where the goals are,
// neighbours differ by 11 to 50 percent: a percentile read from the buckets is that exact.
inline constexpr auto duration_bounds = std::to_array<std::chrono::microseconds::rep>(
    {10,     20,      30,      50,      70,      100,       150,       200,       250,       300,
     400,    500,     600,     700,     800,     900,       1'000,     1'250,     1'500,     2'000,
     2'500,  3'000,   4'000,   5'000,   7'000,   10'000,    15'000,    20'000,    30'000,    50'000,
     70'000, 100'000, 200'000, 300'000, 500'000, 1'000'000, 2'000'000, 3'000'000, 5'000'000, 10'000'000});

// The sum of some histograms. A value.
struct DurationCounts {
  static constexpr std::size_t bounds = duration_bounds.size();
  // The end of bucket `i`, which is below bounds.
  static constexpr Duration bound(std::size_t i) { return std::chrono::microseconds(duration_bounds[i]); }

  std::array<std::uint64_t, bounds + 1> buckets{};  // each by itself, not with those below it
  Duration sum{0};

  [[nodiscard]] std::uint64_t count() const {
    return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
  }
};

// One thread adds, any thread reads: no addition is lost, and what is read together may be of slightly different
// moments.
class DurationHistogram {
 public:
  void add(Duration took) {
    const auto us = std::chrono::ceil<std::chrono::microseconds>(took).count();
    const auto bound = std::ranges::lower_bound(duration_bounds, us);
    increase(buckets_[static_cast<std::size_t>(bound - duration_bounds.begin())], 1);
    increase(sum_ns_, static_cast<std::uint64_t>(std::max(took, Duration::zero()).count()));
  }

  void add_to(DurationCounts& sum) const {
    for (std::size_t i = 0; i < buckets_.size(); ++i) sum.buckets[i] += buckets_[i].load(std::memory_order_relaxed);
    sum.sum += Duration(static_cast<std::int64_t>(sum_ns_.load(std::memory_order_relaxed)));
  }

 private:
  using Counter = std::atomic<std::uint64_t>;
  static void increase(Counter& counter, std::uint64_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<Counter, DurationCounts::bounds + 1> buckets_{};
  Counter sum_ns_ = 0;
};

}  // namespace artery
