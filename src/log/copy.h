// Writes a stretch of a log as a log of its own, whole and in order: what a backup has of it. Batches keep their
// offsets and arrivals; lives and epochs begin anew. Another Log opens the folder as after an orderly stop
// (docs/formats/log.md, "Recovery"); where batches are missing it says so, as the first log did.
//
// Used by one task at a time, on a pool.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "log/batch.h"
#include "log/format.h"
#include "model/ids.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::log {

class LogCopy {
 public:
  struct Plan {
    runtime::Files* files = nullptr;
    std::string folder;               // exists, and is empty
    std::uint64_t segment_bytes = 0;  // about; a batch that is longer has a segment for itself
    Offset from;                      // of the first batch
    Time created;                     // the first log's stamp, above every arrival
  };
  explicit LogCopy(Plan plan) : plan_(std::move(plan)), next_(plan_.from) {}

  // Batches that follow those before. Errors: FileError::*.
  runtime::Task<Result<void>> add(std::vector<BatchPtr> batches);
  // There are no more below `end`. Done means: all of it is on the device, but the folder's entries, which are the
  // caller's to sync. Errors: FileError::*.
  runtime::Task<Result<void>> finish(Offset end);

 private:
  runtime::Task<Result<void>> begin_segment(Offset base);
  runtime::Task<Result<void>> end_segment();
  runtime::Task<Result<void>> flush();
  void put(BatchHeader header, Bytes bytes);

  const Plan plan_;
  Offset next_;
  std::unique_ptr<runtime::File> file_;
  SegmentHeader header_;
  std::uint64_t position_ = 0;  // of what is put next
  Buffer waiting_;              // what ends there and is not written
};

}  // namespace artery::log
