// Seals frozen heads into one segment file.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "history/head.h"
#include "history/segment_writer.h"
#include "runtime/task.h"

namespace artery::history {

// Writes the segment, sorted, without replays of its own and without what the heads' deletions took, and returns the
// manifest's entry for it; nothing, and no file, where the heads, which the plan's batches made, hold no sample. On the
// pool. Errors: as of SegmentWriter, nothing is left to abandon.
runtime::Task<Result<std::optional<SegmentEntry>>> seal_heads(SegmentPlan plan,
                                                              std::vector<std::shared_ptr<const Head>> heads);

}  // namespace artery::history
