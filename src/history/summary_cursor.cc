#include "history/summary_cursor.h"

#include <algorithm>
#include <utility>

#include "history/archive.h"
#include "history/chunk.h"
#include "history/error.h"

namespace artery::history {

using runtime::Task;

namespace {

constexpr std::size_t summaries_at_once = 1024;

// Leaves of equal times the last row: the newest revision.
void keep_newest(Samples& samples) {
  if (std::ranges::adjacent_find(samples.times) == samples.times.end()) return;
  Samples newest;
  newest.type = samples.type;
  newest.columns = samples.columns;
  for (std::size_t row = 0; row < samples.size(); ++row) {
    if (row + 1 < samples.size() && samples.times[row] == samples.times[row + 1]) continue;
    newest.push(samples, row, 1);
  }
  samples = std::move(newest);
}

// Of rows in memory, sorted: apart where they are far apart, so that one that is very late does not make all that lies
// between a matter of merging.
std::vector<Span> spans_of(const std::vector<Time>& times) {
  constexpr std::uint64_t far = 3600ULL * 1'000'000'000;
  std::vector<Span> spans{{times.front(), times.front()}};
  for (const Time time : times) {
    if (nanoseconds_between(spans.back().last, time) > far) spans.push_back({time, time});
    spans.back().last = time;
  }
  return spans;
}

std::vector<SourceSpans> sources_of(const Snapshot& snapshot, SignalId signal, const Span& span) {
  std::vector<SourceSpans> sources;
  for (std::uint32_t i = 0; i < snapshot.stored->segments.size(); ++i) {
    const Directory& directory = snapshot.stored->segments[i]->directory();
    SourceSpans source{i, {}};
    for (const ChunkPlace& place : directory.chunks_of(signal, span)) source.spans.push_back(place.span);
    if (!source.spans.empty()) sources.push_back(std::move(source));
  }
  for (const Rows& rows : snapshot.rest) sources.push_back({std::nullopt, spans_of(rows.columns.times)});
  return sources;
}

// With the head's rows as rows: opened once, and only what is the signal's own, in the span and visible.
Snapshot opened(Snapshot snapshot, const std::optional<Span>& span) {
  if (!span) {
    snapshot.rest.clear();
    snapshot.head.clear();
  }
  for (Rows& rows : snapshot.rest) {
    clip(rows, *span);
    snapshot.visible.leave(rows);
  }
  std::erase_if(snapshot.rest, [](const Rows& rows) { return rows.size() == 0; });
  for (const HeadRun& run : std::exchange(snapshot.head, {})) {
    Rows rows = run.open(*span);
    snapshot.visible.leave(rows);
    if (rows.size() > 0) snapshot.rest.push_back(std::move(rows));
  }
  return snapshot;
}

// What of it a merge of the span needs.
Snapshot part_of(const Snapshot& snapshot, const Span& span) {
  Snapshot part{snapshot.stored, {}, {}, snapshot.visible};
  std::ranges::copy_if(snapshot.rest, std::back_inserter(part.rest), [&](const Rows& rows) {
    return span.meets({rows.columns.times.front(), rows.columns.times.back()});
  });
  return part;
}

// Where segments are entangled so closely that hardly a chunk lies alone, all is merged: each is then read once. So is
// what was known at some moment: tiles do not say when their samples arrived.
std::vector<Stretch> plan(const Snapshot& snapshot, SignalId signal, const std::optional<Span>& span) {
  if (!span) return {};
  const std::vector<SourceSpans> sources = sources_of(snapshot, signal, *span);
  std::size_t spans = 0;
  for (const SourceSpans& source : sources) spans += source.spans.size();
  std::vector<Stretch> stretches = stretches_of(sources, *span);
  if (stretches.size() > spans + 2 || snapshot.visible.as_of != time_max) stretches.assign(1, {*span, std::nullopt});
  return stretches;
}

// From the first of a signal's tiles to the last.
Span hull(const std::vector<TilePlace>& tiles) {
  Span hull = tiles.front().span;
  for (const TilePlace& place : tiles) {
    hull.first = std::min(hull.first, place.span.first);
    hull.last = std::max(hull.last, place.span.last);
  }
  return hull;
}

bool any_has_holes(const Segments& segments) {
  return std::ranges::any_of(segments, [](const auto& segment) { return segment->has_holes(); });
}

// Whether there are samples of the signal and of the span, all of which is archived, that no archive was made of.
bool any_is_late(const Snapshot& snapshot, SignalId signal, const Span& span) {
  const auto meets = [&](const auto& of) {
    return std::ranges::any_of(of, [&](const Span& its) { return its.meets(span); });
  };
  for (const Rows& rows : snapshot.rest) {
    if (meets(spans_of(rows.columns.times))) return true;
  }
  if (std::ranges::any_of(snapshot.head, [&](const HeadRun& run) { return run.open(span).size() > 0; })) return true;
  for (const auto& archive : snapshot.stored->archives) {
    const auto until = archive->directory().until_of(signal);
    if (!until || *until <= span.first) continue;
    const Span its{span.first, std::min(span.last, Time(until->value() - 1))};
    for (const auto& segment : snapshot.stored->segments) {
      const bool is_later = segment->entry().from >= archive->entry().clean;
      if (is_later && !segment->directory().chunks_of(signal, its).empty()) return true;
    }
  }
  return false;
}

std::optional<ArchivedPart> archived_part(const Snapshot& snapshot, SignalId signal, const Span& span, Time until) {
  if (until <= span.first) return std::nullopt;
  const Span archived{span.first, std::min(span.last, Time(until.value() - 1))};
  return ArchivedPart{.before = until, .late_left_out = any_is_late(snapshot, signal, archived)};
}

}  // namespace

SignalReader::SignalReader(Cursor::State::Surroundings around, std::shared_ptr<const Segment> segment, SignalId signal,
                           SummaryParts parts, const Visible* visible)
    : around_(around), segment_(std::move(segment)), signal_(signal), parts_(parts), visible_(visible) {
  for (const TilePlace& place : segment_->directory().tiles_of(signal)) levels_[place.level].places.push_back(place);
}

Task<Result<runtime::File*>> SignalReader::file() {
  if (!file_) {
    auto opened = co_await around_.files->open(segment_->path(), runtime::OpenMode::read);
    if (!opened) co_return opened.error();
    file_ = std::move(*opened);
  }
  co_return file_.get();
}

Task<Result<void>> SignalReader::fetch(std::size_t number, Time time) {
  Level* const level = &levels_[number];
  while (level->block < level->places.size() && level->places[level->block].span.last < time) ++level->block;
  level->tiles.clear();
  level->next = 0;
  if (level->block == level->places.size()) co_return Result<void>();
  const TilePlace place = level->places[level->block];
  const auto opened = co_await file();
  if (!opened) co_return opened.error();
  auto tiles = co_await segment_->load_tiles(*opened, signal_, place, parts_);
  if (!tiles) co_return tiles.error();
  if (*tiles) {
    level->tiles = std::move(**tiles);
  } else {
    around_.damage->tiles(*segment_, place);
    *level = {};  // finer ones, or the samples, do as well
    if (segment_->entry().archived) incomplete_ = true;
  }
  co_return Result<void>();
}

const Summary* SignalReader::tile(std::size_t number, Time time) {
  Level& level = levels_[number];
  if (level.tiles.empty()) return nullptr;
  const auto ends_before = [&](const Summary& tile) { return tile.last.time < time; };
  // The next one, nearly always, or one that is not far: the search goes on from there in strides that grow.
  const auto next = level.tiles.begin() + static_cast<std::ptrdiff_t>(level.next);
  std::ptrdiff_t stride = 1;
  while (stride < level.tiles.end() - next && ends_before(next[stride - 1])) stride *= 2;
  const auto found =
      std::partition_point(next + stride / 2, next + std::min(stride, level.tiles.end() - next), ends_before);
  level.next = static_cast<std::size_t>(found - level.tiles.begin());
  return &*found;
}

Task<Result<const Samples*>> SignalReader::chunk(Time time) {
  while (rows_.empty() || rows_.times.back() < time) {
    const auto next = segment_->directory().next_chunk(signal_, time, read_to_);
    if (!next) {
      rows_.clear();
      break;
    }
    if (auto loaded = co_await load(*next); !loaded) co_return loaded.error();
  }
  co_return &rows_;
}

Task<Result<void>> SignalReader::load(ChunkPlace place) {
  Samples spent = std::exchange(rows_, Samples());
  read_to_ = place.at + place.bytes;
  const Columns asked = visible_->may_hide(place.span) ? Columns::all() : Columns::measured();
  const auto opened = co_await file();
  if (!opened) co_return opened.error();
  auto rows = co_await segment_->load(*opened, signal_, place, asked, &spent);
  if (!rows) co_return rows.error();
  if (*rows) {
    visible_->leave(**rows);
    rows_ = std::move((*rows)->columns);
    rows_.keep(Columns::measured());
    if (!(*rows)->times_differ) keep_newest(rows_);
  } else {
    around_.damage->chunk(*segment_, signal_, place);
    incomplete_ = true;
  }
  co_return Result<void>();
}

bool SignalReader::meets_deletion(const Span& span) const {
  return std::ranges::any_of(visible_->deletions, [&](const StoredDeletion& deletion) {
    return deletion.offset >= segment_->entry().clean && deletion.span().meets(span);
  });
}

bool SignalReader::is_deleted(const Span& span) const {
  return std::ranges::any_of(visible_->deletions, [&](const StoredDeletion& deletion) {
    return deletion.offset >= segment_->entry().clean && deletion.span().has(span.first) &&
           deletion.span().has(span.last);
  });
}

SummaryCursor::State::State(Cursor::State::Surroundings around, SummaryScan scan, const Span& span, Snapshot snapshot,
                            Time samples_from)
    : around_(around),
      scan_(std::move(scan)),
      samples_from_(samples_from),
      archived_until_(archived_until(snapshot.stored->archives, scan_.signal)),
      archived_(archived_part(snapshot, scan_.signal, span, archived_until_)),
      snapshot_(opened(std::move(snapshot), part_from(span, archived_until_))),
      incomplete_(has_holes(*snapshot_.stored) || any_has_holes(snapshot_.stored->archives)) {
  plan_archives(span);
  std::ranges::move(plan(snapshot_, scan_.signal, part_from(span, archived_until_)), std::back_inserter(stretches_));
  position_ = stretches_.empty() ? span.first : stretches_.front().span.first;
}

// The archives of a signal follow each other in time, before all samples that count.
void SummaryCursor::State::plan_archives(const Span& span) {
  const Segments& archives = snapshot_.stored->archives;
  for (std::uint32_t i = 0; i < archives.size(); ++i) {
    const auto tiles = archives[i]->directory().tiles_of(scan_.signal);
    if (tiles.empty()) continue;
    const Span all = hull(tiles);
    if (!all.meets(span)) continue;
    if (*archives[i]->entry().archived > scan_.as_of) {
      incomplete_ = true;  // what it was made of is not there any more
      continue;
    }
    stretches_.push_back({{std::max(all.first, span.first), std::min(all.last, span.last)}, i, true});
  }
  std::ranges::sort(stretches_, {}, [](const Stretch& stretch) { return stretch.span.first; });
}

Task<Result<std::vector<Summary>>> SummaryCursor::State::next() {
  while (ready_.size() < summaries_at_once && stretch_ < stretches_.size()) {
    if (scan_.stop.stop_requested()) co_return Error(HistoryError::cancelled, "the query was cancelled");
    if (auto stepped = co_await step(); !stepped) co_return stepped.error();
  }
  if (stretch_ == stretches_.size() && !open_.empty()) ready_.push_back(std::exchange(open_, Summary()));
  co_return std::exchange(ready_, std::vector<Summary>());
}

Task<Result<void>> SummaryCursor::State::step() {
  const Stretch& stretch = stretches_[stretch_];
  if (!stretch.segment) co_return co_await step_merged();
  const Segments& all = stretch.archived ? snapshot_.stored->archives : snapshot_.stored->segments;
  const auto& segment = all[*stretch.segment];
  if (reader_of_ != segment.get()) {
    incomplete_ = incomplete();
    reader_.emplace(around_, segment, scan_.signal, scan_.parts, &snapshot_.visible);
    reader_of_ = segment.get();
  }
  if (stretch.archived) co_return co_await step_archived();
  co_return co_await step_alone();
}

// From the coarsest tile at the position to finer ones within it, up to one that fits. Where none does the finest is
// taken: nothing else knows of its samples. What a deletion may have taken something of is gone as a whole.
Task<Result<void>> SummaryCursor::State::step_archived() {
  const std::size_t stretch = stretch_;
  while (stretch_ == stretch && ready_.size() < summaries_at_once) {
    const Summary* taken = nullptr;
    std::optional<Time> end;  // of the finest tile that has the next sample
    for (std::size_t level = tile_levels; level-- > 0;) {
      if (!reader_->at_hand(level, position_)) {
        if (auto fetched = co_await reader_->fetch(level, position_); !fetched) co_return fetched;
      }
      const Summary* const tile = reader_->tile(level, position_);
      const Time last = stretches_[stretch].span.last;
      if (tile == nullptr || tile->first.time > std::min(last, end.value_or(last))) continue;
      end = tile->last.time;
      if (tile->first.time < position_) continue;
      taken = tile;
      if (fits(*tile) && tells_usable(*tile)) break;
    }
    take_archived(taken, end);
  }
  co_return Result<void>();
}

// Nothing taken: the rest of a tile that began before; no end either: no tile is left.
void SummaryCursor::State::take_archived(const Summary* taken, std::optional<Time> end) {
  if (taken != nullptr && !reader_->meets_deletion({taken->first.time, *end})) add(heeded(*taken));
  if (!end) return end_stretch();
  go_on_after(*end);
}

// Whether it tells of its samples which of them are usable, or finer ones tell no more.
bool SummaryCursor::State::tells_usable(const Summary& archived) const {
  return scan_.usable != Usable::good || archived.uncertain == 0 || archived.uncertain == archived.usable();
}

// As it would be of samples, where it can tell.
Summary SummaryCursor::State::heeded(const Summary& archived) {
  if (!tells_usable(archived) || (scan_.usable == Usable::any && archived.unusable > 0)) {
    archived_->quality_unheeded = true;
    return archived;
  }
  if (scan_.usable != Usable::good || archived.uncertain == 0) return archived;
  Summary unusable;
  unusable.type = archived.type;
  unusable.count = archived.count;
  unusable.unusable = archived.count;
  unusable.worst = archived.worst;
  unusable.first = archived.first;
  unusable.last = archived.last;
  return unusable;
}

void SummaryCursor::State::end_stretch() {
  ++stretch_;
  merge_.reset();
  if (stretch_ < stretches_.size()) position_ = stretches_[stretch_].span.first;
}

void SummaryCursor::State::go_on_after(Time time) {
  if (time >= stretches_[stretch_].span.last) return end_stretch();
  position_ = Time(time.value() + 1);
}

Time SummaryCursor::State::end_of_interval(Time time) const {
  if (!open_.empty() && time < open_end_) return open_end_;
  return scan_.end_of ? scan_.end_of(time) : scan_.to;
}

// Whether its samples are one interval's and in the stretch, and nothing is deleted of them.
bool SummaryCursor::State::fits(const Summary& tile) const {
  if (tile.first.time < position_ || tile.last.time > stretches_[stretch_].span.last) return false;
  if (reader_->meets_deletion({tile.first.time, tile.last.time})) return false;
  return tile.last.time < end_of_interval(tile.first.time);
}

// And summed up in the way that is asked for.
bool SummaryCursor::State::may_use(const Summary& tile) const {
  if (scan_.usable == Usable::good && tile.uncertain > 0) return false;
  if (scan_.usable == Usable::any && tile.unusable > 0) return false;
  return fits(tile);
}

// The level's tile at the position, which is at hand, if there is one and it may be used.
bool SummaryCursor::State::take_tile(std::size_t level) {
  if (!reader_->has_tiles(level)) return false;
  const Summary* const tile = reader_->tile(level, position_);
  if (tile == nullptr || tile->first.time > stretches_[stretch_].span.last) {
    end_stretch();  // a level has all samples of its signal
    return true;
  }
  const bool deleted = reader_->is_deleted({tile->first.time, tile->last.time});
  if (!deleted && !may_use(*tile)) return false;
  if (!deleted) add(*tile);
  go_on_after(tile->last.time);
  return true;
}

// The last time for which rows must do: the end of the finest tile that could not be used.
Time SummaryCursor::State::rows_until() {
  const Time last = stretches_[stretch_].span.last;
  for (std::size_t level = 0; level < tile_levels; ++level) {
    if (reader_->has_tiles(level)) return std::min(last, reader_->tile(level, position_)->last.time);
  }
  return last;
}

Task<Result<void>> SummaryCursor::State::step_alone() {
  const std::size_t stretch = stretch_;
  // The coarsest that may be used. Finer ones, of which there are many more, are read only where they are needed.
  for (std::size_t level = tile_levels; level > 0;) {
    --level;
    if (!reader_->at_hand(level, position_)) {
      if (auto fetched = co_await reader_->fetch(level, position_); !fetched) co_return fetched;
    }
    if (!take_tile(level)) continue;
    if (stretch_ != stretch || ready_.size() >= summaries_at_once) co_return Result<void>();
    level = tile_levels;
  }
  const Time until = rows_until();
  const auto rows = co_await reader_->chunk(position_);
  if (!rows) co_return rows.error();
  const Samples& samples = **rows;
  if (samples.empty()) {
    end_stretch();
    co_return Result<void>();
  }
  const auto begin = std::ranges::lower_bound(samples.times, position_) - samples.times.begin();
  const auto end = std::ranges::upper_bound(samples.times, until) - samples.times.begin();
  if (begin < end) add_rows(samples, static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
  go_on_after(std::min(until, samples.times.back()));
  co_return Result<void>();
}

Task<Result<void>> SummaryCursor::State::step_merged() {
  if (!merge_) {
    Scan scan;
    scan.asset = scan_.asset;
    scan.signal = scan_.signal;
    scan.columns = Columns::measured();
    scan.stop = scan_.stop;
    merge_ = std::make_unique<Cursor::State>(around_, scan, stretches_[stretch_].span,
                                             part_of(snapshot_, stretches_[stretch_].span));
  }
  auto samples = co_await merge_->next();
  if (!samples) co_return samples.error();
  incomplete_ = incomplete_ || merge_->incomplete();
  if (samples->empty()) {
    end_stretch();
  } else {
    add_rows(*samples, 0, samples->size());
    merge_->recycle(std::move(*samples));
  }
  co_return Result<void>();
}

void SummaryCursor::State::start_interval(Time time, ValueType type) {
  if (!open_.empty() && (time >= open_end_ || open_.type != type)) ready_.push_back(std::exchange(open_, Summary()));
  if (!open_.empty()) return;
  open_end_ = end_of_interval(time);
  open_.type = type;
}

void SummaryCursor::State::add(const Summary& summary) {
  start_interval(summary.first.time, summary.type);
  open_.join(summary);
}

void SummaryCursor::State::add_rows(const Samples& rows, std::size_t begin, std::size_t end) {
  while (begin < end) {
    start_interval(rows.times[begin], rows.type);
    const auto first = rows.times.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = rows.times.begin() + static_cast<std::ptrdiff_t>(end);
    const auto stop = static_cast<std::size_t>(std::lower_bound(first, last, open_end_) - rows.times.begin());
    open_.add(rows, begin, stop, scan_.usable, scan_.parts);
    begin = stop;
  }
}

SummaryCursor::SummaryCursor(std::unique_ptr<State> state) : state_(std::move(state)) {}
SummaryCursor::SummaryCursor(SummaryCursor&& other) noexcept = default;
SummaryCursor& SummaryCursor::operator=(SummaryCursor&& other) noexcept = default;
SummaryCursor::~SummaryCursor() = default;

Task<Result<std::vector<Summary>>> SummaryCursor::next() { return state_->next(); }
bool SummaryCursor::incomplete() const { return state_->incomplete(); }
std::optional<ArchivedPart> SummaryCursor::archived() const { return state_->archived(); }
Time SummaryCursor::samples_from() const { return state_->samples_from(); }
bool SummaryCursor::hides_samples() const { return state_->hides_samples(); }

}  // namespace artery::history
