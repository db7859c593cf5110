#include "history/upkeep.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/assert.h"
#include "history/error.h"
#include "history/tile.h"

namespace artery::history {

using runtime::Task;

namespace {
constexpr Duration look_every = std::chrono::hours(1);
constexpr std::uint64_t expired_share = 4;  // a segment is rewritten when one part in so many is too old
}  // namespace

Upkeep::Upkeep(const History::Surroundings& around, const HistorySettings& settings, std::function<void()> on_done)
    : around_(around), settings_(settings), on_done_(std::move(on_done)) {}

bool Upkeep::trusts_clock() const { return settings_.retention_trusts_clock || around_.clock.synchronised(); }

Retention Upkeep::retention() const {
  const bool any = !settings_.retention.empty() && trusts_clock();
  const std::span<const RetentionRule> rules(settings_.retention);
  const std::span<const RetentionRule> tile_rules(settings_.tiles_retention);
  return {rules.first(any ? rules.size() : 0), tile_rules, around_.names, around_.clock.now()};
}

Task<void> Upkeep::look(std::shared_ptr<const Stored> stored) {
  if (settings_.retention.empty() || around_.clock.instant() < look_again_) co_return;
  look_again_ = around_.clock.instant() + look_every;
  if (!trusts_clock()) {
    around_.journal.warning("history",
                            "the clock is not known to be synchronised: nothing is let go of for its age "
                            "(history.retention_trusts_clock)");
    co_return;
  }
  const Retention retained = retention();
  const Removable removable = [&](SignalId signal) { return removable_before(retained, stored->archives, signal); };
  const bool is_archived = slot_of(around_.clock.now(), tile_levels - 1) == archived_day_;
  std::set<std::uint64_t> expired;
  const auto look_at = [&expired](const Segment& segment, std::uint64_t count) {
    if (count > 0 && count * expired_share >= segment.entry().samples) expired.insert(segment.entry().number);
  };
  co_await runtime::on(around_.pool);
  for (const auto& segment : stored->segments) look_at(*segment, expired_samples(*segment, removable));
  for (const auto& archive : stored->archives) look_at(*archive, expired_tiles(*archive, retained));
  const bool to_archive = !is_archived && has_to_archive(stored->segments, stored->archives, retained);
  co_await runtime::on(around_.home);
  expired_ = std::move(expired);
  to_archive_ = to_archive;
}

// What cannot be read of a segment would be gone for good.
bool Upkeep::may_change(const Segment& segment) const {
  return !segment.has_holes() && !left_alone_.contains(segment.entry().number);
}

// Neighbours none of which is damaged: `choose` is asked about the stretches between those that are, `begin` to `end`.
template <class Choose>
std::optional<Neighbours> Upkeep::choose_whole(const Segments& all, const Choose& choose) const {
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= all.size(); ++i) {
    if (i < all.size() && may_change(*all[i])) continue;
    if (const std::optional<Neighbours> chosen = choose(begin, i))
      return Neighbours{begin + chosen->begin, begin + chosen->end};
    begin = i + 1;
  }
  return std::nullopt;
}

std::optional<Neighbours> Upkeep::choose_merge(const Files& files, bool on_archives) const {
  return choose_whole(files.held(on_archives), [&](std::size_t begin, std::size_t end) {
    return choose_neighbours(std::span(files.named(on_archives)).subspan(begin, end - begin), settings_.compaction);
  });
}

std::optional<Neighbours> Upkeep::choose_rest(const Files& files) const {
  const Time due(around_.clock.now().value() - settings_.compaction.rest_after.count());
  const Segments& all = files.held(false);
  return choose_whole(all, [&](std::size_t begin, std::size_t end) {
    return choose_light(std::span(all).subspan(begin, end - begin), due, settings_.compaction);
  });
}

// Else after the next checkpoint.
bool Upkeep::has_room(const Files& files, const Work& work) const {
  std::uint64_t bytes = 0;
  for (std::size_t i = work.of->begin; i < work.of->end; ++i) bytes += files.named(work.on_archives)[i].bytes;
  return around_.has_room(bytes);
}

// One that has held for long enough what was deleted.
std::optional<Neighbours> Upkeep::choose_purge(const Files& files, bool on_archives) const {
  const Time due(around_.clock.now().value() - settings_.compaction.purge_after.count());
  const Segments& all = files.held(on_archives);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto is_due = [&](const StoredDeletion& one) { return one.arrival <= due && concerns(one, *all[i]); };
    if (may_change(*all[i]) && std::ranges::any_of(files.manifest.deletions, is_due)) return Neighbours{i, i + 1};
  }
  return std::nullopt;
}

std::optional<Neighbours> Upkeep::choose_expired(const Files& files, bool on_archives) const {
  const Segments& all = files.held(on_archives);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (expired_.contains(all[i]->entry().number) && may_change(*all[i])) return Neighbours{i, i + 1};
  }
  return std::nullopt;
}

// What cannot even be named of a segment would be missing in an archive for good; and how far an archive reaches that
// cannot be read is not known.
bool Upkeep::may_archive(const Files& files) const {
  const auto has_holes = [](const auto& segment) { return segment->has_holes(); };
  return to_archive_ && std::ranges::none_of(files.held(false), has_holes) &&
         std::ranges::none_of(files.held(true), has_holes);
}

