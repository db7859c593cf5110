#include "history/core.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "history/cursor.h"
#include "history/error.h"
#include "history/rest.h"
#include "history/seal.h"
#include "history/summary_cursor.h"
#include "model/partition.h"
#include "runtime/durable.h"

namespace artery::history {

using runtime::Task;

namespace {
constexpr Duration retry_after = std::chrono::seconds(2);
constexpr Duration look_for_expired_every = std::chrono::hours(1);
constexpr std::uint64_t expired_share = 4;  // a segment is rewritten when one part in so many is too old

Error no_more() { return {HistoryError::closed, "history makes no checkpoints any more"}; }
}  // namespace

History::Core::Core(Surroundings around, HistorySettings settings, std::function<void(const Error&)> on_failed)
    : around_(std::move(around)),
      settings_(std::move(settings)),
      on_failed_(std::move(on_failed)),
      stored_(std::make_shared<const Stored>()),
      damage_(around_.journal),
      due_(around_.home) {}

Task<Result<void>> History::Core::open() {
  co_await runtime::on(around_.pool);
  auto loaded = co_await load();
  co_await runtime::on(around_.home);
  if (!loaded) co_return loaded;
  if (manifest_.cursor > around_.log.end()) {
    co_return Error(HistoryError::damaged,
                    fmt::format("{}: history has batches up to {}, but the log ends at {}: they do not belong together",
                                settings_.folder, manifest_.cursor.value(), around_.log.end().value()));
  }
  start();
  co_return Result<void>();
}

Task<Result<void>> History::Core::load() {
  if (auto made = co_await runtime::make_durable_folder(around_.files, settings_.folder); !made) co_return made.error();
  auto manifest = co_await read_manifest(&around_.files, settings_.folder);
  if (!manifest) co_return manifest.error();
  const bool fresh = !manifest->has_value();
  if (!fresh) manifest_ = std::move(**manifest);
  if (auto removed = co_await remove_leftovers(fresh); !removed) co_return removed.error();
  // From now on a missing manifest means damage.
  if (fresh) co_return co_await write_manifest(&around_.files, settings_.folder, manifest_);

  Stored stored;
  stored.deletions = manifest_.deletions;
  for (const bool archives : {false, true}) {
    for (const SegmentEntry& entry : named(archives)) {
      auto opened = co_await Segment::open(&around_.files, settings_.folder, entry);
      if (!opened) co_return opened.error();
      for (const std::string& line : opened->damage) damage_.segment(line);
      (archives ? stored.archives : stored.segments).push_back(std::move(opened->segment));
    }
  }
  stored_ = std::make_shared<const Stored>(std::move(stored));
  count_segments();
  cursor_ = manifest_.cursor.value();
  co_return Result<void>();
}

// What a checkpoint or a compaction left that was interrupted before or after its commit. Anything else that is not
// known is left alone.
Task<Result<void>> History::Core::remove_leftovers(bool fresh) {
  const auto entries = co_await around_.files.list(settings_.folder);
  if (!entries) co_return entries.error();
  for (const auto& entry : *entries) {
    const auto segment = parse_segment_name(entry.name);
    const auto archive = parse_archive_name(entry.name);
    const auto number = segment ? segment : archive;
    if (fresh && number) {
      co_return Error(
          HistoryError::damaged,
          fmt::format("{}: there are segments, but the manifest is missing: see `artery repair`", settings_.folder));
    }
    const auto& known = named(archive.has_value());
    const bool uncommitted = number && std::ranges::find(known, *number, &SegmentEntry::number) == known.end();
    if (!uncommitted && !entry.name.ends_with(temporary_suffix)) continue;
    const std::string path = fmt::format("{}/{}", settings_.folder, entry.name);
    around_.journal.info("history", "{}: left by an interrupted checkpoint or compaction, removed", path);
    if (auto removed = co_await around_.files.remove(path); !removed) co_return removed.error();
  }
  co_return Result<void>();
}

void History::Core::start() {
  const auto count = static_cast<std::uint32_t>(around_.shards.size());
  for (std::uint32_t index = 0; index < count; ++index) {
    runtime::Loop& loop = *around_.shards[index];
    const PartitionSettings settings{index, count, settings_.read_bytes, settings_.head_bytes_max / 2 / count,
                                     settings_.checkpoint_bytes};
    auto reader = around_.log.follow(fmt::format("history {}", index), loop, manifest_.cursor, log::Log::no_lag_limit);
    auto seat = std::make_unique<Seat>();
    seat->partition = std::make_unique<Partition>(settings, loop, around_.pool, std::move(reader), stored_,
                                                  [this] { due_.notify(); });
    loop.post([this, to = seat.get()] { to->scope.spawn(follow(to->partition.get())); });
    seats_.push_back(std::move(seat));
  }
  arm_timer(settings_.checkpoint_time);
  scope_.spawn(keep());
}

Task<void> History::Core::follow(Partition* partition) {
  const Error why = co_await partition->follow();
  const bool in_order = why.is(log::LogError::closed) || why.is(HistoryError::closed);
  if (in_order || why.is(log::LogError::failed)) co_return;
  around_.home.post([this, why] { fail(why); });
}

void History::Core::arm_timer(Duration delay) {
  around_.home.cancel(timer_);
  timer_ = around_.home.after(delay, [this] {
    time_is_up_ = true;
    due_.notify();
  });
}

// What failed is tried again when the time is up, or at once when somebody asks.
bool History::Core::wants_checkpoint() const {
  const bool due = std::ranges::any_of(seats_, [](const auto& seat) { return seat->partition->is_due(); });
  return time_is_up_ || !requests_.empty() || (due && !cut_);
}

// The one task that writes manifests, so that there is never more than one checkpoint or commit under way.
Task<void> History::Core::keep() {
  co_await look_for_expired();
  start_compaction();
  while (true) {
    co_await due_.wait();
    if (stopping_ || failed_) break;
    if (compaction_ && compaction_->outcome) {
      if (const auto outcome = co_await commit_compaction(); !outcome) fail(outcome.error());
    }
    if (failed_) break;
    if (!wants_checkpoint()) continue;
    if (const bool goes_on = co_await try_checkpoint(); !goes_on) break;
  }
  around_.home.cancel(timer_);
  settle(no_more());
  stop_compaction_.request_stop();
  while (compaction_ && !compaction_->outcome) co_await due_.wait();
  stopped_ = true;
  settle(no_more());
  if (closer_) around_.home.post([closer = std::exchange(closer_, {})] { closer.resume(); });
}

// False where there will be no more.
Task<bool> History::Core::try_checkpoint() {
  time_is_up_ = false;
  const auto outcome = co_await make_checkpoint();
  if (!outcome) {
    ++checkpoints_failed_;
    around_.journal.error("history", "checkpoint failed: {}", outcome.error().message());
    co_await not_written();
  }
  settle(outcome);
  if (!outcome && outcome.error().is(HistoryError::failed)) fail(outcome.error());
  if (!outcome && outcome.error().is(HistoryError::closed)) co_return false;
  arm_timer(outcome ? settings_.checkpoint_time : retry_after);
  if (outcome) {
    co_await look_for_expired();
    start_compaction();
  }
  if (wants_checkpoint()) due_.notify();
  co_return true;
}

Task<Result<void>> History::Core::make_checkpoint() {
  if (!cut_) {
    auto done = co_await cut();
    co_await runtime::on(around_.home);
    if (!done) co_return done;
  }
  if (cut_->to > manifest_.cursor) {
    Manifest manifest = manifest_;
    Stored stored = *stored_;
    co_await runtime::on(around_.pool);
    auto sealed = co_await seal(&manifest, &stored);
    co_await runtime::on(around_.home);
    if (!sealed) co_return sealed;
    ++checkpoints_;
    manifest_ = std::move(manifest);
    stored_ = std::make_shared<const Stored>(std::move(stored));
  }
  cut_.reset();
  co_await publish();
  co_await remove_retired();
  co_return Result<void>();
}

// Every partition stops where it is; then all go on to where the foremost stands. There all of them put their heads
// aside, or, where one did not get there, none does. Either way every partition that was held is let go.
Task<Result<void>> History::Core::cut() {
  Cut cut{manifest_.cursor, {}};
  for (const auto& seat : seats_) {
    co_await runtime::on(seat->partition->loop());
    cut.to = std::max(cut.to, seat->partition->hold());
  }
  bool all_there = true;
  for (const auto& seat : seats_) {
    co_await runtime::on(seat->partition->loop());
    const bool there = co_await seat->partition->reach(cut.to);
    all_there = all_there && there;
  }
  for (const auto& seat : seats_) {
    co_await runtime::on(seat->partition->loop());
    if (all_there) cut.heads.push_back(seat->partition->freeze());
    seat->partition->release();
  }
  if (!all_there) co_return Error(HistoryError::closed, "history follows the log no more");
  cut_ = std::move(cut);
  co_return Result<void>();
}

// On the pool: the segment first, then the manifest that names it.
Task<Result<void>> History::Core::seal(Manifest* manifest, Stored* stored) {
  SegmentPlan plan{.files = &around_.files,
                   .folder = settings_.folder,
                   .number = manifest->next_number,
                   .from = manifest->cursor,
                   .to = cut_->to,
                   .clean = cut_->to,
                   .created = around_.clock.now(),
                   .names = around_.names,
                   .effort = codec::Effort::light,
                   .tiles = settings_.tiles};
  const Coders coders{&around_.pool, around_.shards.size()};
  auto entry = co_await seal_heads(std::move(plan), cut_->heads, coders);
  if (!entry) co_return entry.error();
  manifest->cursor = cut_->to;
  if (*entry) {
    ++manifest->next_number;
    manifest->segments.push_back(**entry);
    auto opened = co_await Segment::open(&around_.files, settings_.folder, **entry);
    if (!opened) co_return opened.error();
    for (const std::string& line : opened->damage) damage_.segment(line);
    stored->segments.push_back(std::move(opened->segment));
  }
  for (const auto& head : cut_->heads) std::ranges::move(head->deletions(), std::back_inserter(manifest->deletions));
  sort(manifest->deletions);
  drop_carried_out(manifest->deletions, *stored);
  stored->deletions = manifest->deletions;
  co_return co_await write_manifest(&around_.files, settings_.folder, *manifest);
}

// What cannot be read of a segment would be gone for good.
bool History::Core::may_change(const Segment& segment) const {
  return !segment.has_holes() && !left_alone_.contains(segment.entry().number);
}

// Neighbours to merge, none of which is damaged.
std::optional<Neighbours> History::Core::choose_compaction(bool on_archives) const {
  const std::span all(named(on_archives));
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= all.size(); ++i) {
    if (i < all.size() && may_change(*files(on_archives)[i])) continue;
    if (const auto chosen = choose_neighbours(all.subspan(begin, i - begin), settings_.compaction)) {
      return Neighbours{begin + chosen->begin, begin + chosen->end};
    }
    begin = i + 1;
  }
  return std::nullopt;
}

