// Entropy coding of symbols by tabled asymmetric numeral systems (Duda, "Asymmetric numeral systems", 2013; the table's
// spread and coding as in Collet's "Finite State Entropy"). Four states take turns, symbol i belongs to state i % 4, so
// that a processor works on four at once; all draw from one stream of bits, in the order of the symbols.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "history/codec/bits.h"

namespace artery::codec {

using Symbol = std::uint16_t;

inline constexpr std::size_t tans_states = 4;
inline constexpr unsigned table_log_max = 12;

// Symbols' shares of a table of 2^table_log entries: all at least 1, in sum 2^table_log.
using Weights = std::vector<std::uint32_t>;

// `counts` are not zero and at most 2^table_log many.
Weights weights_of(std::span<const std::uint32_t> counts, unsigned table_log);

class TansEncoder {
 public:
  TansEncoder(const Weights& weights, unsigned table_log);
  // Appends the four states, table_log bits each, then the symbols' bits, up to a whole byte.
  void write(Buffer& out, std::span<const Symbol> symbols) const;

 private:
  unsigned table_log_;
  std::vector<std::uint32_t> starts_;   // by symbol: where its states begin in `states_`
  std::vector<std::uint32_t> weights_;  // by symbol
  std::vector<std::uint32_t> states_;   // of each symbol, ascending: the table entry, plus the table's size
};

class TansDecoder {
 public:
  TansDecoder(const Weights& weights, unsigned table_log);
  // False where the stream ends before the symbols do. Symbols are always among those of the weights.
  [[nodiscard]] bool read(Bytes stream, std::span<Symbol> symbols) const;

 private:
  unsigned table_log_;
  std::vector<std::uint32_t> entries_;  // TansEntry
};

// An entry of the decoder's table in one word: the entry that it leads to when its bits are 0, how many bits, the
// symbol.
struct TansEntry {
  static constexpr std::uint32_t make(std::uint32_t base, unsigned width, Symbol symbol) {
    return base | width << 12U | std::uint32_t{symbol} << 16U;
  }
  static constexpr std::uint32_t base(std::uint32_t entry) { return entry & 0xFFFU; }
  static constexpr unsigned width(std::uint32_t entry) { return entry >> 12U & 0xFU; }
  static constexpr Symbol symbol(std::uint32_t entry) { return static_cast<Symbol>(entry >> 16U); }
};

}  // namespace artery::codec
