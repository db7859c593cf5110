#include "history/chunk.h"

#include <algorithm>
#include <numeric>

#include "base/assert.h"
#include "base/crc32c.h"
#include "history/codec/bits.h"
#include "history/codec/floats.h"
#include "history/codec/texts.h"

namespace artery::history {
namespace {

using codec::Effort;
using codec::get_varint;
using codec::put_varint;
using codec::unzigzag;
using codec::zigzag;
using Integers = std::vector<std::uint64_t>;

constexpr std::size_t bytes_at = 4;               // the checksum is before, and over all from here on
constexpr std::int64_t arrival_unit = 1'000'000;  // ns: the log gives arrivals as whole milliseconds, but for a few

void write_times(Buffer& out, const Samples& samples, Effort effort) {
  Integers since_first(samples.size());
  std::ranges::transform(samples.times, since_first.begin(),
                         [&](Time time) { return bits(time) - bits(samples.times.front()); });
  codec::write_integers(out, since_first, effort);
}

// Without a way out on the way: that is quicker where they do, as nearly always. By itself: inlined, GCC 12 keeps the
// count in memory.
[[gnu::noinline]] bool ascend(const std::vector<Time>& times) {
  const Time* const all = times.data();
  const std::size_t rows = times.size();
  std::uint64_t descents = 0;
  for (std::size_t row = 1; row < rows; ++row) descents += all[row].value() < all[row - 1].value() ? 1U : 0U;
  return descents == 0;
}

bool read_times(ByteReader& reader, std::uint64_t first, std::uint32_t rows, std::vector<Time>& into) {
  Integers since_first(rows);
  if (!codec::read_integers(reader, since_first)) return false;
  into.resize(rows);
  std::ranges::transform(since_first, into.begin(), [&](std::uint64_t since) { return time_of(first + since); });
  return bits(into.front()) == first && ascend(into);
}

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

bool read_qualities(ByteReader& reader, std::uint32_t rows, std::vector<Quality>& into) {
  Integers codes(rows);
  if (!codec::read_integers(reader, codes)) return false;
  std::uint64_t all = 0;
  for (const std::uint64_t code : codes) all |= code;
  if (all > 0xFFFFFFFF) return false;
  into.resize(rows);
  std::ranges::transform(codes, into.begin(),
                         [](std::uint64_t code) { return Quality(static_cast<std::uint32_t>(code)); });
  return true;
}

// In two columns: whole milliseconds, and what is left, which is nearly always nothing.
void write_arrivals(Buffer& out, const Samples& samples, Effort effort) {
  Integers whole(samples.size());
  Integers rest(samples.size());
  for (std::size_t row = 0; row < samples.size(); ++row) {
    const std::int64_t arrival = samples.arrivals[row].value();
    const std::int64_t left = ((arrival % arrival_unit) + arrival_unit) % arrival_unit;
    rest[row] = static_cast<std::uint64_t>(left);
    whole[row] = static_cast<std::uint64_t>(arrival / arrival_unit - (arrival % arrival_unit < 0 ? 1 : 0));
  }
  codec::write_integers(out, whole, effort);
  codec::write_integers(out, rest, effort);
}

bool read_arrivals(ByteReader& reader, std::uint32_t rows, std::vector<Time>& into) {
  Integers whole(rows);
  Integers rest(rows);
  if (!codec::read_integers(reader, whole) || !codec::read_integers(reader, rest)) return false;
  into.resize(rows);
  std::ranges::transform(whole, rest, into.begin(), [](std::uint64_t milliseconds, std::uint64_t left) {
    return time_of(milliseconds * static_cast<std::uint64_t>(arrival_unit) + left);
  });
  return true;
}

}  // namespace

ChunkHeader write_chunk(Buffer& out, SignalId signal, std::uint32_t first_row, const Samples& samples, Effort effort) {
  ARTERY_ASSERT(!samples.empty() && samples.size() <= chunk_rows_max);
  const std::size_t start = out.size();
  ChunkHeader header{
      signal, 0, first_row, static_cast<std::uint32_t>(samples.size()), {samples.times.front(), samples.times.back()}};
  out.resize(start + chunk_start_bytes);
  put_varint(out, signal.value());
  put_varint(out, first_row);
  put_varint(out, header.rows);
  out.push_back(static_cast<std::byte>(samples.type));
  put_varint(out, zigzag(bits(header.span.first)));
  write_times(out, samples, effort);
  write_values(out, samples, effort);
  write_qualities(out, samples, effort);
  write_arrivals(out, samples, effort);
  ARTERY_ASSERT(out.size() - start <= chunk_bytes_max);
  header.bytes = static_cast<std::uint32_t>(out.size() - start);
  store(out.data() + start + bytes_at, header.bytes);
  store(out.data() + start, crc32c(Bytes(out).subspan(start + bytes_at)));
  return header;
}

std::optional<std::uint32_t> read_chunk_length(Bytes start) {
  if (start.size() < chunk_start_bytes) return std::nullopt;
  const auto length = load<std::uint32_t>(start.data() + bytes_at);
  if (length <= chunk_start_bytes || length > chunk_bytes_max) return std::nullopt;
  return length;
}

std::optional<Chunk> read_chunk(Bytes bytes) {
  const auto length = read_chunk_length(bytes);
  if (!length || *length != bytes.size()) return std::nullopt;
  if (load<std::uint32_t>(bytes.data()) != crc32c(bytes.subspan(bytes_at))) return std::nullopt;

  ByteReader reader(bytes.subspan(chunk_start_bytes));
  const std::uint64_t signal = get_varint(reader);
  const std::uint64_t first_row = get_varint(reader);
  const std::uint64_t rows = get_varint(reader);
  const auto type = reader.get<ValueType>();
  const std::uint64_t first = unzigzag(get_varint(reader));
  constexpr std::uint64_t most = 0xFFFFFFFF;
  if (reader.failed() || signal > most || rows == 0 || rows > chunk_rows_max || first_row > most - rows)
    return std::nullopt;

  Chunk chunk;
  chunk.header = {SignalId(static_cast<std::uint32_t>(signal)),
                  *length,
                  static_cast<std::uint32_t>(first_row),
                  static_cast<std::uint32_t>(rows),
                  {}};
  const std::uint32_t count = chunk.header.rows;
  Samples& columns = chunk.rows.columns;
  columns.type = type;
  const bool whole = read_times(reader, first, count, columns.times) && read_values(reader, count, columns) &&
                     read_qualities(reader, count, columns.qualities) &&
                     read_arrivals(reader, count, columns.arrivals) && reader.remaining() == 0 && !reader.failed();
  if (!whole) return std::nullopt;
  chunk.header.span = {columns.times.front(), columns.times.back()};
  chunk.rows.orders.resize(count);
  std::iota(chunk.rows.orders.begin(), chunk.rows.orders.end(), chunk.header.first_row);
  return chunk;
}

void clip(Rows& rows, const Span& span) {
  Samples& columns = rows.columns;
  const auto first = std::ranges::lower_bound(columns.times, span.first) - columns.times.begin();
  const auto last = std::max(first, std::ranges::upper_bound(columns.times, span.last) - columns.times.begin());
  const auto keep = [&](auto& column) {
    column.erase(column.begin() + last, column.end());
    column.erase(column.begin(), column.begin() + first);
  };
  if (columns.type == ValueType::text) {
    const auto end_of = [&](auto rows_before) {
      return rows_before > 0 ? columns.words[static_cast<std::size_t>(rows_before) - 1] : 0;
    };
    const std::uint64_t cut = end_of(first);
    columns.text.resize(end_of(last));
    columns.text.erase(0, cut);
    for (std::uint64_t& end : columns.words) end -= std::min(end, cut);
  }
  keep(columns.times);
  keep(columns.words);
  keep(columns.qualities);
  keep(columns.arrivals);
  keep(rows.orders);
}

}  // namespace artery::history