// One that has held for long enough what was deleted.
std::optional<Neighbours> History::Core::choose_purge(bool on_archives) const {
  const Time due(around_.clock.now().value() - settings_.compaction.purge_after.count());
  for (std::size_t i = 0; i < named(on_archives).size(); ++i) {
    const Segment& segment = *files(on_archives)[i];
    const auto is_due = [&](const StoredDeletion& one) { return one.arrival <= due && concerns(one, segment); };
    if (may_change(segment) && std::ranges::any_of(manifest_.deletions, is_due)) return Neighbours{i, i + 1};
  }
  return std::nullopt;
}

std::optional<Neighbours> History::Core::choose_expired(bool on_archives) const {
  for (std::size_t i = 0; i < named(on_archives).size(); ++i) {
    const Segment& segment = *files(on_archives)[i];
    if (expired_.contains(segment.entry().number) && may_change(segment)) return Neighbours{i, i + 1};
  }
  return std::nullopt;
}

// What cannot even be named of a segment would be missing in an archive for good; and how far an archive reaches that
// cannot be read is not known.
bool History::Core::may_archive() const {
  const auto has_holes = [](const auto& segment) { return segment->has_holes(); };
  return to_archive_ && std::ranges::none_of(stored_->segments, has_holes) &&
         std::ranges::none_of(stored_->archives, has_holes);
}

