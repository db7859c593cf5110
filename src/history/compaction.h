// Compaction: neighbouring segments become one, with the small effort of the coding, without what came twice, was
// deleted or is too old.
//
// It never touches what it reads; the manifest that names the new segment instead of the old ones is written by the one
// task that writes manifests (core.h), and old files go when no scan reads them any more.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/result.h"
#include "history/deletions.h"
#include "history/pace.h"
#include "history/rewrite.h"
#include "history/segment.h"
#include "history/segment_writer.h"
#include "runtime/task.h"

namespace artery::history {

struct CompactionSettings {
  std::size_t neighbours = 8;                     // of about one size are merged
  std::uint64_t segment_bytes_max = 4ULL << 30;   // what they have together, at most
  std::uint64_t bytes_per_second = 64ULL << 20;   // read and written, at most
  Duration purge_after = std::chrono::hours(24);  // what is deleted leaves its segment then, if no merge did it before
  Duration rest_after = std::chrono::hours(24);   // what no merge has come to is coded for rest then
};

// The neighbours to merge next: the smallest that are enough, the oldest first among those; nothing where there are
// none. Sizes are of one tier where they differ less than fourfold, so that a sample is written again a few times in
// all its life.
struct Neighbours {
  std::size_t begin = 0;
  std::size_t end = 0;
};
std::optional<Neighbours> choose_neighbours(std::span<const SegmentEntry> segments, const CompactionSettings& settings);

// Neighbours, or one, that were written light before `due` and are to be coded for rest: the oldest that are together
// no more than fit.
std::optional<Neighbours> choose_light(std::span<const std::shared_ptr<const Segment>> segments, Time due,
                                       const CompactionSettings& settings);

// Which of a signal's samples nobody needs any more: those before this time.
using Removable = std::function<Time(SignalId)>;

// How many of its samples nobody needs any more; of whole chunks.
std::uint64_t expired_samples(const Segment& segment, const Removable& before);

struct CompactionJob {
  SegmentPlan plan;     // from the first's batches to the last's
  Segments segments;    // or one, to carry deletions out
  Deletions deletions;  // all below plan.clean
  Removable removable_before;
  PaceSettings pace;
};

// Writes and finishes the new segment; its name is the caller's to give. On the pool, to which it gives way after every
// vector, and where it goes on after it has waited. Errors: HistoryError::cancelled, and as of SegmentWriter::finish(),
// nothing is left to abandon.
runtime::Task<Result<Rewritten>> compact(CompactionJob job);

}  // namespace artery::history
