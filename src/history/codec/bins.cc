#include "history/codec/bins.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/assert.h"
#include "history/codec/bits.h"

namespace artery::codec {
namespace {

constexpr std::size_t groups_rough = 48;
constexpr std::size_t groups_thorough = 192;
constexpr double bits_of_a_bin = 34;  // in the table before the stream: lower end, width, weight

// Good to 0.01, and quick: the exponent, and a parabola through the mantissa.
double rough_log2(std::uint32_t count) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(count));
  const auto exponent = static_cast<std::int32_t>(bits >> 23U) - 127;
  const auto mantissa = static_cast<double>(std::bit_cast<float>((bits & 0x7FFFFFU) | 0x3F800000U));
  return exponent + (-0.344845 * mantissa + 2.024658) * mantissa - 1.674873;
}

// Equal values stand in one group; else groups have about as many values each.
struct Group {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint32_t end = 0;  // how many values stand in this and all before
};

std::vector<Group> make_groups(std::span<const std::uint64_t> sorted, std::size_t groups_max) {
  const std::size_t most = (sorted.size() + groups_max - 1) / groups_max;
  std::vector<Group> groups;
  for (std::size_t at = 0; at < sorted.size();) {
    const auto run_end = static_cast<std::size_t>(std::ranges::upper_bound(sorted.subspan(at), sorted[at],
                                                                           [](auto a, auto b) {
                                                                             return static_cast<std::int64_t>(a) <
                                                                                    static_cast<std::int64_t>(b);
                                                                           }) -
                                                  sorted.begin());
    const bool joins = !groups.empty() && run_end - (groups.size() > 1 ? groups[groups.size() - 2].end : 0) <= most;
    if (!joins) groups.push_back({sorted[at], sorted[at], 0});
    groups.back().last = sorted[at];
    groups.back().end = static_cast<std::uint32_t>(run_end);
    at = run_end;
  }
  return groups;
}

}  // namespace

Bins choose_bins(std::span<const std::uint64_t> sorted, Search search) {
  ARTERY_ASSERT(!sorted.empty());
  const std::vector<Group> groups = make_groups(sorted, search == Search::rough ? groups_rough : groups_thorough);
  const double total = rough_log2(static_cast<std::uint32_t>(sorted.size()));
  struct Step {
    double bits = std::numeric_limits<double>::infinity();
    std::size_t from = 0;  // the last bin begins with this group
  };
  std::vector<Step> best(groups.size() + 1);
  best[0].bits = 0;
  for (std::size_t end = 1; end <= groups.size(); ++end) {
    for (std::size_t begin = 0; begin < end; ++begin) {
      const std::uint32_t before = begin == 0 ? 0 : groups[begin - 1].end;
      const std::uint32_t count = groups[end - 1].end - before;
      const unsigned width = bits_of(groups[end - 1].last - groups[begin].first);
      const double bits = best[begin].bits + bits_of_a_bin + count * (total - rough_log2(count) + width);
      if (bits < best[end].bits) best[end] = {bits, begin};
    }
  }
  Bins bins;
  bins.bits = best.back().bits;
  for (std::size_t end = groups.size(); end > 0; end = best[end].from) {
    const std::size_t begin = best[end].from;
    const std::uint32_t before = begin == 0 ? 0 : groups[begin - 1].end;
    bins.all.push_back(
        {groups[begin].first, bits_of(groups[end - 1].last - groups[begin].first), groups[end - 1].end - before});
  }
  std::ranges::reverse(bins.all);
  ARTERY_ASSERT(bins.all.size() <= bins_max);
  return bins;
}

}  // namespace artery::codec
