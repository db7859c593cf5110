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
#include "history/codec/versions.h"

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

// An entry of the decoder's table in one word: the entry that it leads to when its bits are 0, how many bits, the
// symbol. The width is what all else waits for: it is a byte of its own.
struct TansEntry {
  static constexpr std::uint32_t make(std::uint32_t base, unsigned width, Symbol symbol) {
    return width | base << 8U | std::uint32_t{symbol} << 20U;
  }
  static constexpr std::uint32_t base(std::uint32_t entry) { return entry >> 8U & 0xFFFU; }
  static constexpr unsigned width(std::uint32_t entry) { return entry & 0xFFU; }
  static constexpr Symbol symbol(std::uint32_t entry) { return static_cast<Symbol>(entry >> 20U); }
};

// The loop behind TansDecoder::read(), which takes most of what reading data at rest takes.
template <class Take>
struct ReadSymbols {
  [[gnu::always_inline]] static inline void run(const std::uint32_t* __restrict entries, unsigned table_log,
                                                Bytes stream, std::size_t count, Take* to, bool* __restrict whole) {
    Take take = *to;  // in registers, which what it writes to cannot touch
    const BitReader reader(stream);
    std::array<std::uint64_t, tans_states> states;
    std::uint64_t at = 0;
    for (std::uint64_t& state : states) {
      state = reader.get(at, table_log);
      at += table_log;
    }
    // Bits are held and replenished by a load whose place does not depend on the symbols since the last one, so that
    // these wait for no load but that of their entries.
    std::size_t left = count;
    std::array<std::uint64_t, tans_states> turns = states;
    if (stream.size() >= at / 8 + sizeof(std::uint64_t)) {
      const std::byte* next = stream.data() + at / 8;
      const std::byte* const last = stream.data() + stream.size() - sizeof(std::uint64_t);
      std::uint64_t bits = load<std::uint64_t>(next) >> at % 8;
      std::uint64_t held = 56 - at % 8;
      next += 7;
      for (; left >= tans_states && next <= last; left -= tans_states) {
        bits |= load<std::uint64_t>(next) << held;
        next += (63 - held) / 8;
        held |= 56U;  // four symbols take at most 48
        held -= read_turns(entries, turns, bits, take);
      }
      at = static_cast<std::uint64_t>(next - stream.data()) * 8 - held;
    }
    for (; left >= tans_states; left -= tans_states) {
      std::uint64_t bits = reader.word(at);
      at += read_turns(entries, turns, bits, take);
    }
    states = turns;
    for (std::size_t turn = 0; turn < left; ++turn) {  // their last: the states need not move on
      const std::uint32_t entry = entries[states[turn]];
      at += TansEntry::width(entry);
      take.one(TansEntry::symbol(entry));
    }
    *to = take;
    *whole = at <= reader.bits();
  }

 private:
  // A symbol of each state; the states move on by the next bits, which leave `bits`. Returns how many.
  [[gnu::always_inline]] static inline unsigned read_turns(const std::uint32_t* __restrict entries,
                                                           std::array<std::uint64_t, tans_states>& states,
                                                           std::uint64_t& bits, Take& take) {
    std::array<Symbol, tans_states> symbols;
    std::uint32_t sum = 0;
    for (std::size_t turn = 0; turn < tans_states; ++turn) {
      const std::uint32_t entry = entries[states[turn]];
      const unsigned width = TansEntry::width(entry);
      symbols[turn] = TansEntry::symbol(entry);
      states[turn] = TansEntry::base(entry) + low_part(bits, width);
      bits >>= width;
      sum += entry;
    }
    take.turns(symbols);
    return TansEntry::width(sum);
  }
};

class TansDecoder {
 public:
  TansDecoder(const Weights& weights, unsigned table_log);
  // Gives each symbol to `take`, in their order; they are always among those of the weights: to take.turns() one of
  // each state, the last ones to take.one(). False where the stream ends before they do.
  template <class Take>
  [[nodiscard]] bool read(Bytes stream, std::size_t count, Take& take, Machine machine = machine_for_words()) const {
    bool whole = false;
    run_on<ReadSymbols<Take>>(machine, entries_.data(), table_log_, stream, count, &take, &whole);
    return whole;
  }

 private:
  unsigned table_log_;
  std::vector<std::uint32_t> entries_;  // TansEntry
};

}  // namespace artery::codec
