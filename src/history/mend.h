// Makes segments anew in the place of damaged or missing ones: a part of repair(). Private to history/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "history/log_pieces.h"
#include "history/manifest.h"
#include "history/repair.h"
#include "runtime/task.h"

namespace artery::history {

// All must outlive what is made with it.
struct MendSurroundings {
  const RepairJob& job;
  const ClosedLog& log;
  std::uint64_t& next_number;  // of the next segment
};

struct Mended {
  std::string path;                // of the damaged file
  bool in_its_place = false;       // and that file is in the history's folder
  std::vector<SegmentEntry> made;  // durable, with their names; by their batches
  bool complete = false;           // every batch is there
  std::uint64_t from_log = 0;      // samples
  std::vector<std::string> steps;
  std::vector<std::string> losses;
};

// Without job.write nothing is made, all else is said. On the pool. Errors: HistoryError::failed, damaged,
// FileError::*.
runtime::Task<Result<Mended>> mend_segment(const MendSurroundings* around, SegmentEntry damaged);
// The same of an archive: what of its tiles can be read, since nothing else has them.
runtime::Task<Result<Mended>> mend_archive(const MendSurroundings* around, SegmentEntry damaged);
// The same for batches that no segment has.
runtime::Task<Result<Mended>> mend_gap(const MendSurroundings* around, Offset from, Offset to);

}  // namespace artery::history
