// Stretches: every time that has samples is in exactly one, and where one is told to be a segment's alone, it is.
#include "history/stretches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "runtime/sim/rng.h"

namespace artery::history {
namespace {

constexpr std::int64_t times = 60;

std::vector<SourceSpans> random_sources(sim::Rng& rng) {
  std::vector<SourceSpans> sources;
  const auto count = static_cast<std::uint32_t>(rng.below(5));
  for (std::uint32_t i = 0; i < count; ++i) {
    SourceSpans source;
    if (rng.chance(0.8)) source.segment = i;
    auto at = static_cast<std::int64_t>(rng.below(times));
    const std::uint64_t chunks = source.segment ? 1 + rng.below(5) : 1;
    for (std::uint64_t chunk = 0; chunk < chunks && at < times; ++chunk) {
      const auto end = at + static_cast<std::int64_t>(rng.below(12));
      source.spans.push_back({Time(at), Time(std::min(end, times - 1))});
      at = end + static_cast<std::int64_t>(rng.below(6));  // 0: a time in both
    }
    if (!source.spans.empty()) sources.push_back(std::move(source));
  }
  return sources;
}

TEST(Stretches, hold_every_time_once_and_leave_no_segment_alone_that_is_not) {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    sim::Rng rng(seed);
    const std::vector<SourceSpans> sources = random_sources(rng);
    const auto from = static_cast<std::int64_t>(rng.below(times / 2));
    const Span range{Time(from), Time(from + static_cast<std::int64_t>(rng.below(times)))};
    const std::vector<Stretch> stretches = stretches_of(sources, range);
    std::optional<Time> last;
    for (const Stretch& stretch : stretches) {
      ASSERT_LE(stretch.span.first, stretch.span.last);
      ASSERT_TRUE(!last || *last < stretch.span.first) << "seed " << seed;
      ASSERT_TRUE(range.first <= stretch.span.first && stretch.span.last <= range.last);
      last = stretch.span.last;
    }
    for (std::int64_t at = range.first.value(); at <= range.last.value(); ++at) {
      unsigned spans = 0;
      std::set<std::optional<std::uint32_t>> holders;
      for (const SourceSpans& source : sources) {
        for (const Span& span : source.spans) {
          if (!span.has(Time(at))) continue;
          ++spans;
          holders.insert(source.segment);
        }
      }
      if (spans == 0) continue;
      const auto found = std::ranges::find_if(stretches, [&](const auto& one) { return one.span.has(Time(at)); });
      ASSERT_NE(found, stretches.end()) << "seed " << seed << ": time " << at << " is in none";
      const bool alone = spans == 1 && holders.begin()->has_value();
      ASSERT_EQ(found->segment, alone ? *holders.begin() : std::nullopt) << "seed " << seed << ", time " << at;
    }
  }
}

TEST(Stretches, of_segments_that_follow_each_other_are_as_many) {
  std::vector<SourceSpans> sources;
  for (std::uint32_t segment = 0; segment < 3; ++segment) {
    SourceSpans source{segment, {}};
    for (std::int64_t chunk = 0; chunk < 1000; ++chunk) {
      const std::int64_t at = (segment * 1000 + chunk) * 10;
      source.spans.push_back({Time(at), Time(at + 9)});
    }
    sources.push_back(std::move(source));
  }
  EXPECT_EQ(stretches_of(sources, {time_min, time_max}).size(), 3U);
}

}  // namespace
}  // namespace artery::history
