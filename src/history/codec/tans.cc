#include "history/codec/tans.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/assert.h"

namespace artery::codec {
namespace {

// Which symbol each entry of the table stands for: spread by a step that visits every entry once.
std::vector<Symbol> spread(const Weights& weights, unsigned table_log) {
  const std::size_t size = std::size_t{1} << table_log;
  const std::size_t step = (size >> 1U) + (size >> 3U) + 3;
  std::vector<Symbol> table(size);
  std::size_t at = 0;
  for (std::size_t symbol = 0; symbol < weights.size(); ++symbol) {
    for (std::uint32_t i = 0; i < weights[symbol]; ++i) {
      table[at] = static_cast<Symbol>(symbol);
      at = (at + step) & (size - 1);
    }
  }
  return table;
}

// A step is odd, and so visits every entry, from tables of 16 entries on.
constexpr unsigned table_log_min = 4;

}  // namespace

Weights weights_of(std::span<const std::uint32_t> counts, unsigned table_log) {
  const std::uint32_t size = 1U << table_log;
  ARTERY_ASSERT(table_log >= table_log_min && table_log <= table_log_max && counts.size() <= size && !counts.empty());
  const std::uint64_t total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  Weights weights(counts.size());
  std::ranges::transform(counts, weights.begin(), [&](std::uint32_t count) {
    return std::max(1U, static_cast<std::uint32_t>((std::uint64_t{count} * size + total / 2) / total));
  });
  // What rounding left over or took too much is settled with the heaviest, where it costs least.
  std::int64_t over =
      static_cast<std::int64_t>(std::accumulate(weights.begin(), weights.end(), std::uint64_t{0})) - size;
  while (over != 0) {
    const auto heaviest = std::ranges::max_element(weights);
    const std::int64_t change = over > 0 ? std::min<std::int64_t>(over, std::max(1U, *heaviest / 8)) : over;
    const std::int64_t weight = std::max<std::int64_t>(1, *heaviest - change);
    over -= *heaviest - weight;
    *heaviest = static_cast<std::uint32_t>(weight);
  }
  return weights;
}

TansEncoder::TansEncoder(const Weights& weights, unsigned table_log)
    : table_log_(table_log), weights_(weights), states_(std::size_t{1} << table_log) {
  starts_.resize(weights.size());
  std::exclusive_scan(weights.begin(), weights.end(), starts_.begin(), 0U);
  std::vector<std::uint32_t> next = starts_;
  const std::vector<Symbol> table = spread(weights, table_log);
  for (std::size_t entry = 0; entry < table.size(); ++entry)
    states_[next[table[entry]]++] = static_cast<std::uint32_t>(table.size() + entry);
}

void TansEncoder::write(Buffer& out, std::span<const Symbol> symbols) const {
  struct Piece {
    std::uint16_t bits;
    std::uint8_t width;
  };
  // Encoding goes from the last symbol to the first, so that decoding goes from the first to the last.
  const std::uint32_t size = 1U << table_log_;
  std::array<std::uint32_t, tans_states> states;
  states.fill(size);
  std::vector<Piece> pieces(symbols.size());
  for (std::size_t i = symbols.size(); i-- > 0;) {
    std::uint32_t& state = states[i % tans_states];
    const std::uint32_t weight = weights_[symbols[i]];
    unsigned width = bits_of(state) - bits_of(weight);
    if (state >> width < weight) --width;
    pieces[i] = {static_cast<std::uint16_t>(state & low_bits(width)), static_cast<std::uint8_t>(width)};
    state = states_[starts_[symbols[i]] + (state >> width) - weight];
  }
  BitWriter writer(out);
  for (const std::uint32_t state : states) writer.put(state - size, table_log_);
  for (const Piece& piece : pieces) writer.put(piece.bits, piece.width);
  writer.finish();
}

TansDecoder::TansDecoder(const Weights& weights, unsigned table_log)
    : table_log_(table_log), entries_(std::size_t{1} << table_log) {
  const std::vector<Symbol> symbols = spread(weights, table_log);
  std::vector<std::uint32_t> next = weights;
  for (std::size_t entry = 0; entry < entries_.size(); ++entry) {
    const std::uint32_t state = next[symbols[entry]]++;
    const unsigned width = table_log + 1 - bits_of(state);
    const auto base = static_cast<std::uint32_t>((std::size_t{state} << width) - entries_.size());
    entries_[entry] = TansEntry::make(base, width, symbols[entry]);
  }
}

}  // namespace artery::codec
