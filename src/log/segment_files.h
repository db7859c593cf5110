// The log's folder: which segment files there are, how one is made, committed and removed. Tasks run wherever they are
// awaited; every function here syncs what it promises before it is done.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/format.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::log {

// A committed segment. Its batches are [base, the next segment's base) or, for the newest, up to the log's end.
struct Segment {
  std::uint64_t life = 0;
  std::uint64_t base = 0;
  std::uint64_t bytes = 0;  // of the file
  std::int64_t created = 0;
};

// A file of zeros (or of an old life's bytes) that may become a segment: written, synced, not yet committed.
struct Spare {
  std::string path;
  std::unique_ptr<runtime::File> file;
  std::uint64_t capacity = 0;
};

class SegmentFiles {
 public:
  SegmentFiles(runtime::Files& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

  // Committed segments by life, oldest first. Spares that an earlier run left are removed: what is in them must never
  // be taken for a batch of a life that is yet to come. A header that cannot be read is reported in `damaged`; the
  // name then stands for it.
  struct Listing {
    std::vector<Segment> segments;
    std::vector<std::string> damaged;
    std::uint64_t epoch = 0;  // the highest
  };
  runtime::Task<Result<Listing>> list();

  // A new file of zeros, `capacity` bytes, synced. `number` makes its name; not used twice in one run.
  runtime::Task<Result<Spare>> prepare(std::uint64_t number, std::uint64_t capacity);

  // Turns an old segment into a spare: its name goes first, durably, so that it is never read as what it was.
  runtime::Task<Result<Spare>> recycle(Segment old, std::uint64_t number);

  // Makes the spare a segment, in this order: header, sync, name, sync of the folder. Done means committed.
  runtime::Task<Result<std::unique_ptr<runtime::File>>> commit(Spare spare, SegmentHeader header);

  runtime::Task<Result<void>> remove(Segment segment);
  runtime::Task<Result<std::unique_ptr<runtime::File>>> open(Segment segment);
  // The whole file.
  runtime::Task<Result<Buffer>> read(Segment segment);
  // Gives back what lies behind `bytes` of a segment that will not grow again.
  runtime::Task<Result<void>> shorten(Segment segment, std::uint64_t bytes);

  [[nodiscard]] std::string path(const Segment& segment) const;
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] runtime::Files& files() const { return files_; }

 private:
  [[nodiscard]] std::string spare_path(std::uint64_t number) const;

  runtime::Files& files_;
  std::string folder_;
};

}  // namespace artery::log
