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

Error no_more() { return {HistoryError::closed, "history makes no checkpoints any more"}; }
}  // namespace

History::Core::Core(Surroundings around, HistorySettings settings, std::function<void(const Error&)> on_failed)
    : around_(std::move(around)),
      settings_(std::move(settings)),
      on_failed_(std::move(on_failed)),
      stored_(std::make_shared<const Stored>()),
      damage_(around_.journal),
      due_(around_.home),
      upkeep_(around_, settings_, [this] { due_.notify(); }) {}

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
  co_await keep_up();
  while (true) {
    co_await due_.wait();
    if (stopping_ || failed_) break;
    if (upkeep_.is_done()) {
      if (const auto committed = co_await commit(upkeep_.take()); !committed) fail(committed.error());
    }
    if (failed_) break;
    if (!wants_checkpoint()) continue;
    if (const bool goes_on = co_await try_checkpoint(); !goes_on) break;
  }
  around_.home.cancel(timer_);
  settle(no_more());
  upkeep_.stop();
  while (!upkeep_.is_idle() && !upkeep_.is_done()) co_await due_.wait();
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
  if (outcome) co_await keep_up();
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

// Errors are final: a sync failed. What else goes wrong leaves everything as it was.
Task<Result<void>> History::Core::commit(Upkeep::Done done) {
  const std::uint64_t samples = segment_samples_;
  Result<void> committed;
  if (!done.outcome) committed = done.outcome.error();
  if (done.is_wanted()) {
    committed = co_await replace(done.numbers, done.on_archives, done.outcome->writer.get());
    co_await runtime::on(around_.home);
  }
  if (!committed && committed.error().is(HistoryError::failed)) co_return committed;
  co_await remove_retired();
  const bool goes_on = upkeep_.settle(done, committed, samples - segment_samples_);
  if (goes_on) co_await keep_up();
  co_return Result<void>();
}

Task<void> History::Core::keep_up() {
  co_await upkeep_.look(stored_);
  upkeep_.start({manifest_, *stored_});
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
  const auto stored = stored_;
  for (const auto& seat : seats_) {
    co_await runtime::on(seat->partition->loop());
    seat->partition->replace(stored);
  }
  co_await runtime::on(around_.home);
  count_segments();
}

Task<void> History::Core::publish() {
  const auto stored = stored_;
  const Offset cursor = manifest_.cursor;
  for (const auto& seat : seats_) {
    co_await runtime::on(seat->partition->loop());
    seat->partition->publish(stored, cursor);
  }
  co_await runtime::on(around_.home);
  count_segments();
  cursor_ = cursor.value();
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
  if (span) span = upkeep_.retention().kept(scan.signal, *span);
  auto snapshot = co_await take_snapshot(scan, span);
  if (!snapshot) co_return snapshot.error();
  const Cursor::State::Surroundings around{&around_.files, &damage_};
  co_return Cursor(std::make_unique<Cursor::State>(around, scan, span.value_or(Span{}), std::move(*snapshot)));
}

Task<Result<SummaryCursor>> History::Core::begin_summaries(SummaryScan scan, std::optional<Span> span) {
  const Retention retained = upkeep_.retention();
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
