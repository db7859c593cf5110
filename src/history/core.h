// What is behind History: the partitions, and the one task that makes checkpoints of them.
//
// Everything but begin_scan() and counters() belongs to `home`.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "history/history.h"
#include "history/manifest.h"
#include "history/partition.h"
#include "history/stored.h"
#include "history/upkeep.h"

namespace artery::history {

class History::Core {
 public:
  Core(Surroundings around, HistorySettings settings, std::function<void(const Error&)> on_failed);

  runtime::Task<Result<void>> open();
  // `span` nothing: a scan that finds nothing.
  runtime::Task<Result<Cursor>> begin_scan(Scan scan, std::optional<Span> span);
  runtime::Task<Result<SummaryCursor>> begin_summaries(SummaryScan scan, std::optional<Span> span);
  runtime::Task<Result<void>> checkpoint();
  runtime::Task<Result<void>> close();
  runtime::Task<BackupParts> backup_parts();
  [[nodiscard]] HistoryCounters counters() const;

 private:
  // A checkpoint that was cut and is not committed yet; stays when it fails, and is tried again.
  struct Cut {
    Offset to;
    std::vector<std::shared_ptr<const Head>> heads;
  };
  struct Request {
    Offset cursor;  // to be reached
    std::coroutine_handle<> task;
    std::optional<Error>* error;
  };
  // A file that the manifest names no more, and that scans may still read.
  struct Retired {
    std::weak_ptr<const Segment> segment;
    std::string path;
  };
  // A partition with the scope of its follower.
  struct Seat {
    std::unique_ptr<Partition> partition;
    runtime::Scope scope;
  };

  runtime::Task<Result<Snapshot>> take_snapshot(Scan scan, std::optional<Span> span);
  runtime::Task<Result<void>> load();
  runtime::Task<Result<void>> remove_leftovers(bool fresh);
  void start();
  runtime::Task<void> follow(Partition* partition);
  runtime::Task<void> keep();
  runtime::Task<bool> try_checkpoint();
  [[nodiscard]] bool wants_checkpoint() const;
  runtime::Task<Result<void>> make_checkpoint();
  runtime::Task<Result<void>> cut();
  runtime::Task<Result<void>> seal(Manifest* manifest, Stored* stored);
  [[nodiscard]] const std::vector<SegmentEntry>& named(bool archives) const {
    return archives ? manifest_.archives : manifest_.segments;
  }
  [[nodiscard]] const Segments& files(bool archives) const { return archives ? stored_->archives : stored_->segments; }
  runtime::Task<void> keep_up();
  runtime::Task<Result<void>> commit(Upkeep::Done done);
  runtime::Task<Result<void>> replace(std::vector<std::uint64_t> numbers, bool archives, SegmentWriter* by);
  runtime::Task<void> remove_retired();
  void count_segments();
  runtime::Task<void> publish();
  runtime::Task<void> publish_compacted();
  runtime::Task<void> not_written();
  runtime::Task<Reached> applied(Offset offset);
  runtime::Task<Result<void>> reach(Offset cursor);
  void settle(const Result<void>& outcome);
  void fail(const Error& error);
  void arm_timer(Duration delay);

  const Surroundings around_;
  const HistorySettings settings_;
  std::function<void(const Error&)> on_failed_;
  Manifest manifest_;
  std::shared_ptr<const Stored> stored_;
  Damage damage_;
  std::vector<std::unique_ptr<Seat>> seats_;

  std::optional<Cut> cut_;
  std::vector<Retired> retired_;
  std::vector<Request> requests_;
  runtime::Wakeup due_;
  Upkeep upkeep_;
  runtime::TimerId timer_;
  bool time_is_up_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
  std::coroutine_handle<> closer_;
  bool failed_ = false;

  std::atomic<std::uint64_t> checkpoints_ = 0;
  std::atomic<std::uint64_t> checkpoints_failed_ = 0;
  std::atomic<std::uint64_t> compactions_ = 0;
  std::atomic<std::uint64_t> segment_count_ = 0;
  std::atomic<std::uint64_t> segment_bytes_ = 0;
  std::atomic<std::uint64_t> segment_samples_ = 0;
  std::atomic<std::uint64_t> archive_count_ = 0;
  std::atomic<std::uint64_t> archive_bytes_ = 0;
  std::atomic<std::uint64_t> deletions_ = 0;
  std::atomic<std::uint64_t> cursor_ = 0;
  runtime::Scope scope_;  // last, so that its tasks go first
};

}  // namespace artery::history
