#include "history/codec/entropy.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "base/assert.h"
#include "history/codec/bins.h"
#include "history/codec/bits.h"
#include "history/codec/sums.h"
#include "history/codec/tans.h"
#include "history/codec/versions.h"

namespace artery::codec {
namespace {

using Values = std::span<const std::uint64_t>;

constexpr unsigned width_bits = 7;      // of a bin's width in the table: 0 to 64
constexpr std::size_t stretch = 128;    // values that follow each other
constexpr std::size_t sample_max = 16;  // stretches that decide on the order of differences

bool less_signed(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b);
}

struct Multiply {
  [[gnu::always_inline]] static inline void run(std::uint64_t* __restrict values, std::size_t count,
                                                std::uint64_t factor, std::uint64_t summand) {
    for (std::size_t i = 0; i < count; ++i) values[i] = values[i] * factor + summand;
  }
};

// Values as (value - base) / divisor, with the greatest divisor there is.
struct Scale {
  std::uint64_t base = 0;
  std::uint64_t divisor = 1;

  static Scale of(Values values) {
    const std::uint64_t base = *std::ranges::min_element(values, less_signed);
    std::uint64_t divisor = 0;
    for (const std::uint64_t value : values) {
      if (divisor == 1) break;
      divisor = std::gcd(divisor, value - base);
    }
    return {base, std::max<std::uint64_t>(divisor, 1)};
  }
  void apply(std::span<std::uint64_t> values) const {
    for (std::uint64_t& value : values) value = (value - base) / divisor;
  }
  void take_back(std::span<std::uint64_t> values) const {
    if (base != 0 || divisor != 1) run_fastest<Multiply>(values.data(), values.size(), divisor, base);
  }
};

// In place: each becomes its difference to the one before, but for the first.
void difference(std::span<std::uint64_t> values) {
  for (std::size_t i = values.size(); i-- > 1;) values[i] -= values[i - 1];
}

double estimate(Values values) {
  std::vector<std::uint64_t> sorted(values.begin(), values.end());
  std::ranges::sort(sorted, less_signed);
  return choose_bins(sorted, Search::rough).bits;
}

// The order of differences that takes the least, from a sample of stretches.
unsigned choose_order(Values values) {
  const std::size_t stretches = std::clamp<std::size_t>(values.size() / stretch, 1, sample_max);
  const std::size_t length = std::min(stretch, values.size() / stretches);
  std::array<std::vector<std::uint64_t>, difference_order_max + 1> samples;
  for (std::size_t i = 0; i < stretches; ++i) {
    const Values from = values.subspan(i * (values.size() / stretches), length);
    std::vector<std::uint64_t> piece(from.begin(), from.end());
    for (unsigned order = 0; order <= difference_order_max && piece.size() > order; ++order) {
      if (order > 0) difference(std::span(piece).subspan(order - 1));
      samples[order].insert(samples[order].end(), piece.begin() + difference_order_max, piece.end());
    }
  }
  unsigned best = 0;
  double best_bits = 0;
  for (unsigned order = 0; order <= difference_order_max && !samples[order].empty(); ++order) {
    const double bits = estimate(samples[order]);
    if (order > 0 && bits >= best_bits) continue;
    best = order;
    best_bits = bits;
  }
  return best;
}

unsigned choose_table_log(std::size_t bins, std::size_t values) {
  const unsigned for_bins = bits_of(bins - 1) + 3;
  const unsigned for_values = bits_of(values) - 2;
  return std::clamp(std::min(for_bins, for_values), std::max(4U, bits_of(bins - 1)), table_log_max - 1);
}

// The table of bins as it stands before the streams.
struct Table {
  std::vector<Bin> bins;
  Weights weights;
  unsigned log = 0;

  void write(Buffer& out) const;
  static bool read(ByteReader& reader, Table& into);
};

void Table::write(Buffer& out) const {
  put_varint(out, bins.size());
  out.push_back(static_cast<std::byte>(log));
  put_varint(out, zigzag(bins.front().lower));
  unsigned gap_width = 0;
  for (std::size_t i = 1; i < bins.size(); ++i)
    gap_width = std::max(gap_width, bits_of(bins[i].lower - bins[i - 1].lower));
  out.push_back(static_cast<std::byte>(gap_width));
  BitWriter writer(out);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (i > 0) writer.put(bins[i].lower - bins[i - 1].lower, gap_width);
    writer.put(bins[i].width, width_bits);
    writer.put(weights[i] - 1, log);
  }
  writer.finish();
}

bool Table::read(ByteReader& reader, Table& into) {
  const std::uint64_t count = get_varint(reader);
  into.log = reader.get<std::uint8_t>();
  std::uint64_t lower = unzigzag(get_varint(reader));
  const unsigned gap_width = reader.get<std::uint8_t>();
  if (count == 0 || count > bins_max || into.log < 4 || into.log > table_log_max || gap_width > 64) return false;
  const Bytes packed = reader.bytes(bytes_for(count * (width_bits + into.log) + (count - 1) * gap_width));
  if (reader.failed()) return false;
  const BitReader bits(packed);
  std::uint64_t at = 0;
  const auto next = [&](unsigned width) {
    const std::uint64_t value = bits.get(at, width);
    at += width;
    return value;
  };
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) lower += next(gap_width);
    const auto width = static_cast<unsigned>(next(width_bits));
    const auto weight = static_cast<std::uint32_t>(next(into.log)) + 1;
    if (width > 64) return false;
    into.bins.push_back({lower, width, 0});
    into.weights.push_back(weight);
    sum += weight;
  }
  return sum == std::uint64_t{1} << into.log;
}

