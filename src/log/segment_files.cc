#include "log/segment_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "log/log.h"
#include "runtime/durable.h"

namespace artery::log {

using runtime::File;
using runtime::OpenMode;
using runtime::Task;

namespace {

constexpr std::size_t zero_step = 1 << 20;

Task<Result<std::optional<SegmentHeader>>> read_header(File* file) {
  Buffer bytes(segment_header_bytes);
  const auto got = co_await file->read(0, bytes);
  if (!got) co_return got.error();
  bytes.resize(*got);
  co_return SegmentHeader::read(bytes);
}

}  // namespace

std::string SegmentFiles::path(const Segment& segment) const {
  return fmt::format("{}/{}", folder_, segment_name(segment.life, segment.base));
}

std::string SegmentFiles::spare_path(std::uint64_t number) const { return fmt::format("{}/spare-{}", folder_, number); }

Task<Result<SegmentFiles::Listing>> SegmentFiles::list() {
  if (const auto made = co_await runtime::make_durable_folder(files_, folder_); !made) co_return made.error();
  const auto entries = co_await files_.list(folder_);
  if (!entries) co_return entries.error();
  Listing listing;
  for (const runtime::FolderEntry& entry : *entries) {
    if (entry.name.starts_with("spare-")) {
      if (const auto gone = co_await files_.remove(folder_ + "/" + entry.name); !gone) co_return gone.error();
      continue;
    }
    const auto name = parse_segment_name(entry.name);
    if (!name) continue;
    Segment segment{.life = name->life, .base = name->base};
    auto file = co_await open(segment);
    if (!file) co_return file.error();
    const auto bytes = co_await (*file)->size();
    if (!bytes) co_return bytes.error();
    segment.bytes = *bytes;
    const auto header = co_await read_header(file->get());
    if (!header) co_return header.error();
    const bool intact = header->has_value() && (*header)->life == name->life && (*header)->base == name->base;
    if (intact) {
      listing.epoch = std::max(listing.epoch, (*header)->epoch);
      segment.created = (*header)->created;
    } else {
      listing.damaged.push_back(path(segment));
    }
    listing.segments.push_back(segment);
  }
  std::ranges::sort(listing.segments, {}, &Segment::life);
  if (!std::ranges::is_sorted(listing.segments, {}, &Segment::base)) {
    co_return Error(LogError::damaged, fmt::format("{}: the segments' names contradict each other: a later life has a "
                                                   "lower base; files of two logs in one folder?",
                                                   folder_));
  }
  co_return listing;
}

Task<Result<Spare>> SegmentFiles::prepare(std::uint64_t number, std::uint64_t capacity) {
  Spare spare{.path = spare_path(number), .file = nullptr, .capacity = capacity};
  auto file = co_await files_.open(spare.path, OpenMode::create);
  if (!file) co_return file.error();
  const Buffer zeros(std::min<std::uint64_t>(zero_step, capacity));
  Result<void> done;
  for (std::uint64_t at = 0; at < capacity && done; at += zeros.size()) {
    const std::size_t step = std::min<std::uint64_t>(zeros.size(), capacity - at);
    std::vector<Bytes> parts{Bytes(zeros).first(step)};
    done = co_await (*file)->write(at, std::move(parts));
  }
  if (done) done = co_await (*file)->sync();
  if (!done) {
    file->reset();
    (void)co_await files_.remove(spare.path);  // the error that matters is the first one
    co_return std::move(done).error();
  }
  spare.file = std::move(*file);
  co_return spare;
}

Task<Result<Spare>> SegmentFiles::recycle(Segment old, std::uint64_t number) {
  Spare spare{.path = spare_path(number), .file = nullptr, .capacity = old.bytes};
  if (const auto moved = co_await files_.rename(path(old), spare.path); !moved) co_return moved.error();
  if (const auto synced = co_await files_.sync_folder(folder_); !synced) co_return synced.error();
  auto file = co_await files_.open(spare.path, OpenMode::write);
  if (!file) co_return file.error();
  spare.file = std::move(*file);
  co_return spare;
}

Task<Result<std::unique_ptr<File>>> SegmentFiles::commit(Spare spare, SegmentHeader header) {
  std::array<std::byte, segment_header_bytes> bytes;
  header.write(bytes);
  std::vector<Bytes> parts{Bytes(bytes)};
  if (const auto written = co_await spare.file->write(0, std::move(parts)); !written) co_return written.error();
  if (const auto synced = co_await spare.file->sync(); !synced) co_return synced.error();
  const Segment segment{.life = header.life, .base = header.base};
  if (const auto moved = co_await files_.rename(spare.path, path(segment)); !moved) co_return moved.error();
  if (const auto synced = co_await files_.sync_folder(folder_); !synced) co_return synced.error();
  co_return std::move(spare.file);
}

Task<Result<void>> SegmentFiles::remove(Segment segment) {
  if (auto gone = co_await files_.remove(path(segment)); !gone) co_return gone.error();
  // One at a time and durably, oldest first: a crash never leaves a hole between segments.
  co_return co_await files_.sync_folder(folder_);
}

Task<Result<std::unique_ptr<File>>> SegmentFiles::open(Segment segment) {
  co_return co_await files_.open(path(segment), OpenMode::read);
}

Task<Result<Buffer>> SegmentFiles::read(Segment segment) {
  auto file = co_await open(segment);
  if (!file) co_return file.error();
  Buffer bytes(segment.bytes);
  const auto got = co_await (*file)->read(0, bytes);
  if (!got) co_return got.error();
  bytes.resize(*got);
  co_return bytes;
}

Task<Result<void>> SegmentFiles::shorten(Segment segment, std::uint64_t bytes) {
  auto file = co_await files_.open(path(segment), OpenMode::write);
  if (!file) co_return file.error();
  co_return co_await (*file)->truncate(bytes);
}

}  // namespace artery::log
