#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/inspect.h"
#include "history/error.h"
#include "history/segment_format.h"
#include "model/rfc3339.h"
#include "runtime/durable.h"
#include "runtime/linux/console_journal.h"

namespace artery::app {
namespace {

using runtime::Task;

std::string named(const history::SignalPlaces& places, const history::SignalNote& note) {
  return fmt::format("  signal {} '{}' {}{}{}", places.signal.value(), runtime::to_one_line(note.facts.name),
                     name_of(note.type), note.facts.unit.empty() ? "" : " in ", note.facts.unit);
}

// Of an archive's signal.
void print_tiles(const history::SignalPlaces& places, const history::SignalNote& note, const Print& print) {
  for (const history::TilePlace& place : places.tiles) {
    const auto length = std::chrono::duration_cast<std::chrono::minutes>(history::tile_lengths.at(place.level));
    print(fmt::format("{}: {} tiles of {} min, {} bytes, {} to {}", named(places, note), place.tiles, length.count(),
                      place.bytes, format_rfc3339(place.span.first), format_rfc3339(place.span.last)));
  }
}

void print_signal(const history::SignalPlaces& places, const history::SignalNote& note, const Print& print) {
  if (places.chunks.empty()) return print_tiles(places, note, print);
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  for (const history::ChunkPlace& place : places.chunks) {
    rows += place.rows;
    bytes += place.bytes;
  }
  print(fmt::format("{}: {} samples in {} chunks, {} bytes, {} to {}", named(places, note), rows, places.chunks.size(),
                    bytes, format_rfc3339(places.chunks.front().span.first),
                    format_rfc3339(places.chunks.back().span.last)));
}

Error damaged(const std::string& path, std::string_view what) {
  return {history::HistoryError::damaged, fmt::format("{}: {}", path, what)};
}

}  // namespace

Task<Result<void>> inspect_segment(runtime::Files* files, std::string path, Print print) {
  const auto contents = co_await runtime::read_file(*files, path);
  if (!contents) co_return contents.error();
  const Bytes bytes = *contents;
  const std::size_t header_bytes = std::min(bytes.size(), history::segment_header_bytes);
  const auto header = history::SegmentHeader::read(bytes.first(header_bytes));
  if (!header) co_return damaged(path, "offset 0: not the header of a segment of history");
  const bool is_archive = history::parse_archive_name(path.substr(path.rfind('/') + 1)).has_value();
  print(fmt::format("{}: {} {}, {} bytes, {} {} to {}{}, created {}", path, is_archive ? "archive" : "segment",
                    header->number, bytes.size(), is_archive ? "place" : "batches", header->from.value(),
                    header->to.value(), is_archive ? "" : " of the log", format_rfc3339(header->created)));
  if (bytes.size() < history::segment_trailer_bytes) co_return damaged(path, "shorter than its trailer");
  const auto trailer = history::SegmentTrailer::read(bytes.last(history::segment_trailer_bytes), bytes.size());
  if (!trailer) {
    co_return damaged(path,
                      fmt::format("offset {}: the trailer is damaged", bytes.size() - history::segment_trailer_bytes));
  }
  const auto footer =
      history::Footer::read(bytes.subspan(trailer->footer_at, trailer->footer_bytes), trailer->footer_at);
  if (!footer) co_return damaged(path, fmt::format("offset {}: the footer is damaged", trailer->footer_at));
  history::Directory::Walk walk(footer->directory);
  auto note = footer->notes.begin();
  while (const auto* const places = walk.next()) print_signal(*places, *note++, print);
  co_return Result<void>();
}

}  // namespace artery::app
