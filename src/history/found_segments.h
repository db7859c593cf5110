// The segments of a history whose manifest is gone, and which of them it is made of: a part of repair(). Private to
// history/.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "history/manifest.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::history {

struct FoundSegment {
  SegmentEntry entry;  // as its header, its footer and its file say
  std::string path;
  bool whole = false;
};

// All that are in the folder; none where there is none. Reads every byte. On the pool. Errors: HistoryError::damaged
// where a header, which alone says of which batches the samples are, cannot be read; FileError::* but io, which is
// damage.
runtime::Task<Result<std::vector<FoundSegment>>> find_segments(runtime::Files* files, std::string folder);
// The same of archives, by their places among each other instead of batches.
runtime::Task<Result<std::vector<FoundSegment>>> find_archives(runtime::Files* files, std::string folder);

struct Choice {
  std::vector<SegmentEntry> chosen;  // by their batches, which do not overlap
  std::vector<std::string> damaged;  // the files that others stand for
  std::vector<std::string> reasons;  // for what was left out
};

// So that every batch is there once: a compaction may have been interrupted before it removed what it merged. A merged
// segment that is whole stands for those it was made of; these stand for one that is not. Errors:
// HistoryError::damaged where neither is whole, or where segments overlap as no compaction leaves them.
Result<Choice> choose_segments(std::vector<FoundSegment> found);

}  // namespace artery::history
