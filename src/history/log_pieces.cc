#include "history/log_pieces.h"

#include <algorithm>
#include <utility>

#include "log/batch.h"

namespace artery::history {

using runtime::FileError;
using runtime::Task;

Task<Result<ClosedLog>> ClosedLog::open(runtime::Files* files, std::string folder) {
  ClosedLog log;
  log.files_ = files;
  log.folder_ = folder;
  auto names = co_await log::find_segments(files, folder);
  if (!names && names.error().is(FileError::not_found)) co_return log;
  if (!names) co_return names.error();
  log.segments_ = std::move(*names);
  if (log.segments_.empty()) co_return log;
  log.end_ = Offset(log.segments_.back().base);
  const auto newest = co_await log::load_segment(files, folder, log.segments_.back(), std::nullopt);
  if (!newest && newest.error().is(FileError::io)) co_return log;
  if (!newest) co_return newest.error();
  log::walk_segment(*newest, [&](const log::BatchHeader& header, Bytes) { log.end_ = Offset(header.offset + 1); });
  co_return log;
}

std::optional<std::uint64_t> ClosedLog::end_of(std::size_t segment) const {
  return segment + 1 < segments_.size() ? std::optional(segments_[segment + 1].base) : std::nullopt;
}

void LogPieces::add(const log::BatchHeader& header, Bytes payload) {
  const Offset offset(header.offset);
  if (offset < from_ || offset >= to_) return;
  Buffer bytes(log::batch_header_bytes);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  const log::Batch batch(header, std::move(bytes));
  const bool goes_on =
      !pieces_.empty() && pieces_.back().stretch.to == offset && pieces_.back().head->bytes() < bytes_max_;
  if (!goes_on) {
    pieces_.push_back({{offset, offset, batch.arrival(), batch.arrival()}, std::make_shared<Head>(0U, 1U)});
  }
  Piece& piece = pieces_.back();
  piece.head->append(batch);
  piece.stretch.to = Offset(header.offset + 1);
  piece.stretch.last = batch.arrival();
}

Task<Result<std::optional<LogPieces::Piece>>> LogPieces::next() {
  for (; pieces_.size() < 2 && segment_ < log_.segments_.size(); ++segment_) {
    const auto end = log_.end_of(segment_);
    const bool meets = Offset(log_.segments_[segment_].base) < to_ && (!end || Offset(*end) > from_);
    if (!meets) continue;
    const auto loaded = co_await log::load_segment(log_.files_, log_.folder_, log_.segments_[segment_], end);
    if (!loaded && loaded.error().is(FileError::io)) continue;  // as good as not there
    if (!loaded) co_return loaded.error();
    log::walk_segment(*loaded, [this](const log::BatchHeader& header, Bytes payload) { add(header, payload); });
  }
  if (pieces_.empty()) co_return std::optional<Piece>();
  std::optional<Piece> piece = std::move(pieces_.front());
  pieces_.pop_front();
  co_return piece;
}

}  // namespace artery::history
