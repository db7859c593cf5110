// Archives: what samples came to that are too old to be kept, for as long as tiles are (history.tiles_retention).
//
// A segment's tiles tell of its own samples only, so they cannot outlive them: what came late or was corrected lies in
// other segments. An archive is a file of its own, a segment with tiles and no chunks, made of what all segments
// together show: newest revisions, without what was deleted. Per signal it has whole days, from where the archives
// before it end up to the horizon of its samples; so the archives of a signal follow each other and never overlap. How
// far they reach they say themselves, also of a signal all of whose tiles were deleted: archived_until().
//
// Samples may leave the disk only where an archive that is committed has them: removable_before(). What comes later of
// a day that is archived counts nowhere. docs/formats/history.md, "Archives".
//
// The jobs are those of compaction.h: they touch nothing that they read, and are committed by the one task that writes
// manifests (core.h).
#pragma once

#include <cstdint>

#include "base/result.h"
#include "history/compaction.h"
#include "history/deletions.h"
#include "history/pace.h"
#include "history/retention.h"
#include "history/rewrite.h"
#include "history/segment.h"
#include "history/segment_writer.h"
#include "runtime/task.h"

namespace artery::history {

// The end of what the archives tell of the signal; time_min where they tell nothing.
Time archived_until(const Segments& archives, SignalId signal);

// Which of its samples nobody needs any more: none that is yet to be archived.
Time removable_before(const Retention& retention, const Segments& archives, SignalId signal);

// Whether there are samples to be archived.
bool has_to_archive(const Segments& segments, const Segments& archives, const Retention& retention);

// How many of its tiles are too old; of whole blocks.
std::uint64_t expired_tiles(const Segment& archive, const Retention& retention);

struct ArchiveJob {
  SegmentPlan plan;
  Segments segments;    // all, to make an archive of; none: `archives`, neighbours or one, become one
  Segments archives;    // all, or those
  Deletions deletions;  // all below plan.clean
  Retention retention;
  PaceSettings pace;
  bool salvage = false;  // of old archives: a block that is damaged is left out
};

// Writes and finishes the archive; its name is the caller's to give. On the pool. Errors: as compact().
runtime::Task<Result<Rewritten>> make_archive(ArchiveJob job);

}  // namespace artery::history