// What makes room comes first.
std::optional<History::Core::Work> History::Core::choose_work() const {
  for (const bool on_archives : {false, true}) {
    if (const auto chosen = choose_purge(on_archives)) return Work{"deleted", on_archives, chosen};
    if (const auto chosen = choose_expired(on_archives)) return Work{"too old", on_archives, chosen};
  }
  if (may_archive()) return Work{{}, true, std::nullopt};
  for (const bool on_archives : {false, true}) {
    const auto chosen = choose_compaction(on_archives);
    if (!chosen) continue;
    std::uint64_t bytes = 0;
    for (std::size_t i = chosen->begin; i < chosen->end; ++i) bytes += named(on_archives)[i].bytes;
    if (around_.has_room(bytes)) return Work{{}, on_archives, chosen};  // else after the next checkpoint
  }
  return std::nullopt;
}

bool History::Core::trusts_clock() const { return settings_.retention_trusts_clock || around_.clock.synchronised(); }

// As of now, where the clock can be believed; else all is kept.
Retention History::Core::retention() const {
  const bool any = !settings_.retention.empty() && trusts_clock();
  const std::span<const RetentionRule> rules(settings_.retention);
  const std::span<const RetentionRule> tile_rules(settings_.tiles_retention);
  return {rules.first(any ? rules.size() : 0), tile_rules, around_.names, around_.clock.now()};
}

