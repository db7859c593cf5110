// Seals frozen heads into one segment file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "history/head.h"
#include "history/manifest.h"
#include "history/signal_facts.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::history {

struct SegmentJob {
  runtime::Files* files = nullptr;
  std::string folder;
  std::uint64_t number = 0;
  Offset from;  // the batches that the heads were made of
  Offset to;
  Time created;
  std::vector<std::shared_ptr<const Head>> heads;
  SignalNames names;
};

// Writes the segment, sorted, without replays of its own, and returns the manifest's entry for it; nothing, and no
// file, where the heads hold no sample. Done means: file and folder are on the device, under the final name. On the
// pool. Errors: FileError::* (no file is left, try again), HistoryError::failed (a sync failed: stop).
runtime::Task<Result<std::optional<SegmentEntry>>> write_segment(SegmentJob job);

}  // namespace artery::history
