// Recovery: from the files that a crash left to a log that may be written again. The rules, and why each is needed, are
// in docs/formats/log.md, "Recovery".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/format.h"
#include "log/segment_files.h"
#include "runtime/journal.h"
#include "runtime/task.h"

namespace artery::log {

// What the newest segment holds, told from its bytes alone.
struct TailScan {
  struct Place {
    std::uint64_t offset = 0;
    std::size_t position = 0;
    std::size_t bytes = 0;  // with the header
  };
  std::uint64_t mark = 0;           // every batch below was synced before the crash
  std::vector<Place> tail;          // intact batches from `mark` on, without a hole
  std::uint64_t rotten = 0;         // batches below `mark` that are damaged: they had been acknowledged
  std::size_t first_rotten_at = 0;  // position in the file
  std::uint64_t torn = 0;           // intact batches above `mark` behind a hole: never acknowledged, cut
  std::size_t mark_position = 0;    // where what lies below `mark` ends, damaged or not
  std::int64_t last_arrival = 0;    // the greatest seen in an intact batch
};
TailScan scan_tail(Bytes segment, std::uint64_t life, std::uint64_t base);

struct Recovered {
  std::vector<Segment> segments;        // with the new one, which is last
  std::unique_ptr<runtime::File> file;  // the new one, open for writing
  std::uint64_t capacity = 0;
  std::uint64_t position = 0;  // where the next batch goes
  std::uint64_t end = 0;       // its offset: everything below is on the device
  std::int64_t last_stamp = 0;
  std::uint64_t epoch = 0;
  std::uint64_t rotten = 0;
};

// Copies the intact unmarked batches into a new segment of a new epoch, syncs it, and commits it. `number` is the
// spare's. Errors: LogError::damaged, LogError::full (no room even for what must be copied), FileError::*.
runtime::Task<Result<Recovered>> recover(SegmentFiles& files, runtime::Journal& journal, std::uint64_t segment_bytes,
                                         std::int64_t now, std::uint64_t number);

}  // namespace artery::log
