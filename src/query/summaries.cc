#include "query/summaries.h"

#include <algorithm>
#include <utility>

namespace artery::query {

using history::Samples;
using history::Summary;
using runtime::Task;

Summaries::Summaries(history::Cursor samples, const Intervals& intervals, history::Uncertain rule)
    : samples_(std::move(samples)), intervals_(intervals), rule_(rule) {}

Task<Result<std::vector<Summary>>> Summaries::next() {
  const auto samples = co_await samples_.next();
  if (!samples) co_return samples.error();
  std::vector<Summary> summaries;
  const std::vector<Time>& times = samples->times;
  for (std::size_t row = 0; row < times.size();) {
    const Time end = intervals_.to(intervals_.index_of(times[row]));
    const auto stop = std::lower_bound(times.begin() + static_cast<std::ptrdiff_t>(row), times.end(), end);
    const auto behind = static_cast<std::size_t>(stop - times.begin());
    summaries.emplace_back().add(*samples, row, behind, rule_);
    row = behind;
  }
  co_return summaries;
}

}  // namespace artery::query
