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
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "history/archive.h"
#include "history/compaction.h"
#include "history/history.h"
#include "history/manifest.h"
#include "history/partition.h"
#include "history/stored.h"

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
  // What can be done in the background: neighbours, or one, are written anew, or an archive is added.
  struct Work {
    std::string_view why;          // "deleted", "too old": of what it is to remove; else a merge or an archive
    bool on_archives;              // else on segments
    std::optional<Neighbours> of;  // nothing: an archive is made of the segments
  };
  // Such work under way, or done and not committed.
  struct Compaction {
    Work work;
    std::vector<std::uint64_t> numbers;  // of the segments or archives that it replaces
    std::optional<Result<Archived>> outcome;
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
  [[nodiscard]] bool may_change(const Segment& segment) const;
  [[nodiscard]] std::optional<Neighbours> choose_compaction(bool on_archives) const;
  [[nodiscard]] std::optional<Neighbours> choose_purge(bool on_archives) const;
  [[nodiscard]] std::optional<Neighbours> choose_expired(bool on_archives) const;
  [[nodiscard]] bool may_archive() const;
  [[nodiscard]] std::optional<Work> choose_work() const;
  [[nodiscard]] const std::vector<SegmentEntry>& named(bool archives) const {
    return archives ? manifest_.archives : manifest_.segments;
  }
  [[nodiscard]] const Segments& files(bool archives) const { return archives ? stored_->archives : stored_->segments; }
  [[nodiscard]] bool trusts_clock() const;
  [[nodiscard]] Retention retention() const;
  runtime::Task<void> look_for_expired();
  void start_compaction();
  [[nodiscard]] SegmentPlan plan_of(const Work& work);
  runtime::Task<void> run_compaction(CompactionJob job);
  runtime::Task<void> run_archiving(ArchiveJob job);
  runtime::Task<Result<void>> commit_compaction();
  runtime::Task<void> archived(std::size_t left_out);
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
  std::optional<Compaction> compaction_;
  std::set<std::uint64_t> left_alone_;  // segments with damage: what can be read of them must not change
  std::vector<Retired> retired_;
  std::set<std::uint64_t> expired_;  // segments and archives of which much is too old
  bool to_archive_ = false;          // there are samples to be archived
  std::int64_t archived_day_ = -1;   // today, once that was done
  std::int64_t archiving_day_ = -1;  // of what is under way
  Instant look_again_{};             // for such
  std::stop_source stop_compaction_;
  std::vector<Request> requests_;
  runtime::Wakeup due_;
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
