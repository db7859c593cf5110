// Seals frozen heads into one segment file.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "history/head.h"
#include "history/segment_writer.h"
#include "runtime/executor.h"
#include "runtime/task.h"

namespace artery::history {

// Who codes: the caller's thread, or so many of a pool.
struct Coders {
  runtime::Executor* pool = nullptr;
  std::size_t at_once = 1;
};

// Writes the segment, sorted, without replays of its own and without what the heads' deletions took, and returns the
// manifest's entry for it; nothing, and no file, where the heads, which the plan's batches made, hold no sample. On the
// pool. Errors: as of SegmentWriter, nothing is left to abandon.
runtime::Task<Result<std::optional<SegmentEntry>>> seal_heads(SegmentPlan plan,
                                                              std::vector<std::shared_ptr<const Head>> heads,
                                                              Coders coders = {});

}  // namespace artery::history
