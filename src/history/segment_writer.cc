#include "history/segment_writer.h"

#include <fmt/format.h>

#include <utility>

#include "base/assert.h"
#include "history/error.h"

namespace artery::history {

using runtime::FileError;
using runtime::OpenMode;
using runtime::Task;

namespace {
constexpr std::size_t write_bytes = 1U << 20;  // given to the system at once
}  // namespace

SegmentWriter::SegmentWriter(SegmentPlan plan)
    : plan_(std::move(plan)),
      path_(
          fmt::format("{}/{}", plan_.folder, plan_.archive ? archive_name(plan_.number) : segment_name(plan_.number))),
      temporary_(fmt::format("{}{}", path_, temporary_suffix)),
      coder_(coder()) {
  const Offset clean = plan_.archive ? plan_.clean : Offset();
  const bool at_rest = plan_.effort == codec::Effort::small;
  SegmentHeader{plan_.number, plan_.from, plan_.to, plan_.created, clean, at_rest}.write(buffer_);
}

Task<Result<std::unique_ptr<SegmentWriter>>> SegmentWriter::create(SegmentPlan plan) {
  auto writer = std::unique_ptr<SegmentWriter>(new SegmentWriter(std::move(plan)));
  runtime::Files& files = *writer->plan_.files;
  if (const auto gone = co_await files.remove(writer->temporary_); !gone && !gone.error().is(FileError::not_found)) {
    co_return gone.error();
  }
  auto file = co_await files.open(writer->temporary_, OpenMode::create);
  if (!file) co_return file.error();
  writer->file_ = std::move(*file);
  co_return writer;
}

void SegmentWriter::add(const CodedSignals& coded) {
  ARTERY_ASSERT(coder_.empty() && coder_.coded() == 0);  // its chunks name each other by where they stand
  place(coded);
}

void SegmentWriter::place(const CodedSignals& coded) {
  std::uint64_t at = written_ + buffer_.size();
  auto tiles = coded.tiles.begin();
  for (auto chunk = coded.chunks.begin(); chunk != coded.chunks.end(); ++chunk) {
    footer_.directory.add(chunk->signal, {at, chunk->bytes, chunk->rows, chunk->span});
    at += chunk->bytes;
    const bool goes_on = chunk + 1 != coded.chunks.end() && (chunk + 1)->signal == chunk->signal;
    for (; !goes_on && tiles != coded.tiles.end() && tiles->signal == chunk->signal; ++tiles) {
      footer_.directory.add_tiles(tiles->signal, {at, tiles->bytes, tiles->tiles, tiles->level, tiles->span});
      at += tiles->bytes;
    }
  }
  ARTERY_ASSERT(tiles == coded.tiles.end());
  footer_.notes.insert(footer_.notes.end(), coded.notes.begin(), coded.notes.end());
  buffer_.insert(buffer_.end(), coded.bytes.begin(), coded.bytes.end());
}

bool SegmentWriter::is_full() const { return buffer_.size() + coder_.bytes() >= write_bytes; }

void SegmentWriter::add_tiles(SignalId signal, ValueType type, Bytes blocks, std::span<const TileBlockHeader> headers,
                              Time until) {
  ARTERY_ASSERT(plan_.archive);
  footer_.notes.push_back({plan_.names(signal), type});
  std::uint64_t at = written_ + buffer_.size();
  for (const TileBlockHeader& block : headers) {
    footer_.directory.add_tiles(signal, {at, block.bytes, block.tiles, block.level, block.span});
    at += block.bytes;
  }
  footer_.directory.end_signal(signal, until);
  buffer_.insert(buffer_.end(), blocks.begin(), blocks.end());
}

Task<Result<void>> SegmentWriter::flush() {
  place(coder_.take());
  std::vector<Bytes> parts{buffer_};
  auto done = co_await file_->write(written_, std::move(parts));
  written_ += buffer_.size();
  buffer_.clear();
  co_return done;
}

Task<Result<void>> SegmentWriter::finish() {
  coder_.finish();
  place(coder_.take());
  footer_.directory.finish();
  footer_.write(buffer_, plan_.effort);
  if (auto flushed = co_await flush(); !flushed) co_return flushed;
  if (auto synced = co_await file_->sync(); !synced) co_return sync_failed(temporary_, synced.error());
  file_.reset();
  co_return Result<void>();
}

Task<Result<SegmentEntry>> SegmentWriter::give_name() {
  ARTERY_ASSERT(!file_);
  if (auto renamed = co_await plan_.files->rename(temporary_, path_); !renamed) co_return renamed.error();
  if (auto synced = co_await plan_.files->sync_folder(plan_.folder); !synced)
    co_return sync_failed(plan_.folder, synced.error());
  const Directory& directory = footer_.directory;
  SegmentEntry entry{plan_.number, plan_.from, plan_.to, written_, directory.samples(), plan_.clean, std::nullopt};
  if (plan_.archive) {
    entry.samples = directory.tiles();
    entry.archived = plan_.created;
  }
  co_return entry;
}

Task<void> SegmentWriter::abandon() {
  file_.reset();
  static_cast<void>(co_await plan_.files->remove(temporary_));  // makes room; the next try removes it too
}

}  // namespace artery::history
