#include "history/summary_cursor.h"

#include <algorithm>
#include <utility>

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
  for (std::size_t row = 0; row < samples.size(); ++row) {
    if (row + 1 < samples.size() && samples.times[row] == samples.times[row + 1]) continue;
    newest.push(samples.times[row], samples.words[row], samples.text_at(row), samples.qualities[row],
                samples.arrivals[row], 1);
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
    const auto range = directory.chunks_of(signal, span);
    SourceSpans source{i, {}};
    for (std::uint32_t chunk = range.begin; chunk < range.end; ++chunk)
      source.spans.push_back(directory.chunk(chunk).span);
    if (!source.spans.empty()) sources.push_back(std::move(source));
  }
  for (const Rows& rows : snapshot.rest) sources.push_back({std::nullopt, spans_of(rows.columns.times)});
  return sources;
}

// With the head's rows as rows: opened once, and only what is the signal's own and visible.
Snapshot opened(Snapshot snapshot, const Span& span) {
  for (Rows& rows : snapshot.rest) snapshot.visible.leave(rows);
  std::erase_if(snapshot.rest, [](const Rows& rows) { return rows.size() == 0; });
  for (const HeadRun& run : std::exchange(snapshot.head, {})) {
    Rows rows = run.open(span);
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
std::vector<Stretch> plan(const Snapshot& snapshot, SignalId signal, const Span& span) {
  const std::vector<SourceSpans> sources = sources_of(snapshot, signal, span);
  std::size_t spans = 0;
  for (const SourceSpans& source : sources) spans += source.spans.size();
  std::vector<Stretch> stretches = stretches_of(sources, span);
  if (stretches.size() > spans + 2 || snapshot.visible.as_of != time_max) stretches.assign(1, {span, std::nullopt});
  return stretches;
}

}  // namespace

SignalReader::SignalReader(Cursor::State::Surroundings around, std::shared_ptr<const Segment> segment, SignalId signal,
                           Time from, SummaryParts parts, const Visible* visible)
    : around_(around),
      segment_(std::move(segment)),
      signal_(signal),
      parts_(parts),
      visible_(visible),
      chunks_(segment_->directory().chunks_of(signal, {from, time_max})) {
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
  for (; chunks_.begin < chunks_.end; ++chunks_.begin) {
    if (segment_->directory().chunk(chunks_.begin).span.last < time) continue;
    if (chunk_ != chunks_.begin) {
      if (auto loaded = co_await load(chunks_.begin); !loaded) co_return loaded.error();
    }
    if (!rows_.empty() && rows_.times.back() >= time) co_return &rows_;
  }
  rows_.clear();
  co_return &rows_;
}

Task<Result<void>> SignalReader::load(std::uint32_t chunk) {
  rows_.clear();
  chunk_ = chunk;
  const auto opened = co_await file();
  if (!opened) co_return opened.error();
  auto rows = co_await segment_->load(*opened, chunk);
  if (!rows) co_return rows.error();
  if (*rows) {
    visible_->leave(**rows);
    rows_ = std::move((*rows)->columns);
    keep_newest(rows_);
  } else {
    around_.damage->chunk(*segment_, chunk);
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

SummaryCursor::State::State(Cursor::State::Surroundings around, SummaryScan scan, const Span& span, Snapshot snapshot)
    : around_(around),
      scan_(std::move(scan)),
      snapshot_(opened(std::move(snapshot), span)),
      stretches_(plan(snapshot_, scan_.signal, span)),
      position_(stretches_.empty() ? span.first : stretches_.front().span.first),
      incomplete_(has_holes(*snapshot_.stored)) {}

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
  if (reader_of_ != stretch.segment) {
    incomplete_ = incomplete();
    reader_.emplace(around_, snapshot_.stored->segments[*stretch.segment], scan_.signal, position_, scan_.parts,
                    &snapshot_.visible);
    reader_of_ = stretch.segment;
  }
  co_return co_await step_alone();
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

// Whether its samples are one interval's, and summed up in the way that is asked for.
bool SummaryCursor::State::may_use(const Summary& tile) const {
  if (scan_.usable == Usable::good && tile.uncertain > 0) return false;
  if (scan_.usable == Usable::any && tile.unusable > 0) return false;
  if (tile.first.time < position_ || tile.last.time > stretches_[stretch_].span.last) return false;
  if (reader_->meets_deletion({tile.first.time, tile.last.time})) return false;
  return tile.last.time < end_of_interval(tile.first.time);
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
    scan.stop = scan_.stop;
    merge_ = std::make_unique<Cursor::State>(around_, scan, stretches_[stretch_].span,
                                             part_of(snapshot_, stretches_[stretch_].span));
  }
  const auto samples = co_await merge_->next();
  if (!samples) co_return samples.error();
  incomplete_ = incomplete_ || merge_->incomplete();
  if (samples->empty()) {
    end_stretch();
  } else {
    add_rows(*samples, 0, samples->size());
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

}  // namespace artery::history
