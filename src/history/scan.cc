#include "history/scan.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "history/chunk.h"
#include "history/cursor.h"
#include "history/error.h"

namespace artery::history {

using runtime::Task;

static_assert(chunk_rows_max <= scan_rows_max);

std::optional<Span> span_of(const Scan& scan) {
  if (scan.from >= scan.to) return std::nullopt;
  Span span{scan.from, Time(scan.to.value() - 1)};
  if (!scan.after) return span;
  const std::int64_t after = scan.after->time.value();
  const bool whole = scan.revisions == Revisions::newest;  // nothing of the time itself is left
  if (scan.direction == Direction::forward) {
    if (whole && scan.after->time == time_max) return std::nullopt;
    span.first = std::max(span.first, Time(whole ? after + 1 : after));
  } else {
    if (whole && scan.after->time == time_min) return std::nullopt;
    span.last = std::min(span.last, Time(whole ? after - 1 : after));
  }
  if (span.last < span.first) return std::nullopt;
  return span;
}

Cursor::State::State(Surroundings around, const Scan& scan, const Span& span, Snapshot snapshot)
    : around_(around),
      signal_(scan.signal),
      span_(span),
      columns_(scan.columns),
      direction_(scan.direction),
      stop_(scan.stop),
      left_(scan.limit),
      incomplete_(has_holes(*snapshot.stored)),
      visible_(std::move(snapshot.visible)),
      sources_(sources_of(std::move(snapshot), scan.signal, span)),
      merge_(spans_of(sources_), {scan.direction, scan.revisions, scan.after}) {
  ARTERY_ASSERT(columns_ != Columns{});
}

std::vector<Span> Cursor::State::spans_of(const std::vector<Source>& sources) {
  std::vector<Span> spans;
  spans.reserve(sources.size());
  for (const Source& source : sources) {
    if (const auto* run = std::get_if<HeadRun>(&source)) {
      spans.push_back(run->span());
    } else if (const auto* rows = std::get_if<Rows>(&source)) {
      spans.push_back({rows->columns.times.front(), rows->columns.times.back()});
    } else {
      const auto& sealed = std::get<SealedRun>(source);
      spans.push_back(sealed.place.span);
    }
  }
  return spans;
}

std::vector<Cursor::State::Source> Cursor::State::sources_of(Snapshot snapshot, SignalId signal, const Span& span) {
  std::vector<Source> sources;
  for (const auto& segment : snapshot.stored->segments) {
    for (const ChunkPlace& place : segment->directory().chunks_of(signal, span))
      sources.emplace_back(SealedRun{segment, place});
  }
  std::ranges::move(snapshot.head, std::back_inserter(sources));
  std::ranges::move(snapshot.rest, std::back_inserter(sources));
  return sources;
}

Task<Result<Samples>> Cursor::State::next() {
  Samples samples = std::exchange(ready_, Samples());
  samples.columns = columns_;
  while (samples.size() < std::min<std::uint64_t>(vector_rows, left_) && ready_.empty()) {
    if (stop_.stop_requested()) co_return Error(HistoryError::cancelled, "the scan was cancelled");
    if (const auto wanted = merge_.wanted()) {
      const auto opened = co_await open(*wanted, &samples);
      if (!opened) co_return opened.error();
    } else if (merge_.done() || !merge_.step(samples)) {
      break;
    }
  }
  if (samples.size() > left_) samples.truncate(left_);
  left_ -= samples.size();
  co_return samples;
}

// What is alone goes by the merge, unless a time is there twice.
Task<Result<void>> Cursor::State::open(std::size_t number, Samples* into) {
  const bool alone = merge_.is_next_alone();
  auto rows = co_await read(number, alone);
  if (!rows) co_return rows.error();
  if (alone && rows->times_differ) {
    merge_.pass(number);
    take(std::move(rows->columns), *into);
  } else {
    merge_.give(number, std::move(*rows));
  }
  co_return Result<void>();
}

// What must be read of a run in this span that is alone.
Columns Cursor::State::needed(const Span& span) const {
  if (visible_.may_hide(span)) return Columns::all();
  const Columns columns = columns_.without({Column::revisions});
  const bool whole = span_.has(span.first) && span_.has(span.last);
  return whole && columns != Columns{} ? columns : columns.with({Column::times});
}

// Rows that are samples as they are: each its time's first revision.
void Cursor::State::take(Samples part, Samples& into) {
  if (columns_.has(Column::revisions)) {
    part.revisions.assign(part.size(), 1);
    part.columns = part.columns.with({Column::revisions});
  }
  part.keep(columns_);
  const std::size_t rows = std::min<std::uint64_t>(part.size(), left_ - into.size());
  if (direction_ == Direction::forward) {
    part.truncate(rows);
  } else {
    part.keep(part.size() - rows, part.size());
    part.reverse();
  }
  const bool fits = part.type == into.type && into.size() + part.size() <= vector_rows &&
                    into.text.size() + part.text.size() <= vector_text_bytes_max;
  if (into.empty()) {
    into = std::move(part);
  } else if (fits) {
    into.append(part);
  } else {
    ready_ = std::move(part);
  }
}

// The rows of a run that the answer may show: all columns of them, or what is needed of a run that is alone.
Task<Result<Rows>> Cursor::State::read(std::size_t number, bool alone) {
  // What was opened is the merge's; the source is let go.
  Source source = std::exchange(sources_[number], SealedRun{});
  Rows rows;
  if (const auto* run = std::get_if<HeadRun>(&source)) {
    rows = run->open(span_);
  } else if (auto* held = std::get_if<Rows>(&source)) {
    rows = std::move(*held);
    clip(rows, span_);
  } else {
    auto loaded = co_await load(std::move(std::get<SealedRun>(source)), alone);
    if (!loaded) co_return loaded.error();
    rows = std::move(*loaded);
  }
  visible_.leave(rows);
  const auto& times = rows.columns.times;
  if (alone && !rows.times_differ) rows.times_differ = std::ranges::adjacent_find(times) == times.end();
  co_return rows;
}

Task<Result<Rows>> Cursor::State::load(SealedRun run, bool alone) {
  const Columns asked = alone ? needed(run.place.span) : Columns::all();
  const auto file = co_await file_of(run.segment.get());
  if (!file) co_return file.error();
  auto rows = co_await run.segment->load(*file, signal_, run.place, asked, &spent_);
  if (!rows) co_return rows.error();
  if (!*rows) {
    around_.damage->chunk(*run.segment, signal_, run.place);
    incomplete_ = true;
    co_return Rows{};
  }
  if ((*rows)->columns.columns.has(Column::times)) clip(**rows, span_);
  co_return std::move(**rows);
}

Task<Result<runtime::File*>> Cursor::State::file_of(const Segment* segment) {
  const std::uint64_t number = segment->entry().number;
  if (const auto found = files_.find(number); found != files_.end()) co_return found->second.get();
  auto file = co_await around_.files->open(segment->path(), runtime::OpenMode::read);
  if (!file) co_return file.error();
  if (files_.size() >= open_files_max) files_.clear();
  co_return files_.emplace(number, std::move(*file)).first->second.get();
}

Cursor::Cursor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Cursor::Cursor(Cursor&& other) noexcept = default;
Cursor& Cursor::operator=(Cursor&& other) noexcept = default;
Cursor::~Cursor() = default;

Task<Result<Samples>> Cursor::next() { return state_->next(); }
void Cursor::recycle(Samples spent) { state_->recycle(std::move(spent)); }
bool Cursor::incomplete() const { return state_->incomplete(); }

}  // namespace artery::history