Task<void> History::Core::look_for_expired() {
  if (settings_.retention.empty() || around_.clock.instant() < look_again_) co_return;
  look_again_ = around_.clock.instant() + look_for_expired_every;
  if (!trusts_clock()) {
    around_.journal.warning("history",
                            "the clock is not known to be synchronised: nothing is let go of for its age "
                            "(history.retention_trusts_clock)");
    co_return;
  }
  const auto stored = stored_;
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

// Where there is something to merge, to remove or to archive, and nothing is under way.
void History::Core::start_compaction() {
  if (compaction_) return;
  const auto work = choose_work();
  if (!work) return;
  compaction_.emplace();
  compaction_->work = *work;
  Segments some;
  for (std::size_t i = work->of ? work->of->begin : 0; work->of && i < work->of->end; ++i) {
    compaction_->numbers.push_back(named(work->on_archives)[i].number);
    some.push_back(files(work->on_archives)[i]);
  }
  const PaceSettings pace{&around_.pool, &around_.home, &around_.clock, settings_.compaction.bytes_per_second,
                          stop_compaction_.get_token()};
  if (!work->on_archives) {
    Removable removable = [retained = retention(), archives = stored_->archives](SignalId signal) {
      return removable_before(retained, archives, signal);
    };
    scope_.spawn(run_compaction({plan_of(*work), std::move(some), manifest_.deletions, std::move(removable), pace}));
  } else if (work->of) {
    scope_.spawn(run_archiving({plan_of(*work), {}, std::move(some), manifest_.deletions, retention(), pace}));
  } else {
    to_archive_ = false;
    archiving_day_ = slot_of(around_.clock.now(), tile_levels - 1);
    scope_.spawn(
        run_archiving({plan_of(*work), stored_->segments, stored_->archives, manifest_.deletions, retention(), pace}));
  }
}

SegmentPlan History::Core::plan_of(const Work& work) {
  SegmentPlan plan{.files = &around_.files,
                   .folder = settings_.folder,
                   .number = manifest_.next_number++,
                   .from = {},
                   .to = {},
                   .clean = manifest_.cursor,
                   .created = around_.clock.now(),
                   .names = around_.names,
                   .effort = codec::Effort::small,
                   .tiles = settings_.tiles,
                   .archive = work.on_archives};
  if (work.on_archives) plan.tiles.always_from = hour_level;
  const auto& all = named(work.on_archives);
  if (work.of) {
    plan.from = all[work.of->begin].from;
    plan.to = all[work.of->end - 1].to;
  } else {
    plan.from = all.empty() ? Offset(0) : all.back().to;
    plan.to = Offset(plan.from.value() + 1);
  }
  return plan;
}

Task<void> History::Core::run_compaction(CompactionJob job) {
  co_await runtime::on(around_.pool);
  auto outcome = co_await compact(std::move(job));
  co_await runtime::on(around_.home);
  if (outcome) {
    compaction_->outcome.emplace(Archived{outcome->whole, std::move(outcome->writer), 0});
  } else {
    compaction_->outcome.emplace(outcome.error());
  }
  due_.notify();
}

Task<void> History::Core::run_archiving(ArchiveJob job) {
  co_await runtime::on(around_.pool);
  auto outcome = co_await make_archive(std::move(job));
  co_await runtime::on(around_.home);
  compaction_->outcome = std::move(outcome);
  due_.notify();
}

// Errors are final: a sync failed. What else goes wrong leaves everything as it was, until the next checkpoint.
Task<Result<void>> History::Core::commit_compaction() {
  const Compaction done = std::move(*compaction_);
  compaction_.reset();
  const auto& outcome = *done.outcome;
  const bool is_new_archive = !done.work.of;
  if (!outcome) {
    to_archive_ = to_archive_ || is_new_archive;
    if (outcome.error().is(HistoryError::failed)) co_return outcome.error();
    around_.journal.error("history", "{} failed: {}", is_new_archive ? "archiving" : "compaction",
                          outcome.error().message());
    co_return Result<void>();
  }
  if (!outcome->whole) {
    left_alone_.insert(done.numbers.begin(), done.numbers.end());
    co_return Result<void>();
  }
  const std::uint64_t samples = segment_samples_;
  Result<void> replaced;
  if (!done.numbers.empty() || outcome->writer) {
    replaced = co_await replace(done.numbers, done.work.on_archives, outcome->writer.get());
    co_await runtime::on(around_.home);
  }
  if (!replaced && replaced.error().is(HistoryError::failed)) co_return replaced;
  if (!replaced) {
    to_archive_ = to_archive_ || is_new_archive;
    around_.journal.error("history", "compaction failed: {}", replaced.error().message());
  }
  co_await remove_retired();
  if (!replaced) co_return Result<void>();
  if (is_new_archive) co_await archived(outcome->left_out);
  if (!done.work.why.empty()) {
    around_.journal.info("history", "{} {}: {} that were {} are removed", done.work.on_archives ? "archive" : "segment",
                         done.numbers.front(),
                         done.work.on_archives ? "tiles" : fmt::format("{} samples", samples - segment_samples_),
                         done.work.why);
  }
  start_compaction();
  co_return Result<void>();
}

// What is archived may leave its segments.
Task<void> History::Core::archived(std::size_t left_out) {
  archived_day_ = archiving_day_;
  if (left_out > 0) {
    around_.journal.error("history",
                          "{} signals are not archived, and their samples stay: some are damaged; see `artery repair`",
                          left_out);
  }
  look_again_ = {};
  co_await look_for_expired();
}

// By nothing where nothing is left of them; where there are no old ones the new one is added.
Task<Result<void>> History::Core::replace(std::vector<std::uint64_t> numbers, bool archives, SegmentWriter* by) {
  const auto is_old = [&](std::uint64_t number) { return std::ranges::count(numbers, number) > 0; };
  Manifest manifest = manifest_;
  Stored stored = *stored_;
  std::vector<SegmentEntry>& list = archives ? manifest.archives : manifest.segments;
  Segments& held = archives ? stored.archives : stored.segments;
  std::vector<Retired> retired;
  for (const auto& segment : held) {
    if (is_old(segment->entry().number)) retired.push_back({segment, segment->path()});
  }
  co_await runtime::on(around_.pool);
  if (by != nullptr) {
    const auto entry = co_await by->give_name();
    if (!entry) co_return entry.error();
    auto opened = co_await Segment::open(&around_.files, settings_.folder, *entry);
    // The old ones stay then; what was written is removed at the next start.
    if (!opened) co_return opened.error();
    if (!opened->damage.empty()) co_return Error(HistoryError::damaged, opened->damage.front());
    const auto place =
        numbers.empty()
            ? list.size()
            : static_cast<std::size_t>(std::ranges::find(list, numbers.front(), &SegmentEntry::number) - list.begin());
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(place), *entry);
    held.insert(held.begin() + static_cast<std::ptrdiff_t>(place), std::move(opened->segment));
  }
  std::erase_if(list, [&](const SegmentEntry& old) { return is_old(old.number); });
  std::erase_if(held, [&](const auto& segment) { return is_old(segment->entry().number); });
  drop_carried_out(manifest.deletions, stored);
  stored.deletions = manifest.deletions;
  auto written = co_await write_manifest(&around_.files, settings_.folder, manifest);
  co_await runtime::on(around_.home);
  if (!written) co_return written;
  std::ranges::move(retired, std::back_inserter(retired_));
  ++compactions_;
  manifest_ = std::move(manifest);
  stored_ = std::make_shared<const Stored>(std::move(stored));
  co_await publish_compacted();
  co_return Result<void>();
}

