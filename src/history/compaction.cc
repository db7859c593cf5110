#include "history/compaction.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace artery::history {
namespace {

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

// False where a chunk is damaged.
Task<Result<bool>> merge(const CompactionJob* job, SegmentWriter* writer) {
  Pace pace(job->pace);
  auto files = co_await open_all(job->plan.files, &job->segments);
  if (!files) co_return files.error();
  SegmentsReader reader(job->segments, std::move(*files), job->deletions, pace);
  while (reader.signals().next()) {
    const SignalId signal = reader.signals().signal();
    reader.begin(Span{job->removable_before(signal)}, Revisions::all);
    while (true) {
      const auto samples = co_await reader.next();
      if (!samples) co_return samples.error();
      if (!*samples) co_return false;
      if ((*samples)->empty()) break;
      writer->add(signal, **samples);
      if (auto went_on = co_await pace.go_on(writer); !went_on) co_return went_on.error();
    }
  }
  co_return true;
}

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

std::optional<Neighbours> choose_light(std::span<const std::shared_ptr<const Segment>> segments, Time due,
                                       const CompactionSettings& settings) {
  const auto is_due = [&](const auto& segment) { return segment->light_since() && *segment->light_since() <= due; };
  const auto first = std::ranges::find_if(segments, is_due);
  if (first == segments.end()) return std::nullopt;
  std::uint64_t bytes = (*first)->entry().bytes;
  auto end = first + 1;
  while (end != segments.end() && is_due(*end) && bytes + (*end)->entry().bytes <= settings.segment_bytes_max)
    bytes += (*end++)->entry().bytes;
  return Neighbours{static_cast<std::size_t>(first - segments.begin()),
                    static_cast<std::size_t>(end - segments.begin())};
}

std::uint64_t expired_samples(const Segment& segment, const Removable& before) {
  std::uint64_t expired = 0;
  Directory::Walk walk(segment.directory());
  while (const SignalPlaces* const places = walk.next()) {
    const Time horizon = before(places->signal);
    for (const ChunkPlace& place : places->chunks) {
      if (place.span.last < horizon) expired += place.rows;
    }
  }
  return expired;
}

Task<Result<Rewritten>> compact(CompactionJob job) {
  auto writer = co_await SegmentWriter::create(job.plan);
  if (!writer) co_return writer.error();
  auto whole = co_await merge(&job, writer->get());
  co_return co_await conclude(std::move(*writer), std::move(whole));
}

}  // namespace artery::history
