// Looks at a log that nobody has open, and changes nothing: for `artery inspect log` and `artery verify`.
//
// Runs on the thread that calls. What is said of damage is what docs/formats/log.md, "Recovery", says: below the
// highest mark that the newest segment carries it is rot; behind it, it is a torn tail that the next start cuts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "log/format.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::log {

struct FoundSegment {
  std::string path;
  SegmentName name;
  std::optional<SegmentHeader> header;  // nothing where it is damaged
  Buffer bytes;                         // the whole file
  std::optional<std::uint64_t> end;     // the next segment's base; nothing for the newest
};

struct SegmentDamage {
  std::size_t at = 0;  // byte of the file
  std::string what;
  bool torn = false;  // never acknowledged: no loss
};

// The segments' names in a folder, oldest first. Errors: FileError::*.
runtime::Task<Result<std::vector<SegmentName>>> find_segments(runtime::Files* files, std::string folder);

// Errors: FileError::*.
runtime::Task<Result<FoundSegment>> load_segment(runtime::Files* files, std::string folder, SegmentName name,
                                                 std::optional<std::uint64_t> end);

// Calls `visit` for each intact batch, in order, with its payload, and returns what is damaged.
using VisitBatch = std::function<void(const BatchHeader& header, Bytes payload)>;
std::vector<SegmentDamage> walk_segment(const FoundSegment& segment, const VisitBatch& visit);

}  // namespace artery::log