// The files that no scan reads any more. What cannot be removed is tried again, at the latest at the next start.
Task<void> History::Core::remove_retired() {
  std::vector<Retired> kept;
  for (Retired& old : std::exchange(retired_, {})) {
    if (!old.segment.expired()) {
      kept.push_back(std::move(old));
      continue;
    }
    const auto removed = co_await around_.files.remove(old.path);
    if (!removed && !removed.error().is(runtime::FileError::not_found)) kept.push_back(std::move(old));
  }
  std::ranges::move(kept, std::back_inserter(retired_));
}

void History::Core::count_segments() {
  segment_count_ = manifest_.segments.size();
  segment_bytes_ = 0;
  segment_samples_ = 0;
  deletions_ = manifest_.deletions.size();
  for (const SegmentEntry& entry : manifest_.segments) {
    segment_bytes_ += entry.bytes;
    segment_samples_ += entry.samples;
  }
  archive_count_ = manifest_.archives.size();
  archive_bytes_ = 0;
  for (const SegmentEntry& entry : manifest_.archives) archive_bytes_ += entry.bytes;
}

Task<void> History::Core::publish_compacted() {
  count_segments();
  const auto stored = stored_;
  for (const auto& seat : seats_) {
    co_await runtime::on(seat->partition->loop());
    seat->partition->replace(stored);
  }
  co_await runtime::on(around_.home);
}

