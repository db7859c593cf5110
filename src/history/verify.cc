#include "history/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "history/error.h"
#include "history/segment.h"

namespace artery::history {

using runtime::Task;

Task<Result<Verified>> verify_segment(runtime::Files* files, std::string folder, SegmentEntry entry) {
  Verified found;
  found.segments = 1;
  auto opened = co_await Segment::open(files, folder, entry);
  if (!opened) {
    if (!opened.error().is(HistoryError::damaged)) co_return opened.error();
    found.damage.push_back(opened.error().message());
    co_return found;
  }
  found.damage = std::move(opened->damage);
  const Segment& segment = *opened->segment;
  auto file = co_await files->open(segment.path(), runtime::OpenMode::read);
  if (!file) co_return file.error();
  for (std::uint32_t chunk = 0; chunk < segment.directory().chunks(); ++chunk) {
    const ChunkPlace place = segment.directory().chunk(chunk);
    const auto rows = co_await segment.load(file->get(), chunk);
    if (!rows) co_return rows.error();
    if (*rows) {
      ++found.chunks;
      found.samples += place.rows;
    } else {
      found.damage.push_back(
          fmt::format("{}: offset {}: a chunk of {} bytes is damaged", segment.path(), place.at, place.bytes));
    }
  }
  const Directory& directory = segment.directory();
  for (std::uint32_t chunk = 0; chunk < directory.chunks();) {
    const SignalId signal = directory.signal_of(chunk);
    for (const TilePlace& place : directory.tiles_of(signal)) {
      const auto tiles = co_await segment.load_tiles(file->get(), signal, place, SummaryParts::all);
      if (!tiles) co_return tiles.error();
      if (*tiles) continue;
      found.damage.push_back(fmt::format("{}: offset {}: a block of tiles of {} bytes is damaged; no sample is lost",
                                         segment.path(), place.at, place.bytes));
    }
    chunk = directory.chunks_of(signal).end;
  }
  co_return found;
}

Task<Result<Verified>> verify(runtime::Files* files, std::string folder) {
  const auto manifest = co_await read_manifest(files, folder);
  if (!manifest) co_return manifest.error();
  if (!*manifest) co_return Error(HistoryError::damaged, fmt::format("{}: there is no manifest", folder));
  Verified found;
  for (const SegmentEntry& entry : (*manifest)->segments) {
    auto segment = co_await verify_segment(files, folder, entry);
    if (!segment) co_return segment.error();
    found.segments += segment->segments;
    found.chunks += segment->chunks;
    found.samples += segment->samples;
    std::ranges::move(segment->damage, std::back_inserter(found.damage));
  }
  co_return found;
}

}  // namespace artery::history
