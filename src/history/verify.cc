#include "history/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "history/error.h"
#include "history/segment.h"
#include "model/rfc3339.h"

namespace artery::history {

using runtime::Task;

namespace {

std::string lost_with(const Segment& segment, SignalId signal, const TilePlace& place) {
  if (!segment.entry().archived) return "no sample is lost";
  return fmt::format("lost are {} tiles of {} min of signal {}, {} to {}", place.tiles,
                     std::chrono::duration_cast<std::chrono::minutes>(tile_lengths.at(place.level)).count(),
                     signal.value(), format_rfc3339(place.span.first), format_rfc3339(place.span.last));
}

}  // namespace

Task<Result<Verified>> verify_segment(runtime::Files* files, std::string folder, SegmentEntry entry) {
  Verified found;
  (entry.archived ? found.archives : found.segments) = 1;
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
  Directory::Walk walk(segment.directory());
  while (const SignalPlaces* const places = walk.next()) {
    const SignalId signal = places->signal;
    for (const ChunkPlace& place : places->chunks) {
      const auto rows = co_await segment.load(file->get(), signal, place);
      if (!rows) co_return rows.error();
      if (*rows) {
        ++found.chunks;
        found.samples += place.rows;
      } else {
        found.damage.push_back(
            fmt::format("{}: offset {}: a chunk of {} bytes is damaged", segment.path(), place.at, place.bytes));
      }
    }
    for (const TilePlace& place : places->tiles) {
      const auto tiles = co_await segment.load_tiles(file->get(), signal, place, SummaryParts::all);
      if (!tiles) co_return tiles.error();
      if (*tiles) continue;
      found.damage.push_back(fmt::format("{}: offset {}: a block of tiles of {} bytes is damaged; {}", segment.path(),
                                         place.at, place.bytes, lost_with(segment, signal, place)));
    }
  }
  co_return found;
}

Task<Result<Verified>> verify(runtime::Files* files, std::string folder) {
  const auto manifest = co_await read_manifest(files, folder);
  if (!manifest) co_return manifest.error();
  if (!*manifest) co_return Error(HistoryError::damaged, fmt::format("{}: there is no manifest", folder));
  Verified found;
  std::vector<SegmentEntry> all = (*manifest)->segments;
  std::ranges::copy((*manifest)->archives, std::back_inserter(all));
  for (const SegmentEntry& entry : all) {
    auto segment = co_await verify_segment(files, folder, entry);
    if (!segment) co_return segment.error();
    found.segments += segment->segments;
    found.archives += segment->archives;
    found.chunks += segment->chunks;
    found.samples += segment->samples;
    std::ranges::move(segment->damage, std::back_inserter(found.damage));
  }
  co_return found;
}

}  // namespace artery::history