Task<void> History::Core::publish() {
  count_segments();
  cursor_ = manifest_.cursor.value();
  const auto stored = stored_;
  const Offset cursor = manifest_.cursor;
  for (const auto& seat : seats_) {
    co_await runtime::on(seat->partition->loop());
    seat->partition->publish(stored, cursor);
  }
  co_await runtime::on(around_.home);
}

Task<void> History::Core::not_written() {
  for (const auto& seat : seats_) {
    co_await runtime::on(seat->partition->loop());
    seat->partition->not_written();
  }
  co_await runtime::on(around_.home);
}

void History::Core::settle(const Result<void>& outcome) {
  std::erase_if(requests_, [&](const Request& request) {
    if (outcome && manifest_.cursor < request.cursor) return false;
    if (!outcome) request.error->emplace(outcome.error());
    around_.home.post([task = request.task] { task.resume(); });
    return true;
  });
}

void History::Core::fail(const Error& error) {
  if (std::exchange(failed_, true)) return;
  due_.notify();
  on_failed_(error);
}

// Has checkpoints made until the cursor is there.
Task<Result<void>> History::Core::reach(Offset cursor) {
  struct Wait {
    Core& core;
    Offset cursor;
    std::optional<Error> error;
    bool await_ready() const noexcept { return core.manifest_.cursor >= cursor; }
    void await_suspend(std::coroutine_handle<> self) {
      core.requests_.push_back({cursor, self, &error});
      core.due_.notify();
    }
    std::optional<Error> await_resume() { return std::move(error); }
  };
  if (stopped_ && manifest_.cursor < cursor) co_return no_more();
  Wait wait{*this, cursor, {}};
  if (auto error = co_await wait) co_return *error;
  co_return Result<void>();
}

// By all partitions; or how far the first came that did not.
Task<Reached> History::Core::applied(Offset offset) {
  Reached reached = Reached::all;
  for (const auto& seat : seats_) {
    co_await runtime::on(seat->partition->loop());
    reached = co_await seat->partition->applied(offset);
    if (reached != Reached::all) break;
  }
  co_await runtime::on(around_.home);
  co_return reached;
}

// Where a full head keeps a partition from going on, each turn makes a checkpoint of what there is, or tells why not.
Task<Result<void>> History::Core::checkpoint() {
  const Offset end = around_.log.end();
  while (true) {
    const Reached reached = co_await applied(end);
    if (reached == Reached::ended) co_return Error(HistoryError::closed, "history follows the log no more");
    const bool all = reached == Reached::all;
    auto outcome = co_await reach(all ? end : std::min(end, Offset(manifest_.cursor.value() + 1)));
    if (!outcome || all) co_return outcome;
  }
}

Task<Result<void>> History::Core::close() {
  auto outcome = co_await checkpoint();
  for (const auto& seat : seats_) {
    co_await runtime::on(seat->partition->loop());
    co_await seat->partition->end();
  }
  co_await runtime::on(around_.home);
  stopping_ = true;
  struct Stopped {
    Core& core;
    bool await_ready() const noexcept { return core.stopped_; }
    void await_suspend(std::coroutine_handle<> self) const {
      core.closer_ = self;
      core.due_.notify();
    }
    void await_resume() const noexcept {}
  };
  co_await Stopped{*this};
  co_return outcome;
}

