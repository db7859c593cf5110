#include "history/rewrite.h"

#include <algorithm>

#include "history/chunk.h"
#include "history/error.h"

namespace artery::history {

using runtime::Task;

SignalsWalk::SignalsWalk(const Segments& segments) {
  walks_.reserve(segments.size());
  for (const auto& segment : segments) walks_.emplace_back(segment->directory());
  for (Directory::Walk& walk : walks_) at_.push_back(walk.next());
}

// Ids begin at 1.
bool SignalsWalk::next() {
  std::optional<SignalId> least;
  for (std::size_t i = 0; i < walks_.size(); ++i) {
    if (places(i) != nullptr) at_[i] = walks_[i].next();
    if (at_[i] != nullptr) least = std::min(least.value_or(at_[i]->signal), at_[i]->signal);
  }
  signal_ = least.value_or(SignalId());
  return least.has_value();
}

bool SignalsWalk::has_chunks(const Span& span) const {
  for (std::size_t i = 0; i < segments(); ++i) {
    const SignalPlaces* const of = places(i);
    const auto meets = [&](const ChunkPlace& place) { return place.span.meets(span); };
    if (of != nullptr && std::ranges::any_of(of->chunks, meets)) return true;
  }
  return false;
}

Task<Result<OpenFiles>> open_all(runtime::Files* files, const Segments* segments) {
  OpenFiles all;
  for (const auto& segment : *segments) {
    auto file = co_await files->open(segment->path(), runtime::OpenMode::read);
    if (!file) co_return file.error();
    all.push_back(std::move(*file));
  }
  co_return all;
}

void SegmentsReader::begin(const Span& span, Revisions revisions) {
  span_ = span;
  sources_.clear();
  std::vector<Span> spans;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const SignalPlaces* const places = signals_.places(i);
    if (places == nullptr) continue;
    for (const ChunkPlace& place : places->chunks) {
      if (!place.span.meets(span)) continue;
      sources_.push_back({i, place});
      spans.push_back(place.span);
    }
  }
  merge_.emplace(std::move(spans), MergeOrder{Direction::forward, revisions, std::nullopt});
  const auto deletions = deletions_of(deletions_, signals_.signal());
  visible_ = {{deletions.begin(), deletions.end()}};
  bytes_ = 0;
}

Task<Result<std::optional<Samples>>> SegmentsReader::next() {
  std::optional<Samples> vector(std::in_place);
  while (!merge_->done()) {
    if (const auto wanted = merge_->wanted()) {
      auto rows = co_await load(sources_[*wanted]);
      if (!rows) co_return rows.error();
      if (!*rows) co_return std::optional<Samples>();
      merge_->give(*wanted, std::move(**rows));
    } else if (!merge_->step(*vector)) {
      break;
    }
  }
  co_return vector;
}

// Clipped and visible.
Task<Result<std::optional<Rows>>> SegmentsReader::load(Source source) {
  const ChunkPlace& place = source.place;
  auto rows = co_await segments_[source.segment]->load(files_[source.segment].get(), signals_.signal(), place);
  if (!rows || !*rows) co_return rows;
  pace_.read(place.bytes);
  clip(**rows, span_);
  bytes_ += std::uint64_t{place.bytes} * (*rows)->size() / place.rows;
  visible_.leave(**rows);
  co_return rows;
}

Task<Result<Rewritten>> conclude(std::unique_ptr<SegmentWriter> writer, Result<bool> whole) {
  const bool is_wanted = whole && *whole && !writer->empty();
  Result<void> finished;
  if (is_wanted) finished = co_await writer->finish();
  if (is_wanted && finished) co_return Rewritten{true, std::move(writer), 0};
  if (finished || !finished.error().is(HistoryError::failed)) co_await writer->abandon();
  if (!whole) co_return whole.error();
  if (!finished) co_return finished.error();
  co_return Rewritten{*whole, nullptr, 0};
}

}  // namespace artery::history
