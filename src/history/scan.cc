#include "history/scan.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "history/cursor.h"
#include "history/error.h"

namespace artery::history {

using runtime::Task;

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
      stop_(scan.stop),
      left_(scan.limit),
      incomplete_(has_holes(*snapshot.stored)),
      visible_(std::move(snapshot.visible)),
      sources_(sources_of(std::move(snapshot), scan.signal, span)),
      merge_(spans_of(sources_), {scan.direction, scan.revisions, scan.after}) {}

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
  Samples samples;
  while (samples.size() < vector_rows && left_ > 0) {
    if (stop_.stop_requested()) co_return Error(HistoryError::cancelled, "the scan was cancelled");
    if (const auto wanted = merge_.wanted()) {
      auto rows = co_await open(*wanted);
      if (!rows) co_return rows.error();
      merge_.give(*wanted, std::move(*rows));
      continue;
    }
    if (merge_.done() || !merge_.step(samples)) break;
  }
  if (samples.size() > left_) samples.truncate(left_);
  left_ -= samples.size();
  co_return samples;
}

Task<Result<Rows>> Cursor::State::open(std::size_t number) {
  auto rows = co_await read(number);
  if (rows) visible_.leave(*rows);
  co_return rows;
}

Task<Result<Rows>> Cursor::State::read(std::size_t number) {
  // What was opened is the merge's; the source is let go.
  Source source = std::exchange(sources_[number], SealedRun{});
  if (const auto* run = std::get_if<HeadRun>(&source)) co_return run->open(span_);
  if (auto* rows = std::get_if<Rows>(&source)) {
    clip(*rows, span_);
    co_return std::move(*rows);
  }
  const auto& sealed = std::get<SealedRun>(source);
  const auto file = co_await file_of(sealed.segment.get());
  if (!file) co_return file.error();
  auto rows = co_await sealed.segment->load(*file, signal_, sealed.place);
  if (!rows) co_return rows.error();
  if (!*rows) {
    around_.damage->chunk(*sealed.segment, signal_, sealed.place);
    incomplete_ = true;
    co_return Rows{};
  }
  clip(**rows, span_);
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
bool Cursor::incomplete() const { return state_->incomplete(); }

}  // namespace artery::history
