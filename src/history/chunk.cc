#include "history/chunk.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"
#include "history/codec/bits.h"
#include "history/codec/floats.h"
#include "history/codec/texts.h"
#include "history/codec/versions.h"
#include "history/passes.h"

namespace artery::history {
namespace {

using codec::Effort;
using codec::get_varint;
using codec::put_varint;
using codec::run_fastest;
using codec::unzigzag;
using codec::zigzag;
using Integers = std::vector<std::uint64_t>;

constexpr std::size_t bytes_at = 4;  // the checksum is before, and over all from here on

// What stands with the type in its byte.
constexpr std::uint8_t type_mask = 0x0F;

// The passes over all rows, as codec/versions.h wants them.
struct Narrow {  // and leaves in `all` the bits that any has
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict codes, std::size_t rows,
                                                Quality* __restrict qualities, std::uint64_t* __restrict all) {
    std::uint64_t any = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      any |= codes[row];
      qualities[row] = Quality(static_cast<std::uint32_t>(codes[row]));
    }
    *all = any;
  }
};
struct Number {
  [[gnu::always_inline]] static inline void run(std::uint32_t* __restrict orders, std::size_t rows,
                                                std::uint32_t first) {
    for (std::size_t row = 0; row < rows; ++row) orders[row] = first + static_cast<std::uint32_t>(row);
  }
};

void write_values(Buffer& out, const Samples& samples, Effort effort) {
  switch (samples.type) {
    case ValueType::f64:
      return codec::write_floats(out, samples.words, effort);
    case ValueType::i64:
    case ValueType::boolean:
      return codec::write_integers(out, samples.words, effort);
    case ValueType::text:
      return codec::write_texts(out, samples.words, samples.text, effort);
  }
}

bool read_values(ByteReader& reader, std::uint32_t rows, Samples& into) {
  into.words.resize(rows);
  switch (into.type) {
    case ValueType::f64:
      return codec::read_floats(reader, into.words);
    case ValueType::i64:
      return codec::read_integers(reader, into.words);
    case ValueType::boolean:
      return codec::read_integers(reader, into.words) &&
             std::ranges::all_of(into.words, [](std::uint64_t word) { return word <= 1; });
    case ValueType::text:
      return codec::read_texts(reader, into.words, into.text);
  }
  return false;
}

void write_qualities(Buffer& out, const Samples& samples, Effort effort) {
  Integers codes(samples.size());
  std::ranges::transform(samples.qualities, codes.begin(), &Quality::value);
  codec::write_integers(out, codes, effort);
}

constexpr std::uint64_t quality_most = 0xFFFFFFFF;

// Of rows that do not all have the same one.
bool read_qualities(ByteReader& reader, Space space, std::vector<Quality>& into) {
  if (!codec::read_integers(reader, space)) return false;
  into.resize(space.size());
  std::uint64_t all = 0;
  run_fastest<Narrow>(read_only(space), space.size(), into.data(), &all);
  return all <= quality_most;
}

// Behind what it names, and not too long.
bool is_sound(const StampsPlace& place) {
  return place.bytes > 0 && place.bytes <= stamps_bytes_max && place.bytes <= place.distance;
}

void put_place(Buffer& out, const StampsPlace& place) {
  ARTERY_ASSERT(is_sound(place));
  put_varint(out, place.distance);
  put_varint(out, place.bytes);
  ByteWriter(out).put(place.checksum);
}

std::optional<StampsPlace> get_place(ByteReader& reader) {
  const std::uint64_t distance = get_varint(reader);
  const std::uint64_t bytes = get_varint(reader);
  if (bytes > stamps_bytes_max) return std::nullopt;
  const StampsPlace place{distance, static_cast<std::uint32_t>(bytes), reader.get<std::uint32_t>()};
  return is_sound(place) ? std::optional(place) : std::nullopt;
}

bool read_columns(const ChunkStart& start, Bytes stamps, Columns asked, Space space, Chunk& chunk) {
  Samples& into = chunk.rows.columns;
  ByteReader reader(start.columns);
  ByteReader elsewhere(stamps);
  ByteReader& stamps_reader = start.layout == ChunkLayout::stamps_elsewhere ? elsewhere : reader;
  const bool times_first = start.layout == ChunkLayout::times_first;
  std::optional<TimesFound> times;
  const auto find_times = [&] {
    times = read_times(stamps_reader, start.first, space, into.times, asked.has(Column::times));
    return times.has_value();
  };
  if (times_first && !find_times()) return false;
  if (!read_values(reader, start.header.rows, into)) return false;
  const auto quality = codec::read_equal(reader);
  if (quality ? *quality > quality_most : !read_qualities(reader, space, into.qualities)) return false;
  if (!times_first && !find_times()) return false;

  chunk.header.span = times->span;
  chunk.rows.times_differ = times->differ;
  const Columns wanted = times->differ ? asked : Columns::all();
  if (quality && wanted.has(Column::qualities))
    fill(into.qualities, space.size(), Quality(static_cast<std::uint32_t>(*quality)));
  if (wanted.has(Column::arrivals)) {
    if (!read_arrivals(stamps_reader, space, into.arrivals)) return false;
    if (reader.remaining() != 0 || elsewhere.remaining() != 0) return false;
  }
  if (wanted.has(Column::revisions)) {
    std::vector<std::uint32_t>& orders = chunk.rows.orders;
    orders.resize(space.size());
    run_fastest<Number>(orders.data(), orders.size(), start.header.first_row);
  }
  into.keep(wanted);
  return !reader.failed() && !elsewhere.failed();
}

}  // namespace

