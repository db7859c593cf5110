// History: a reader of the log that keeps every sample for years and finds it again.
//
// One partition per shard follows the log and appends its assets' samples to columns in memory, the head. A checkpoint
// cuts all heads at one offset of the log, writes them as one immutable segment (docs/formats/segment.md) and commits
// it together with the cursor in the manifest (docs/formats/history.md); only then may the log forget. A sample is in
// exactly one of: the log above the cursor, a segment. A replayed batch therefore changes nothing.
//
// What segments have is merged into fewer now and then (compaction.h), without what was deleted or is too old
// (retention.h), and comes with tiles, sums of it by minute, hour and day (tile.h), of which summaries() is made. Tiles
// may be kept for longer than samples: in archives (archive.h).
//
// On a full disk heads fill and cannot be written. What then stays in the log is read from there, so nothing but memory
// for one signal's samples is needed to answer; nobody waits for room.
//
// Threads: a partition's head belongs to its shard; manifest and checkpoints belong to `home`; files are read and
// written on the pool. What is said of a function below is all a caller needs to know.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "history/compaction.h"
#include "history/error.h"
#include "history/retention.h"
#include "history/scan.h"
#include "history/signal_facts.h"
#include "history/summary_scan.h"
#include "history/tile_builder.h"
#include "log/log.h"
#include "model/ids.h"
#include "model/sample.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/file.h"
#include "runtime/journal.h"
#include "runtime/task.h"

namespace artery::history {

struct HistorySettings {
  std::string folder;
  std::uint64_t checkpoint_bytes = 256ULL << 20;     // of the log, applied since the last checkpoint
  Duration checkpoint_time = std::chrono::hours(1);  // since the last one; none where nothing was applied
  std::uint64_t head_bytes_max = 256ULL << 20;       // of all heads together: a checkpoint, and as long as one is being
                                                     // written and the next head is full too, the log waits. Also
                                                     // what one scan may take from the log on a full disk
  std::size_t read_bytes = 256U << 10;               // of the log, taken at once
  TilePolicy tiles;
  CompactionSettings compaction;
  std::vector<RetentionRule> retention;
  std::vector<RetentionRule> tiles_retention;
  bool retention_trusts_clock = false;  // though it is not known to be synchronised
};

struct HistoryCounters {
  std::uint64_t samples_applied = 0;  // since the start, replays among them
  std::uint64_t head_samples = 0;     // in memory, being written ones among them
  std::uint64_t head_bytes = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t checkpoints_failed = 0;  // tried again
  std::uint64_t compactions = 0;
  std::uint64_t segments = 0;
  std::uint64_t segment_bytes = 0;
  std::uint64_t segment_samples = 0;
  std::uint64_t archives = 0;
  std::uint64_t archive_bytes = 0;
  std::uint64_t deletions = 0;       // that are not carried out in every segment
  std::uint64_t damaged_chunks = 0;  // found so far, each counted once
  std::uint64_t damaged_segments = 0;
  std::uint64_t malformed_records = 0;  // of the log; a defect or a format of the future
  Offset cursor;                        // everything below it is in segments
};

// What verify() found. `damage` names file, offset and what is wrong, one line each.
struct Verified {
  std::uint64_t segments = 0;
  std::uint64_t archives = 0;
  std::uint64_t chunks = 0;
  std::uint64_t samples = 0;
  std::vector<std::string> damage;
};

// What a history is made of, as its last commit left it.
struct BackupParts {
  struct Segment {
    std::string name;  // in its folder
    std::string path;
  };
  Offset cursor;  // every sample below it is in the segments
  std::string manifest_name;
  Buffer manifest;  // names these segments
  std::vector<Segment> segments;
  std::shared_ptr<const void> held;  // as long as it is held, none of their files goes
};

class History {
 public:
  // All must outlive it. `shards` may name `home` and one loop more than once; partitions are in their order, and
  // partition_of(asset, shards.size()) says which is an asset's.
  struct Surroundings {
    runtime::Loop& home;
    std::vector<runtime::Loop*> shards;
    runtime::Executor& pool;
    runtime::Files& files;
    runtime::Clock& clock;
    runtime::Journal& journal;
    log::Log& log;
    SignalNames names;
    // Whether the disk can spare so many bytes: else nothing is merged but what makes room. Called on `home`.
    std::function<bool(std::uint64_t)> has_room = [](std::uint64_t) { return true; };
  };

  // Reads the manifest and the segments' directories, removes what an interrupted checkpoint left, and follows the log
  // from the cursor on. `on_failed` is called once, on `home`, when a sync failed or the log ended for history: the
  // node must exit. On `home`. Errors: HistoryError::damaged, FileError::*.
  static runtime::Task<Result<std::unique_ptr<History>>> open(Surroundings around, HistorySettings settings,
                                                              std::function<void(const Error&)> on_failed);
  // Only after close() was awaited, or when no loop and no pool runs any more (a crash in the simulator).
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // Begins a scan, after everything is applied that was acknowledged before the call. From any executor; goes on, like
  // all of the scan, on the pool. Errors: HistoryError::closed, cancelled; on a full disk also too_much, LogError::*,
  // FileError::*.
  runtime::Task<Result<Cursor>> scan(Scan request);

  // The same of what samples come to.
  runtime::Task<Result<SummaryCursor>> summaries(SummaryScan request);

  // The newest revision of the greatest source time; nothing where there is no sample. As scan().
  runtime::Task<Result<std::optional<Sample>>> newest(AssetId asset, SignalId signal);

  // Seals everything acknowledged before the call and returns when it is durable; then counters().cursor is at least
  // the log's end() at the call. What failed before is tried again at once, and once. From any executor; goes on on
  // `home`. Errors: HistoryError::closed, failed, FileError::*.
  runtime::Task<Result<void>> checkpoint();

  // As checkpoint(), and then makes no more of them and follows the log no more: call Log::close() before. After an
  // error, too, it is closed; what is in no segment is in the log. What is applied can still be read. On `home`.
  // Errors: as checkpoint().
  runtime::Task<Result<void>> close();

  // From any executor; goes on on `home`.
  runtime::Task<BackupParts> backup_parts();

  // Any thread.
  [[nodiscard]] HistoryCounters counters() const;

 private:
  class Core;
  explicit History(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

// Reads every byte of a history that no node has open. On a pool. Errors: HistoryError::damaged where there is no
// manifest that could be read, FileError::*.
runtime::Task<Result<Verified>> verify(runtime::Files* files, std::string folder);

}  // namespace artery::history
