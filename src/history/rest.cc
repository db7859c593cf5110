#include "history/rest.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "history/chunk.h"
#include "history/error.h"
#include "history/head.h"

namespace artery::history {
namespace {

using runtime::Task;

// What they hold in memory, about.
std::uint64_t bytes_of(const std::vector<Rows>& all) {
  constexpr std::uint64_t row_bytes = 2 * sizeof(Time) + sizeof(std::uint64_t) + 3 * sizeof(std::uint32_t);
  std::uint64_t bytes = 0;
  for (const Rows& rows : all) bytes += rows.size() * row_bytes + rows.columns.text.size();
  return bytes;
}

// Lets go of what the scan will not come to. Each time shows one sample at least (but the one that the scan begins
// after), so it ends with the time that fills it.
void prune(RestJob* job, std::vector<Rows>* found) {
  std::vector<Time> times;
  for (const Rows& rows : *found) times.insert(times.end(), rows.columns.times.begin(), rows.columns.times.end());
  std::ranges::sort(times);
  times.erase(std::ranges::unique(times).begin(), times.end());
  if (times.size() <= job->limit) return;
  const std::size_t most = job->limit;
  if (job->direction == Direction::forward) {
    job->span.last = times[most];
  } else {
    job->span.first = times[times.size() - 1 - most];
  }
  for (Rows& rows : *found) clip(rows, job->span);
  std::erase_if(*found, [](const Rows& rows) { return rows.size() == 0; });
}

// Takes what these batches have of the signal.
Result<void> take(RestJob* job, const std::vector<log::BatchPtr>& batches, Rest* rest) {
  Head head(job->index, job->count);
  for (const log::BatchPtr& batch : batches) {
    if (batch->offset() < job->end) head.append(*batch);
  }
  std::ranges::copy(head.deletions(job->signal), std::back_inserter(rest->deletions));
  const Visible known{{}, job->as_of};
  for (const HeadRun& run : head.runs(job->signal, job->span)) {
    Rows rows = run.open(job->span);
    known.leave(rows);
    if (rows.size() > 0) rest->rows.push_back(std::move(rows));
  }
  // What is deleted shows nothing: then more is needed than the limit says, perhaps of what was let go of.
  if (rest->deletions.empty() && bytes_of(rest->rows) > job->bytes_max) {
    prune(job, &rest->rows);
    rest->pruned = true;
  }
  const bool all_there = rest->deletions.empty() || !rest->pruned;
  if (all_there && bytes_of(rest->rows) <= job->bytes_max) return {};
  return Error(HistoryError::too_much,
               fmt::format("the disk is full, and more than {} bytes of this signal wait in the log for room: "
                           "ask for a shorter range, or free some space",
                           job->bytes_max));
}

Task<Result<void>> read_all(RestJob* job, Rest* rest) {
  while (job->reader->position() < job->end) {
    if (job->stop.stop_requested()) co_return Error(HistoryError::cancelled, "the scan was cancelled");
    const auto batches = co_await job->reader->next(job->read_bytes);
    if (!batches) co_return batches.error();
    if (auto taken = take(job, *batches, rest); !taken) co_return taken;
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<Rest>> read_rest(RestJob job) {
  Rest rest;
  const auto read = co_await read_all(&job, &rest);
  job.reader->end();
  if (!read) co_return read.error();
  co_return std::move(rest);
}

}  // namespace artery::history