WrittenChunk write_chunk(Buffer& out, SignalId signal, std::uint32_t first_row, const Samples& samples, Effort effort,
                         const std::optional<StampsPlace>& stamps) {
  ARTERY_ASSERT(!samples.empty() && samples.size() <= chunk_rows_max);
  const std::size_t start = out.size();
  ChunkHeader header{
      signal, 0, first_row, static_cast<std::uint32_t>(samples.size()), {samples.times.front(), samples.times.back()}};
  out.resize(start + chunk_start_bytes);
  put_varint(out, signal.value());
  put_varint(out, first_row);
  put_varint(out, header.rows);
  const ChunkLayout layout = stamps ? ChunkLayout::stamps_elsewhere : ChunkLayout::stamps_last;
  out.push_back(static_cast<std::byte>(samples.type) | static_cast<std::byte>(layout));
  put_varint(out, zigzag(bits(header.span.first)));
  if (stamps) put_place(out, *stamps);
  write_values(out, samples, effort);
  write_qualities(out, samples, effort);
  const std::size_t stamps_at = out.size();
  if (!stamps) write_stamps(out, samples, effort);
  ARTERY_ASSERT(out.size() - start <= chunk_bytes_max);
  header.bytes = static_cast<std::uint32_t>(out.size() - start);
  store(out.data() + start + bytes_at, header.bytes);
  store(out.data() + start, crc32c(Bytes(out).subspan(start + bytes_at)));
  return {header, Bytes(out).subspan(stamps_at)};
}

std::optional<std::uint32_t> read_chunk_length(Bytes start) {
  if (start.size() < chunk_start_bytes) return std::nullopt;
  const auto length = load<std::uint32_t>(start.data() + bytes_at);
  if (length <= chunk_start_bytes || length > chunk_bytes_max) return std::nullopt;
  return length;
}

std::optional<ChunkStart> read_chunk_start(Bytes bytes) {
  const auto length = read_chunk_length(bytes);
  if (!length || *length != bytes.size()) return std::nullopt;
  if (load<std::uint32_t>(bytes.data()) != crc32c(bytes.subspan(bytes_at))) return std::nullopt;

  ByteReader reader(bytes.subspan(chunk_start_bytes));
  const std::uint64_t signal = get_varint(reader);
  const std::uint64_t first_row = get_varint(reader);
  const std::uint64_t rows = get_varint(reader);
  const auto type = reader.get<std::uint8_t>();
  ChunkStart start;
  start.first = unzigzag(get_varint(reader));
  constexpr std::uint64_t most = 0xFFFFFFFF;
  if (reader.failed() || signal > most || rows == 0 || rows > chunk_rows_max || first_row > most - rows)
    return std::nullopt;
  start.header = {SignalId(static_cast<std::uint32_t>(signal)),
                  *length,
                  static_cast<std::uint32_t>(first_row),
                  static_cast<std::uint32_t>(rows),
                  {}};
  start.type = static_cast<ValueType>(type & type_mask);
  start.layout = static_cast<ChunkLayout>(type & ~type_mask);
  switch (start.layout) {
    case ChunkLayout::times_first:
    case ChunkLayout::stamps_last:
      break;
    case ChunkLayout::stamps_elsewhere:
      start.stamps = get_place(reader);
      if (!start.stamps) return std::nullopt;
      break;
    default:
      return std::nullopt;
  }
  start.columns = reader.rest();
  return start;
}

std::optional<Chunk> read_chunk(const ChunkStart& start, Bytes stamps, Columns asked, Samples spent) {
  if (start.stamps && (stamps.size() != start.stamps->bytes || crc32c(stamps) != start.stamps->checksum))
    return std::nullopt;
  Chunk chunk{start.header, {}};
  Samples& columns = chunk.rows.columns;
  columns = std::move(spent);
  columns.type = start.type;
  columns.columns = Columns::all();
  columns.text.clear();
  columns.revisions.clear();
  const auto words = std::make_unique_for_overwrite<std::uint64_t[]>(chunk.header.rows);
  if (!read_columns(start, stamps, asked, Space(words.get(), chunk.header.rows), chunk)) return std::nullopt;
  return chunk;
}

void clip(Rows& rows, const Span& span) {
  const std::vector<Time>& times = rows.columns.times;
  const auto first = std::ranges::lower_bound(times, span.first) - times.begin();
  const auto last = std::max(first, std::ranges::upper_bound(times, span.last) - times.begin());
  rows.columns.keep(static_cast<std::size_t>(first), static_cast<std::size_t>(last));
  if (rows.orders.empty()) return;
  rows.orders.erase(rows.orders.begin() + last, rows.orders.end());
  rows.orders.erase(rows.orders.begin(), rows.orders.begin() + first);
}

}  // namespace artery::history
