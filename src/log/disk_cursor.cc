#include "log/disk_cursor.h"

#include <algorithm>
#include <utility>

#include "base/crc32c.h"
#include "log/shared.h"

namespace artery::log {

using runtime::Task;

namespace {
constexpr std::size_t window_bytes = 256 << 10;
}

Task<Result<DiskRead>> DiskCursor::read(std::uint64_t from, std::uint64_t to, std::size_t bytes_max) {
  DiskRead read{.batches = {}, .next = from};
  window_.clear();  // the newest segment has grown since
  while (read.batches.empty() && read.next < to) {
    if (const auto ready = co_await seek(read.next, to); !ready) co_return ready.error();
    if (const auto done = co_await read_segment(read.next, bytes_max, &read); !done) co_return done.error();
  }
  co_return read;
}

Task<Result<void>> DiskCursor::seek(std::uint64_t offset, std::uint64_t to) {
  Segment wanted;
  std::uint64_t end = to;
  {
    const std::scoped_lock lock(shared_.mutex);
    for (const Segment& segment : shared_.segments) {
      if (segment.base <= offset) {
        wanted = segment;
      } else {
        end = std::min(end, segment.base);
        break;
      }
    }
  }
  end_ = end;
  if (file_ && segment_.life == wanted.life && expected_ <= offset) co_return {};
  auto file = co_await shared_.files.open(wanted);
  if (!file) co_return file.error();
  file_ = std::move(*file);
  segment_ = wanted;
  expected_ = wanted.base;
  position_ = segment_header_bytes;
  window_.clear();
  co_return {};
}

Task<Result<void>> DiskCursor::read_segment(std::uint64_t from, std::size_t bytes_max, DiskRead* into) {
  std::size_t bytes = 0;
  while (expected_ < end_ && bytes < bytes_max) {
    auto header = co_await next_header();
    if (header && !*header) header = co_await skip_damage();
    if (!header) co_return header.error();
    if (!*header) {
      expected_ = end_;
      break;
    }
    const BatchHeader batch = **header;
    if (batch.offset >= from) {
      auto loaded = co_await load(batch);
      if (!loaded) co_return loaded.error();
      if (*loaded == nullptr) {
        tell(batch.offset, batch.offset + 1);
      } else {
        bytes += (*loaded)->bytes().size();
        into->batches.push_back(std::move(*loaded));
      }
    }
    expected_ = batch.offset + 1;
    position_ += batch_header_bytes + batch.payload_bytes;
  }
  into->next = std::max(into->next, expected_);
  co_return {};
}

Task<Result<std::optional<BatchHeader>>> DiskCursor::next_header() {
  const auto bytes = co_await window(position_, batch_header_bytes);
  if (!bytes) co_return bytes.error();
  auto header = BatchHeader::read(*bytes);
  const bool fits =
      header && header->life == segment_.life && header->position == position_ && header->offset == expected_;
  if (!fits) header.reset();
  co_return header;
}

// Behind a damaged header: the next intact batch, wherever it is, or nothing.
Task<Result<std::optional<BatchHeader>>> DiskCursor::skip_damage() {
  const auto whole = co_await shared_.files.read(segment_);
  if (!whole) co_return whole.error();
  std::optional<BatchHeader> header;
  if (const auto at = find_batch(*whole, position_, segment_.life, expected_)) {
    header = BatchHeader::read(Bytes(*whole).subspan(*at));
    if (header->offset >= end_) header.reset();
  }
  tell(expected_, header ? header->offset : end_);
  if (header) position_ = header->position;
  co_return header;
}

// Null where the payload is damaged.
Task<Result<BatchPtr>> DiskCursor::load(BatchHeader header) {
  const std::size_t count = batch_header_bytes + header.payload_bytes;
  const auto bytes = co_await window(position_, count);
  if (!bytes) co_return bytes.error();
  if (bytes->size() < count || crc32c(bytes->subspan(batch_header_bytes)) != header.payload_crc) co_return BatchPtr();
  co_return std::make_shared<const Batch>(header, Buffer(bytes->begin(), bytes->end()));
}

Task<Result<Bytes>> DiskCursor::window(std::uint64_t at, std::size_t count) {
  const bool inside = at >= window_at_ && at + count <= window_at_ + window_.size();
  if (!inside) {
    window_at_ = at;
    window_.resize(std::max(count, window_bytes));
    const auto got = co_await file_->read(at, window_);
    if (!got) {
      window_.clear();
      co_return got.error();
    }
    window_.resize(*got);
  }
  const Bytes all(window_);
  co_return all.subspan(at - window_at_, std::min<std::size_t>(count, window_.size() - (at - window_at_)));
}

void DiskCursor::tell(std::uint64_t from, std::uint64_t to) {
  if (from >= to) return;
  shared_.damaged_batches += to - from;
  shared_.journal.error("log",
                        "{}: batches {} to {} are damaged near byte {}; they are skipped. The disk is losing data: "
                        "check it, and restore from a backup or a parent node",
                        shared_.files.path(segment_), from, to - 1, position_);
}

}  // namespace artery::log
