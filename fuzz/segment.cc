// The bytes of a history from a damaged disk: a segment's header, footer, chunks and tiles, the manifest. Nothing may
// crash or take memory without a bound; what is read is in order. Checksums are made good first, or nothing would be
// reached.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/crc32c.h"
#include "history/manifest.h"
#include "history/segment_format.h"
#include "history/tile.h"

using namespace artery;
using namespace artery::history;

namespace {

// Of the bytes the first ones may be stamps that the chunk names; as many of them as the first two bytes say.
void read_as_chunk(Buffer bytes, bool with_stamps) {
  Buffer stamps;
  if (with_stamps && bytes.size() >= 2) {
    const auto count = std::min<std::size_t>(load<std::uint16_t>(bytes.data()), bytes.size() - 2);
    const auto end = bytes.begin() + 2 + static_cast<std::ptrdiff_t>(count);
    stamps.assign(bytes.begin() + 2, end);
    bytes.erase(bytes.begin(), end);
  }
  if (bytes.size() < chunk_start_bytes) return;
  store(bytes.data() + 4, static_cast<std::uint32_t>(bytes.size()));
  store(bytes.data(), crc32c(Bytes(bytes).subspan(4)));
  auto start = read_chunk_start(bytes);
  if (!start) return;
  if (start->stamps) {
    ARTERY_ASSERT(start->stamps->bytes > 0 && start->stamps->bytes <= stamps_bytes_max);
    ARTERY_ASSERT(start->stamps->bytes <= start->stamps->distance);
    start->stamps->bytes = static_cast<std::uint32_t>(stamps.size());
    start->stamps->checksum = crc32c(stamps);
  }
  auto chunk = read_chunk(*start, stamps);
  if (!chunk) return;
  const Samples& columns = chunk->rows.columns;
  ARTERY_ASSERT(std::ranges::is_sorted(columns.times));
  ARTERY_ASSERT(columns.words.size() == columns.size() && columns.qualities.size() == columns.size() &&
                columns.arrivals.size() == columns.size() && chunk->rows.size() == columns.size());
  for (std::size_t row = 0; row < columns.size(); ++row) (void)columns.value(row);
  const auto values = read_chunk(*start, stamps, {Column::values});
  ARTERY_ASSERT(values && values->rows.columns.words == columns.words && values->rows.columns.text == columns.text);
  ARTERY_ASSERT(values->header.span == chunk->header.span && values->rows.times_differ == chunk->rows.times_differ);
  clip(chunk->rows, {columns.times[columns.size() / 2], columns.times.back()});
}

void read_as_tiles(Buffer bytes) {
  if (bytes.size() < chunk_start_bytes) return;
  store(bytes.data() + 4, static_cast<std::uint32_t>(bytes.size()) | tile_block_mark);
  store(bytes.data(), crc32c(Bytes(bytes).subspan(4)));
  const auto block = read_tiles(bytes, SummaryParts::all);
  if (!block) return;
  ARTERY_ASSERT(!block->tiles.empty() && block->tiles.size() == block->header.tiles);
  Summary all;
  all.type = block->tiles.front().type;
  for (const Summary& tile : block->tiles) all.join(tile);
  ARTERY_ASSERT(all.first.time == block->header.span.first && all.last.time == block->header.span.last);
}

constexpr std::uint64_t footer_after = 1320;  // as many bytes of chunks as the footer of the corpus speaks of

void read_as_footer(Buffer bytes) {
  if (bytes.size() < 32) return;
  store(bytes.data() + 8, std::uint64_t{bytes.size()});
  store(bytes.data() + 4, crc32c(Bytes(bytes).subspan(8)));
  const std::uint64_t at = segment_header_bytes + footer_after;
  const auto footer = Footer::read(bytes, at);
  if (!footer) return;
  const Directory& directory = footer->directory;
  std::uint64_t chunks = 0;
  Directory::Walk walk(directory);
  while (const SignalPlaces* const places = walk.next()) {
    chunks += places->chunks.size();
    ARTERY_ASSERT(directory.tiles_of(places->signal) == places->tiles);
    ARTERY_ASSERT(directory.until_of(places->signal) == places->until);
  }
  ARTERY_ASSERT(chunks == directory.chunks());
}

void read_as_manifest(Buffer bytes) {
  if (bytes.size() >= 16) store(bytes.data() + 12, crc32c(Bytes(bytes).subspan(16)));
  const auto manifest = Manifest::decode(bytes);
  if (!manifest) return;
  const auto again = Manifest::decode(manifest->encode());  // an older version becomes the present one
  ARTERY_ASSERT(again && *again == *manifest);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span(data, size));
  const Buffer bytes(input.begin(), input.end());
  if (bytes.size() == segment_header_bytes) (void)SegmentHeader::read(bytes);
  if (bytes.size() == segment_trailer_bytes) (void)SegmentTrailer::read(bytes, 1000);
  read_as_chunk(bytes, false);
  read_as_chunk(bytes, true);
  read_as_tiles(bytes);
  read_as_footer(bytes);
  read_as_manifest(bytes);
  return 0;
}
