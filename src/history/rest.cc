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

Task<Result<std::vector<Rows>>> read_all(RestJob* job) {
  std::vector<Rows> found;
  while (job->reader->position() < job->end) {
    if (job->stop.stop_requested()) co_return Error(HistoryError::cancelled, "the scan was cancelled");
    const auto batches = co_await job->reader->next(job->read_bytes);
    if (!batches) co_return batches.error();
    Head head(job->index, job->count);
    for (const log::BatchPtr& batch : *batches) {
      if (batch->offset() < job->end) head.append(*batch);
    }
    for (const HeadRun& run : head.runs(job->signal, job->span)) {
      Rows rows = run.open(job->span);
      if (rows.size() > 0) found.push_back(std::move(rows));
    }
    if (bytes_of(found) > job->bytes_max) prune(job, &found);
    if (bytes_of(found) > job->bytes_max) {
      co_return Error(HistoryError::too_much,
                      fmt::format("the disk is full, and more than {} bytes of this signal wait in the log for room: "
                                  "ask for a shorter range, or free some space",
                                  job->bytes_max));
    }
  }
  co_return found;
}

}  // namespace

Task<Result<std::vector<Rows>>> read_rest(RestJob job) {
  auto found = co_await read_all(&job);
  job.reader->end();
  co_return found;
}

}  // namespace artery::history
