#include "history/chunk.h"

#include <algorithm>
#include <memory>
#include <span>

#include "base/assert.h"
#include "base/crc32c.h"
#include "history/codec/bits.h"
#include "history/codec/floats.h"
#include "history/codec/texts.h"
#include "history/codec/versions.h"

namespace artery::history {
namespace {

using codec::Effort;
using codec::get_varint;
using codec::put_varint;
using codec::run_fastest;
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

// The passes over all rows, as codec/versions.h wants them.
struct AddFirst {  // and tells whether times descend anywhere
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict since, std::size_t rows,
                                                std::uint64_t first, Time* __restrict times, bool* __restrict descend) {
    times[0] = time_of(first + since[0]);
    std::uint64_t descents = 0;  // without a way out on the way: that is quicker where there are none, as nearly always
    for (std::size_t row = 1; row < rows; ++row) {
      const Time time = time_of(first + since[row]);
      descents += time < time_of(first + since[row - 1]) ? 1U : 0U;
      times[row] = time;
    }
    *descend = descents != 0;
  }
};
struct DrawTimes {
  [[gnu::always_inline]] static inline void run(Time* __restrict times, std::size_t rows, std::uint64_t first,
                                                std::uint64_t step) {
    for (std::size_t row = 0; row < rows; ++row) times[row] = time_of(first + row * step);
  }
};
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
struct FromMilliseconds {
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict milliseconds, std::size_t rows,
                                                Time* __restrict times) {
    for (std::size_t row = 0; row < rows; ++row)
      times[row] = time_of(milliseconds[row] * static_cast<std::uint64_t>(arrival_unit));
  }
};
struct Number {
  [[gnu::always_inline]] static inline void run(std::uint32_t* __restrict orders, std::size_t rows,
                                                std::uint32_t first) {
    for (std::size_t row = 0; row < rows; ++row) orders[row] = first + static_cast<std::uint32_t>(row);
  }
};

// By itself: inlined, GCC 12 keeps the count in memory and looks there for each row.
template <class Value>
[[gnu::noinline]] void fill(std::vector<Value>& column, std::size_t rows, Value value) {
  column.assign(rows, value);
}

// These take a column of as many rows as `space` has, which holds anything then.
using Space = std::span<std::uint64_t>;
const std::uint64_t* read_only(Space space) { return space.data(); }

// Whether none of so many descends: a step that is no greater than what is left up to the greatest time for each.
bool ascends(const codec::Line& times, std::size_t rows) {
  return rows < 2 || times.step <= (bits(time_max) - times.first) / (rows - 1);
}

bool read_times(ByteReader& reader, std::uint64_t first, Space space, std::vector<Time>& into) {
  if (const auto line = codec::read_line(reader)) {
    into.resize(space.size());
    run_fastest<DrawTimes>(into.data(), into.size(), first, line->step);
    return line->first == 0 && ascends({first, line->step}, space.size());
  }
  if (!codec::read_integers(reader, space)) return false;
  into.resize(space.size());
  bool descend = false;
  run_fastest<AddFirst>(read_only(space), space.size(), first, into.data(), &descend);
  return bits(into.front()) == first && !descend;
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

bool read_qualities(ByteReader& reader, Space space, std::vector<Quality>& into) {
  constexpr std::uint64_t most = 0xFFFFFFFF;
  std::uint64_t all = 0;
  if (const auto code = codec::read_equal(reader)) {
    all = *code;
    fill(into, space.size(), Quality(static_cast<std::uint32_t>(all)));
  } else {
    if (!codec::read_integers(reader, space)) return false;
    into.resize(space.size());
    run_fastest<Narrow>(read_only(space), space.size(), into.data(), &all);
  }
  return all <= most;
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

bool read_arrivals(ByteReader& reader, Space space, std::vector<Time>& into) {
  if (const auto whole = codec::read_equal(reader)) {
    fill(into, space.size(), time_of(*whole * static_cast<std::uint64_t>(arrival_unit)));
  } else {
    if (!codec::read_integers(reader, space)) return false;
    into.resize(space.size());
    run_fastest<FromMilliseconds>(read_only(space), space.size(), into.data());
  }
  const auto rest = codec::read_equal(reader);
  if (rest == std::uint64_t{0}) return true;
  if (rest) {
    std::ranges::fill(space, *rest);
  } else if (!codec::read_integers(reader, space)) {
    return false;
  }
  std::ranges::transform(into, space, into.begin(),
                         [](Time whole, std::uint64_t left) { return time_of(bits(whole) + left); });
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
  const auto words = std::make_unique_for_overwrite<std::uint64_t[]>(count);
  const Space space(words.get(), count);
  const bool whole = read_times(reader, first, space, columns.times) && read_values(reader, count, columns) &&
                     read_qualities(reader, space, columns.qualities) &&
                     read_arrivals(reader, space, columns.arrivals) && reader.remaining() == 0 && !reader.failed();
  if (!whole) return std::nullopt;
  chunk.header.span = {columns.times.front(), columns.times.back()};
  chunk.rows.orders.resize(count);
  run_fastest<Number>(chunk.rows.orders.data(), chunk.rows.orders.size(), chunk.header.first_row);
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