// What a scan reads. On the pool when done.
Task<Result<Snapshot>> History::Core::take_snapshot(Scan scan, std::optional<Span> span) {
  const Offset end = around_.log.end();
  const auto count = static_cast<std::uint32_t>(seats_.size());
  const std::uint32_t index = partition_of(scan.asset, count);
  Snapshot snapshot{std::make_shared<const Stored>(), {}, {}, {}};
  Reached reached = Reached::all;
  std::unique_ptr<log::Reader> rest;
  if (span) {
    Partition& partition = *seats_[index]->partition;
    co_await runtime::on(partition.loop());
    reached = co_await partition.applied(end);
    snapshot = partition.snapshot(scan.signal, *span);
    // In the same turn, so that the log keeps what is not applied until it is read.
    if (reached == Reached::no_room) {
      rest = around_.log.follow("a scan", around_.pool, partition.position(), log::Log::no_lag_limit);
    }
  }
  co_await runtime::on(around_.pool);
  if (reached == Reached::ended) co_return Error(HistoryError::closed, "history follows the log no more");
  if (rest) {
    RestJob job{.reader = std::move(rest),
                .end = end,
                .index = index,
                .count = count,
                .signal = scan.signal,
                .span = *span,
                .direction = scan.direction,
                .limit = scan.limit,
                .as_of = scan.as_of,
                .stop = scan.stop,
                .read_bytes = settings_.read_bytes,
                .bytes_max = settings_.head_bytes_max};
    auto found = co_await read_rest(std::move(job));
    if (!found) co_return found.error();
    snapshot.rest = std::move(found->rows);
    std::ranges::move(found->deletions, std::back_inserter(snapshot.visible.deletions));
  }
  snapshot.visible.as_of = scan.as_of;
  if (scan.stop.stop_requested()) co_return Error(HistoryError::cancelled, "the scan was cancelled");
  co_return snapshot;
}

Task<Result<Cursor>> History::Core::begin_scan(Scan scan, std::optional<Span> span) {
  if (span) span = retention().kept(scan.signal, *span);
  auto snapshot = co_await take_snapshot(scan, span);
  if (!snapshot) co_return snapshot.error();
  const Cursor::State::Surroundings around{&around_.files, &damage_};
  co_return Cursor(std::make_unique<Cursor::State>(around, scan, span.value_or(Span{}), std::move(*snapshot)));
}

Task<Result<SummaryCursor>> History::Core::begin_summaries(SummaryScan scan, std::optional<Span> span) {
  const Retention retained = retention();
  const Time samples_from = retained.horizon(scan.signal);
  if (span) span = part_from(*span, retained.tiles_horizon(scan.signal));
  Scan samples;
  samples.asset = scan.asset;
  samples.signal = scan.signal;
  samples.as_of = scan.as_of;
  samples.stop = scan.stop;
  auto snapshot = co_await take_snapshot(std::move(samples), span);
  if (!snapshot) co_return snapshot.error();
  const Cursor::State::Surroundings around{&around_.files, &damage_};
  co_return SummaryCursor(std::make_unique<SummaryCursor::State>(around, std::move(scan), span.value_or(Span{}),
                                                                 std::move(*snapshot), samples_from));
}

// In one turn: what the manifest names and what is held are the same.
Task<BackupParts> History::Core::backup_parts() {
  co_await runtime::on(around_.home);
  BackupParts parts{manifest_.cursor, std::string(manifest_name), manifest_.encode(), {}, stored_};
  for (const bool archives : {false, true}) {
    for (const auto& segment : files(archives))
      parts.segments.push_back({file_name(segment->entry()), segment->path()});
  }
  co_return parts;
}

HistoryCounters History::Core::counters() const {
  HistoryCounters counters;
  for (const auto& seat : seats_) {
    counters.samples_applied += seat->partition->samples_applied();
    counters.head_samples += seat->partition->head_samples();
    counters.head_bytes += seat->partition->head_bytes();
    counters.malformed_records = std::max(counters.malformed_records, seat->partition->malformed_records());
  }
  counters.checkpoints = checkpoints_;
  counters.checkpoints_failed = checkpoints_failed_;
  counters.compactions = compactions_;
  counters.segments = segment_count_;
  counters.segment_bytes = segment_bytes_;
  counters.segment_samples = segment_samples_;
  counters.archives = archive_count_;
  counters.archive_bytes = archive_bytes_;
  counters.deletions = deletions_;
  counters.damaged_chunks = damage_.chunks();
  counters.damaged_segments = damage_.segments();
  counters.cursor = Offset(cursor_);
  return counters;
}

}  // namespace artery::history
