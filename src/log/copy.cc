#include "log/copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"

namespace artery::log {

using runtime::Task;

Task<Result<void>> LogCopy::add(std::vector<BatchPtr> batches) {
  for (const BatchPtr& batch : batches) {
    ARTERY_ASSERT(batch->offset() >= next_);
    const std::uint64_t end = position_ + batch->bytes().size() + batch_header_bytes;  // with the closing mark
    if (!file_ || (end > plan_.segment_bytes && position_ > segment_header_bytes)) {
      // A hole before the batch belongs to the segment before it, as in the log that is copied.
      const Offset base = file_ ? batch->offset() : next_;
      if (auto ended = co_await end_segment(); !ended) co_return ended;
      if (auto begun = co_await begin_segment(base); !begun) co_return begun;
    }
    put(*BatchHeader::read(batch->bytes()), batch->bytes());
    next_ = Offset(batch->offset().value() + 1);
  }
  co_return co_await flush();
}

Task<Result<void>> LogCopy::finish(Offset end) {
  ARTERY_ASSERT(end >= next_);
  if (!file_) {
    if (auto begun = co_await begin_segment(next_); !begun) co_return begun;
  }
  const Buffer mark(batch_header_bytes);
  put({.offset = end.value(), .arrival = plan_.created.value(), .payload_crc = crc32c({})}, mark);
  co_return co_await end_segment();
}

Task<Result<void>> LogCopy::begin_segment(Offset base) {
  header_ = {.life = header_.life + 1, .base = base.value(), .epoch = 1, .created = plan_.created.value()};
  const std::string path = fmt::format("{}/{}", plan_.folder, segment_name(header_.life, header_.base));
  auto file = co_await plan_.files->open(path, runtime::OpenMode::create);
  if (!file) co_return file.error();
  file_ = std::move(*file);
  position_ = segment_header_bytes;
  co_return Result<void>();
}

// Its header comes last, with the length that it has then.
Task<Result<void>> LogCopy::end_segment() {
  if (!file_) co_return Result<void>();
  if (auto flushed = co_await flush(); !flushed) co_return flushed;
  header_.capacity = position_;
  std::array<std::byte, segment_header_bytes> bytes{};
  header_.write(bytes);
  std::vector<Bytes> parts{Bytes(bytes)};
  if (auto written = co_await file_->write(0, std::move(parts)); !written) co_return written;
  auto synced = co_await file_->sync();
  file_.reset();
  co_return synced;
}

Task<Result<void>> LogCopy::flush() {
  if (waiting_.empty()) co_return Result<void>();
  std::vector<Bytes> parts{Bytes(waiting_)};
  auto written = co_await file_->write(position_ - waiting_.size(), std::move(parts));
  waiting_.clear();
  co_return written;
}

// Everything before it was acknowledged, so whatever is damaged below it is rot.
void LogCopy::put(BatchHeader header, Bytes bytes) {
  header.life = header_.life;
  header.synced = header.offset;
  header.position = position_;
  const std::size_t at = waiting_.size();
  waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
  header.write(std::span(waiting_).subspan(at).first<batch_header_bytes>());
  position_ += bytes.size();
}

}  // namespace artery::log