Table make_table(Values latents) {
  std::vector<std::uint64_t> sorted(latents.begin(), latents.end());
  std::ranges::sort(sorted, less_signed);
  Table table;
  table.bins = choose_bins(sorted, Search::thorough).all;
  table.log = choose_table_log(table.bins.size(), latents.size());
  std::vector<std::uint32_t> counts(table.bins.size());
  std::ranges::transform(table.bins, counts.begin(), &Bin::count);
  table.weights = weights_of(counts, table.log);
  return table;
}

std::vector<Symbol> symbols_of(const Table& table, Values latents) {
  std::vector<Symbol> symbols(latents.size());
  std::ranges::transform(latents, symbols.begin(), [&](std::uint64_t latent) {
    const auto above = std::ranges::upper_bound(table.bins, latent, less_signed, &Bin::lower);
    return static_cast<Symbol>(above - table.bins.begin() - 1);
  });
  return symbols;
}

void write_latents(Buffer& out, Values latents) {
  const Table table = make_table(latents);
  table.write(out);
  const std::vector<Symbol> symbols = symbols_of(table, latents);
  Buffer stream;
  if (table.bins.size() > 1) TansEncoder(table.weights, table.log).write(stream, symbols);
  put_varint(out, stream.size());
  out.insert(out.end(), stream.begin(), stream.end());
  BitWriter writer(out);
  for (std::size_t i = 0; i < latents.size(); ++i) {
    const Bin& bin = table.bins[symbols[i]];
    writer.put(latents[i] - bin.lower, bin.width);
  }
  writer.finish();
}

// What symbols stand for, in two columns so that an index is an address.
struct Decoded {
  std::array<std::uint64_t, bins_max> lower;
  std::array<std::uint8_t, bins_max> width;

  explicit Decoded(const std::vector<Bin>& bins) {
    for (std::size_t i = 0; i < bins.size(); ++i) {
      lower[i] = bins[i].lower;
      width[i] = static_cast<std::uint8_t>(bins[i].width);
    }
  }
};

// Takes symbols and makes them the values they begin. A word holds the offsets of `per_word` of them; of 0: not even of
// one.
template <unsigned per_word>
struct ReadOffsets {
  BitReader bits;
  const Decoded* bins;
  std::uint64_t* next;
  std::uint64_t at = 0;

  // By the columns' plain pointers: a checked index costs half as much as all else.
  [[gnu::always_inline]] inline void turns(const std::array<Symbol, tans_states>& symbols) {
    if constexpr (per_word == 0) {
      for (const Symbol symbol : symbols) one(symbol);
    } else {
      std::uint64_t word = 0;
      for (std::size_t i = 0; i < tans_states; ++i) {
        if (i % per_word == 0) word = bits.word(at);
        const unsigned width = bins->width.data()[symbols[i]];
        next[i] = bins->lower.data()[symbols[i]] + low_part(word, width);
        word >>= width;
        at += width;
      }
      next += tans_states;
    }
  }
  [[gnu::always_inline]] inline void one(Symbol symbol) {
    const unsigned width = bins->width[symbol];
    *next++ = bins->lower[symbol] + bits.get(at, width);
    at += width;
  }
};

template <unsigned per_word>
bool read_values(ByteReader& reader, const Table& table, Bytes stream, std::span<std::uint64_t> latents) {
  const Decoded bins(table.bins);
  ReadOffsets<per_word> offsets{BitReader(reader.rest()), &bins, latents.data()};
  if (table.bins.size() > 1) {
    if (!TansDecoder(table.weights, table.log).read(stream, latents.size(), offsets)) return false;
  } else {
    for (std::size_t i = 0; i < latents.size(); ++i) offsets.one(0);
  }
  reader.bytes(bytes_for(offsets.at));
  return !reader.failed();
}

bool read_latents(ByteReader& reader, std::span<std::uint64_t> latents) {
  Table table;
  if (!Table::read(reader, table)) return false;
  const Bytes stream = reader.bytes(get_varint(reader));
  if (reader.failed()) return false;
  const unsigned widest = std::ranges::max_element(table.bins, {}, &Bin::width)->width;
  if (4 * widest <= word_bits) return read_values<4>(reader, table, stream, latents);
  if (2 * widest <= word_bits) return read_values<2>(reader, table, stream, latents);
  return widest <= word_bits ? read_values<1>(reader, table, stream, latents)
                             : read_values<0>(reader, table, stream, latents);
}

}  // namespace

void write_entropy(Buffer& out, Values values) {
  ARTERY_ASSERT(!values.empty() && values.size() <= entropy_values_max);
  std::vector<std::uint64_t> latents(values.begin(), values.end());
  const Scale scale = Scale::of(latents);
  scale.apply(latents);
  const unsigned order = values.size() <= 2 * difference_order_max ? 0 : choose_order(latents);
  put_varint(out, zigzag(scale.base));
  put_varint(out, scale.divisor);
  out.push_back(static_cast<std::byte>(order));
  std::span<std::uint64_t> rest(latents);
  for (unsigned i = 0; i < order; ++i) {
    put_varint(out, zigzag(rest.front()));
    difference(rest);
    rest = rest.subspan(1);
  }
  write_latents(out, rest);
}

bool read_entropy(ByteReader& reader, std::span<std::uint64_t> values) {
  ARTERY_ASSERT(!values.empty() && values.size() <= entropy_values_max);
  const Scale scale{unzigzag(get_varint(reader)), get_varint(reader)};
  const unsigned order = reader.get<std::uint8_t>();
  if (order > difference_order_max || order >= values.size()) return false;
  for (unsigned i = 0; i < order; ++i) values[i] = unzigzag(get_varint(reader));
  if (!read_latents(reader, values.subspan(order))) return false;
  for (unsigned i = order; i-- > 0;) sum_up(values.subspan(i), 0);
  scale.take_back(values);
  return true;
}

}  // namespace artery::codec
