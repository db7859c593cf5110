#include "history/compaction.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "history/chunk.h"
#include "history/error.h"
#include "history/merge.h"

namespace artery::history {
namespace {

using runtime::OpenMode;
using runtime::Task;

// Sizes within a factor of four; what is below a mebibyte is one tier.
unsigned tier_of(const SegmentEntry& entry) {
  return static_cast<unsigned>(std::bit_width(entry.bytes >> 20U) + 1) / 2;
}

// The first run of neighbours that are all of this tier or below, and enough; no more than fit. One that is as great as
// all others together is left out: to write it again would gain little.
std::optional<Neighbours> find_run(std::span<const SegmentEntry> segments, unsigned tier,
                                   const CompactionSettings& settings) {
  for (std::size_t begin = 0; begin < segments.size(); ++begin) {
    std::uint64_t bytes = 0;
    std::uint64_t greatest = 0;
    std::size_t end = begin;
    for (; end < segments.size() && tier_of(segments[end]) <= tier; ++end) {
      if (bytes + segments[end].bytes > settings.segment_bytes_max) break;
      bytes += segments[end].bytes;
      greatest = std::max(greatest, segments[end].bytes);
    }
    if (end - begin >= settings.neighbours && greatest <= bytes - greatest) return Neighbours{begin, end};
  }
  return std::nullopt;
}

class Compaction {
 public:
  Compaction(const CompactionJob& job, SegmentWriter& writer) : job_(job), writer_(writer), pace_(job.pace) {}

  Task<Result<bool>> run() {
    for (const auto& segment : job_.segments) {
      auto file = co_await job_.plan.files->open(segment->path(), OpenMode::read);
      if (!file) co_return file.error();
      files_.push_back(std::move(*file));
    }
    for (const SignalId signal : signals()) {
      auto whole = co_await merge(signal);
      if (!whole || !*whole) co_return whole;
    }
    co_return true;
  }

 private:
  struct Source {
    std::size_t segment;
    std::uint32_t chunk;
  };

  [[nodiscard]] std::vector<SignalId> signals() const {
    std::vector<SignalId> all;
    for (const auto& segment : job_.segments) {
      const Directory& directory = segment->directory();
      for (std::uint32_t chunk = 0; chunk < directory.chunks();) {
        all.push_back(directory.signal_of(chunk));
        chunk = directory.chunks_of(all.back()).end;
      }
    }
    std::ranges::sort(all);
    all.erase(std::ranges::unique(all).begin(), all.end());
    return all;
  }

  // False where a chunk is damaged.
  Task<Result<bool>> merge(SignalId signal) {
    const Span kept{job_.removable_before(signal)};
    std::vector<Source> sources;
    std::vector<Span> spans;
    for (std::size_t i = 0; i < job_.segments.size(); ++i) {
      const Directory& directory = job_.segments[i]->directory();
      const auto range = directory.chunks_of(signal, kept);
      for (std::uint32_t chunk = range.begin; chunk < range.end; ++chunk) {
        sources.push_back({i, chunk});
        spans.push_back(directory.chunk(chunk).span);
      }
    }
    Merge merge(std::move(spans), {Direction::forward, Revisions::all, std::nullopt});
    const auto deletions = deletions_of(job_.deletions, signal);
    const Visible visible{{deletions.begin(), deletions.end()}};
    Samples vector;
    while (!merge.done()) {
      if (const auto wanted = merge.wanted()) {
        const Source& source = sources[*wanted];
        auto rows = co_await job_.segments[source.segment]->load(files_[source.segment].get(), source.chunk);
        if (!rows) co_return rows.error();
        if (!*rows) co_return false;
        pace_.read(job_.segments[source.segment]->directory().chunk(source.chunk).bytes);
        clip(**rows, kept);
        visible.leave(**rows);
        merge.give(*wanted, std::move(**rows));
      } else if (!merge.step(vector)) {
        writer_.add(signal, vector);
        vector.clear();
        if (auto went_on = co_await pace_.go_on(&writer_); !went_on) co_return went_on.error();
      }
    }
    if (!vector.empty()) writer_.add(signal, vector);
    if (auto went_on = co_await pace_.go_on(&writer_); !went_on) co_return went_on.error();
    co_return true;
  }

  const CompactionJob& job_;
  SegmentWriter& writer_;
  Pace pace_;
  std::vector<std::unique_ptr<runtime::File>> files_;
};

}  // namespace

std::optional<Neighbours> choose_neighbours(std::span<const SegmentEntry> segments,
                                            const CompactionSettings& settings) {
  unsigned most = 0;
  for (const SegmentEntry& entry : segments) most = std::max(most, tier_of(entry));
  for (unsigned tier = 0; tier <= most; ++tier) {
    if (const auto run = find_run(segments, tier, settings)) return run;
  }
  return std::nullopt;
}

std::uint64_t expired_samples(const Segment& segment, const Removable& before) {
  const Directory& directory = segment.directory();
  std::uint64_t expired = 0;
  for (std::uint32_t chunk = 0; chunk < directory.chunks();) {
    const SignalId signal = directory.signal_of(chunk);
    const Time horizon = before(signal);
    for (const std::uint32_t end = directory.chunks_of(signal).end; chunk < end; ++chunk) {
      if (directory.chunk(chunk).span.last < horizon) expired += directory.chunk(chunk).rows;
    }
  }
  return expired;
}

Task<Result<Compacted>> compact(CompactionJob job) {
  auto writer = co_await SegmentWriter::create(job.plan);
  if (!writer) co_return writer.error();
  Compaction compaction(job, **writer);
  const auto whole = co_await compaction.run();
  const bool is_wanted = whole && *whole && !(*writer)->empty();
  Result<void> finished;
  if (is_wanted) finished = co_await (*writer)->finish();
  if (is_wanted && finished) co_return Compacted{true, std::move(*writer)};
  if (finished || !finished.error().is(HistoryError::failed)) co_await (*writer)->abandon();
  if (!whole) co_return whole.error();
  if (!finished) co_return finished.error();
  co_return Compacted{*whole, nullptr};
}

}  // namespace artery::history