// What makes room comes first.
std::optional<Upkeep::Work> Upkeep::choose(const Files& files) const {
  for (const bool on_archives : {false, true}) {
    if (const auto chosen = choose_purge(files, on_archives)) return Work{"deleted", on_archives, chosen};
    if (const auto chosen = choose_expired(files, on_archives)) return Work{"too old", on_archives, chosen};
  }
  if (may_archive(files)) return Work{{}, true, std::nullopt};
  for (const Work& work : {Work{{}, false, choose_merge(files, false)}, Work{{}, true, choose_merge(files, true)},
                           Work{{}, false, choose_rest(files)}}) {
    if (work.of && has_room(files, work)) return work;
  }
  return std::nullopt;
}

void Upkeep::start(Files files) {
  if (job_ != nullptr) return;
  const auto work = choose(files);
  if (!work) return;
  job_ = std::make_unique<Job>();
  Done& of = job_->of;
  of = {work->why, work->on_archives, !work->of, {}, {}};
  Segments some;
  for (std::size_t i = work->of ? work->of->begin : 0; work->of && i < work->of->end; ++i) {
    of.numbers.push_back(files.named(work->on_archives)[i].number);
    some.push_back(files.held(work->on_archives)[i]);
  }
  const PaceSettings pace{&around_.pool, &around_.home, &around_.clock, settings_.compaction.bytes_per_second,
                          stop_.get_token()};
  SegmentPlan plan = plan_of(*work, files);
  ++files.manifest.next_number;
  const Deletions& deletions = files.manifest.deletions;
  if (!work->on_archives) {
    Removable removable = [retained = retention(), archives = files.stored.archives](SignalId signal) {
      return removable_before(retained, archives, signal);
    };
    CompactionJob job{std::move(plan), std::move(some), deletions, std::move(removable), pace};
    scope_.spawn(run(compact(std::move(job))));
    return;
  }
  ArchiveJob job{std::move(plan), {}, std::move(some), deletions, retention(), pace};
  if (of.is_new) {
    job.segments = files.stored.segments;
    job.archives = files.stored.archives;
    to_archive_ = false;
    archiving_day_ = slot_of(around_.clock.now(), tile_levels - 1);
  }
  scope_.spawn(run(make_archive(std::move(job))));
}

SegmentPlan Upkeep::plan_of(const Work& work, const Files& files) const {
  SegmentPlan plan{.files = &around_.files,
                   .folder = settings_.folder,
                   .number = files.manifest.next_number,
                   .from = {},
                   .to = {},
                   .clean = files.manifest.cursor,
                   .created = around_.clock.now(),
                   .names = around_.names,
                   .effort = codec::Effort::small,
                   .tiles = settings_.tiles,
                   .archive = work.on_archives};
  if (work.on_archives) plan.tiles.always_from = hour_level;
  const auto& all = files.named(work.on_archives);
  if (work.of) {
    plan.from = all[work.of->begin].from;
    plan.to = all[work.of->end - 1].to;
  } else {
    plan.from = all.empty() ? Offset(0) : all.back().to;
    plan.to = Offset(plan.from.value() + 1);
  }
  return plan;
}

Task<void> Upkeep::run(Task<Result<Rewritten>> job) {
  co_await runtime::on(around_.pool);
  auto outcome = co_await std::move(job);
  co_await runtime::on(around_.home);
  job_->of.outcome = std::move(outcome);
  job_->done = true;
  on_done_();
}

Upkeep::Done Upkeep::take() {
  ARTERY_ASSERT(is_done());
  Done done = std::move(job_->of);
  job_.reset();
  return done;
}

// What goes wrong leaves everything as it was, until the next checkpoint.
bool Upkeep::settle(const Done& done, const Result<void>& committed, std::uint64_t fewer) {
  const bool failed = !done.outcome || !committed;
  if (failed) {
    to_archive_ = to_archive_ || done.is_new;
    around_.journal.error("history", "{} failed: {}", done.is_new ? "archiving" : "compaction",
                          done.outcome ? committed.error().message() : done.outcome.error().message());
    return false;
  }
  if (!done.outcome->whole) {
    left_alone_.insert(done.numbers.begin(), done.numbers.end());
    return false;
  }
  tell(done, fewer);
  if (done.is_new) {
    archived_day_ = archiving_day_;
    look_again_ = {};  // what is archived may leave its segments
  }
  return true;
}

void Upkeep::tell(const Done& done, std::uint64_t fewer) const {
  if (done.outcome->left_out > 0) {
    around_.journal.error("history",
                          "{} signals are not archived, and their samples stay: some are damaged; see `artery repair`",
                          done.outcome->left_out);
  }
  if (done.why.empty()) return;
  around_.journal.info("history", "{} {}: {} that were {} are removed", done.on_archives ? "archive" : "segment",
                       done.numbers.front(), done.on_archives ? "tiles" : fmt::format("{} samples", fewer), done.why);
}

}  // namespace artery::history
