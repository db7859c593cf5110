// Reads batches back from the segments' files, for a reader that is not served from memory. Remembers where it is, so
// that going on costs nothing. Runs on the pool, one call at a time. Private to log/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "log/batch.h"
#include "log/segment_files.h"
#include "runtime/task.h"

namespace artery::log {

class Shared;

struct DiskRead {
  std::vector<BatchPtr> batches;
  std::uint64_t next = 0;  // where the following read starts
};

class DiskCursor {
 public:
  explicit DiskCursor(Shared& shared) : shared_(shared) {}

  // Batches of [from, to), all of them synced: about `bytes_max`, and none only where rot has eaten them; what it has
  // is skipped, counted and told in the journal.
  runtime::Task<Result<DiskRead>> read(std::uint64_t from, std::uint64_t to, std::size_t bytes_max);

 private:
  // The segment that holds `offset`, opened at its start or already further on.
  runtime::Task<Result<void>> seek(std::uint64_t offset, std::uint64_t to);
  runtime::Task<Result<void>> read_segment(std::uint64_t from, std::size_t bytes_max, DiskRead* into);
  runtime::Task<Result<std::optional<BatchHeader>>> next_header();
  runtime::Task<Result<std::optional<BatchHeader>>> skip_damage();
  runtime::Task<Result<BatchPtr>> load(BatchHeader header);
  // `count` bytes of the file from `at`, or fewer at its end; valid until the next call.
  runtime::Task<Result<Bytes>> window(std::uint64_t at, std::size_t count);
  void tell(std::uint64_t from, std::uint64_t to);

  Shared& shared_;
  Segment segment_;
  std::unique_ptr<runtime::File> file_;
  std::uint64_t end_ = 0;       // the segment's batches that may be read lie below
  std::uint64_t expected_ = 0;  // the batch that should stand at position_
  std::uint64_t position_ = 0;
  Buffer window_;
  std::uint64_t window_at_ = 0;
};

}  // namespace artery::log
