// What is done in the background with the segments and archives that there are, one job at a time: neighbours are
// merged, what was deleted or is too old is removed, samples are archived, what no merge comes to is coded for rest.
// Chooses the jobs and runs them; what they wrote is committed by the one task that writes manifests (core.h).
//
// Belongs to `home`, but for retention().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string_view>
#include <vector>

#include "history/archive.h"
#include "history/compaction.h"
#include "history/history.h"
#include "history/manifest.h"
#include "history/retention.h"
#include "history/rewrite.h"
#include "history/stored.h"
#include "runtime/task.h"

namespace artery::history {

class Upkeep {
 public:
  // What the manifest names, and the same as it is held.
  struct Files {
    Manifest& manifest;  // of which jobs take numbers
    const Stored& stored;
    [[nodiscard]] const std::vector<SegmentEntry>& named(bool archives) const {
      return archives ? manifest.archives : manifest.segments;
    }
    [[nodiscard]] const Segments& held(bool archives) const { return archives ? stored.archives : stored.segments; }
  };
  struct Done {
    std::string_view why;                // "deleted", "too old": of what was removed; else a merge or a new archive
    bool on_archives = false;            // else on segments
    bool is_new = false;                 // an archive of the segments
    std::vector<std::uint64_t> numbers;  // of the segments or archives that the writer's file stands for
    Result<Rewritten> outcome;
    [[nodiscard]] bool is_wanted() const { return outcome && outcome->whole && (outcome->writer || !numbers.empty()); }
  };

  // Both outlive it. `on_done` is called on `home`.
  Upkeep(const History::Surroundings& around, const HistorySettings& settings, std::function<void()> on_done);

  // As of now, where the clock can be believed; else all is kept. Any thread.
  [[nodiscard]] Retention retention() const;
  // Now and then: finds out what is too old or to be archived, so that start() knows.
  runtime::Task<void> look(std::shared_ptr<const Stored> stored);
  // Where there is something to do and nothing is under way.
  void start(Files files);
  [[nodiscard]] bool is_idle() const { return job_ == nullptr; }
  [[nodiscard]] bool is_done() const { return job_ != nullptr && job_->done; }
  // Of a job that is done; none is under way then.
  Done take();
  // How its commit went, which must follow, and how many samples are fewer. True where to go on: look() and start().
  bool settle(const Done& done, const Result<void>& committed, std::uint64_t fewer);
  // The job under way ends soon.
  void stop() { stop_.request_stop(); }

 private:
  struct Work {
    std::string_view why;
    bool on_archives;
    std::optional<Neighbours> of;  // nothing: an archive is made of the segments
  };
  struct Job {
    Done of;
    bool done = false;
  };

  [[nodiscard]] bool trusts_clock() const;
  [[nodiscard]] bool may_change(const Segment& segment) const;
  template <class Choose>
  [[nodiscard]] std::optional<Neighbours> choose_whole(const Segments& all, const Choose& choose) const;
  [[nodiscard]] std::optional<Neighbours> choose_rest(const Files& files) const;
  [[nodiscard]] bool has_room(const Files& files, const Work& work) const;
  [[nodiscard]] std::optional<Neighbours> choose_merge(const Files& files, bool on_archives) const;
  [[nodiscard]] std::optional<Neighbours> choose_purge(const Files& files, bool on_archives) const;
  [[nodiscard]] std::optional<Neighbours> choose_expired(const Files& files, bool on_archives) const;
  [[nodiscard]] bool may_archive(const Files& files) const;
  [[nodiscard]] std::optional<Work> choose(const Files& files) const;
  [[nodiscard]] SegmentPlan plan_of(const Work& work, const Files& files) const;
  runtime::Task<void> run(runtime::Task<Result<Rewritten>> job);
  void tell(const Done& done, std::uint64_t fewer) const;

  const History::Surroundings& around_;
  const HistorySettings& settings_;
  const std::function<void()> on_done_;
  std::unique_ptr<Job> job_;
  std::set<std::uint64_t> left_alone_;  // segments with damage: what can be read of them must not change
  std::set<std::uint64_t> expired_;     // segments and archives of which much is too old
  bool to_archive_ = false;             // there are samples to be archived
  std::int64_t archived_day_ = -1;      // today, once that was done
  std::int64_t archiving_day_ = -1;     // of what is under way
  Instant look_again_{};
  std::stop_source stop_;
  runtime::Scope scope_;  // last, so that its task goes first
};

}  // namespace artery::history
