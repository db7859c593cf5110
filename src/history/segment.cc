#include "history/segment.h"

#include <fmt/format.h>

#include <algorithm>

#include "history/chunk_file.h"
#include "history/error.h"

namespace artery::history {
namespace {

using runtime::File;
using runtime::FileError;
using runtime::OpenMode;
using runtime::Task;

}  // namespace

std::string file_name(const SegmentEntry& entry) {
  return entry.archived ? archive_name(entry.number) : segment_name(entry.number);
}

Task<Result<Segment::Opened>> Segment::open(runtime::Files* files, std::string folder, SegmentEntry entry) {
  const std::string path = fmt::format("{}/{}", folder, file_name(entry));
  const auto file = co_await files->open(path, OpenMode::read);
  if (!file) {
    if (!file.error().is(FileError::not_found)) co_return file.error();
    co_return Error(HistoryError::damaged, fmt::format("{}: the manifest names this segment, but it is missing", path));
  }
  const auto size = co_await (*file)->size();
  if (!size) co_return size.error();
  if (*size != entry.bytes) {
    co_return Error(HistoryError::damaged,
                    fmt::format("{}: the file has {} bytes, but the manifest says {}", path, *size, entry.bytes));
  }

  Opened opened;
  const auto segment = std::make_shared<Segment>(path, entry);
  const auto header_bytes = co_await read_exactly(file->get(), 0, segment_header_bytes);
  if (!header_bytes) co_return header_bytes.error();
  const auto header = *header_bytes ? SegmentHeader::read(**header_bytes) : std::nullopt;
  const auto version = *header_bytes ? SegmentHeader::other_version(**header_bytes) : std::nullopt;
  if (version) {
    co_return Error(HistoryError::damaged,
                    fmt::format("{}: it has format version {}, and this program reads {} to {}: start "
                                "the version of the program that wrote it, or another data folder",
                                path, *version, segment_version_oldest, segment_version));
  }
  if (!header) {
    opened.damage.push_back(fmt::format("{}: offset 0: the header is damaged", path));
  } else if (header->number != entry.number || header->from != entry.from || header->to != entry.to) {
    opened.damage.push_back(fmt::format("{}: offset 0: the header is that of segment {}", path, header->number));
  } else if (!header->at_rest) {
    segment->light_since_ = header->created;
  }

  const auto whole = co_await segment->read_footer(file->get());
  if (!whole) co_return whole.error();
  if (!*whole) {
    if (auto walked = co_await segment->walk(file->get()); !walked) co_return walked.error();
    segment->directory_.finish();
    const Directory& found = segment->directory_;
    const std::uint64_t items = entry.archived ? found.tiles() : found.samples();
    segment->holes_ = entry.archived || items != entry.samples;  // how far it reached is not known any more
    opened.damage.push_back(fmt::format("{}: the footer is damaged; what was found one by one holds {} of {} {}", path,
                                        items, entry.samples, entry.archived ? "tiles" : "samples"));
  }
  opened.segment = segment;
  co_return opened;
}

Task<Result<bool>> Segment::read_footer(File* file) {
  if (entry_.bytes < segment_header_bytes + segment_trailer_bytes) co_return false;
  const auto end = co_await read_exactly(file, entry_.bytes - segment_trailer_bytes, segment_trailer_bytes);
  if (!end) co_return end.error();
  const auto trailer = *end ? SegmentTrailer::read(**end, entry_.bytes) : std::nullopt;
  if (!trailer) co_return false;
  const auto bytes = co_await read_exactly(file, trailer->footer_at, trailer->footer_bytes);
  if (!bytes) co_return bytes.error();
  auto directory = *bytes ? Footer::read_directory(**bytes, trailer->footer_at) : std::nullopt;
  if (!directory) co_return false;
  directory_ = std::move(*directory);
  co_return true;
}

// Finds the chunks, one after the other, up to the first, or the first block of tiles, that is not whole.
Task<Result<void>> Segment::walk(File* file) {
  while (true) {
    const std::uint64_t at = directory_.end();
    const auto start = co_await read_exactly(file, at, chunk_start_bytes);
    if (!start) co_return start.error();
    if (!*start) break;
    const auto chunk_length = read_chunk_length(**start);
    const auto length = chunk_length ? chunk_length : read_tiles_length(**start);
    if (!length || *length > entry_.bytes - at) break;
    const auto bytes = co_await read_exactly(file, at, *length);
    if (!bytes) co_return bytes.error();
    if (!*bytes) break;
    if (!chunk_length) {
      if (!found_tiles(**bytes)) break;
      continue;
    }
    const auto chunk = co_await complete_chunk(file, at, **bytes);
    if (!chunk) co_return chunk.error();
    if (!*chunk || !found_chunk((*chunk)->header)) break;
  }
  co_return Result<void>();
}

bool Segment::found_chunk(const ChunkHeader& header) {
  if (directory_.last_signal() > header.signal) return false;
  directory_.add(header.signal, {directory_.end(), header.bytes, header.rows, header.span});
  return true;
}

// Passed over where there are samples: whether a level is whole only the footer knows.
bool Segment::found_tiles(Bytes bytes) {
  const auto block = read_tiles(bytes, SummaryParts::points);
  if (!block) return false;
  if (!entry_.archived) {
    directory_.pass_over(bytes.size());
    return true;
  }
  const TileBlockHeader& header = block->header;
  if (directory_.last_signal() > header.signal) return false;
  directory_.add_tiles(header.signal, {directory_.end(), header.bytes, header.tiles, header.level, header.span});
  return true;
}

Task<Result<std::optional<Rows>>> Segment::load(File* file, SignalId signal, ChunkPlace place, Columns asked,
                                                Samples* spent) const {
  const auto bytes = co_await read_exactly(file, place.at, place.bytes);
  if (!bytes) co_return bytes.error();
  if (!*bytes) co_return std::optional<Rows>();
  auto found = co_await complete_chunk(file, place.at, **bytes, asked, spent);
  if (!found) co_return found.error();
  const bool right = *found && (*found)->header.signal == signal && (*found)->header.rows == place.rows &&
                     (*found)->header.span == place.span;
  if (!right) co_return std::optional<Rows>();
  co_return std::optional(std::move((*found)->rows));
}

Task<Result<std::optional<std::vector<Summary>>>> Segment::load_tiles(File* file, SignalId signal, TilePlace place,
                                                                      SummaryParts parts) const {
  const auto bytes = co_await read_exactly(file, place.at, place.bytes);
  if (!bytes) co_return bytes.error();
  auto found = *bytes ? read_tiles(**bytes, parts) : std::nullopt;
  const bool right = found && found->header.signal == signal && found->header.level == place.level &&
                     found->header.tiles == place.tiles && found->header.span == place.span;
  if (!right) co_return std::optional<std::vector<Summary>>();
  co_return std::optional(std::move(found->tiles));
}

void Damage::segment(std::string_view line) {
  {
    const std::scoped_lock lock(mutex_);
    ++segments_;
  }
  journal_.error("history", "{}", line);
}

void Damage::chunk(const Segment& segment, SignalId signal, const ChunkPlace& place) {
  {
    const std::scoped_lock lock(mutex_);
    if (!chunks_.emplace(segment.entry().number, place.at).second) return;
  }
  journal_.error("history", "{}: offset {}: a chunk of {} bytes with {} samples of signal {} is damaged and left out",
                 segment.path(), place.at, place.bytes, place.rows, signal.value());
}

void Damage::tiles(const Segment& segment, const TilePlace& place) {
  {
    const std::scoped_lock lock(mutex_);
    if (!tiles_.emplace(segment.entry().number, place.at).second) return;
  }
  journal_.error("history", "{}: offset {}: a block of {} tiles is damaged; {}", segment.path(), place.at, place.tiles,
                 segment.entry().archived ? "their samples are gone: finer or coarser ones stand for them, if any"
                                          : "their samples are read instead");
}

std::uint64_t Damage::segments() const {
  const std::scoped_lock lock(mutex_);
  return segments_;
}

std::uint64_t Damage::chunks() const {
  const std::scoped_lock lock(mutex_);
  return chunks_.size() + tiles_.size();
}

}  // namespace artery::history
