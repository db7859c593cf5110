// Samples of one signal, by columns: what history hands out and what it writes.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/sample.h"

namespace artery::history {

inline constexpr std::size_t vector_rows = 1024;

// A plain value. All columns are of one length, but `text`.
struct Samples {
  ValueType type = ValueType::f64;
  std::vector<Time> times;
  std::vector<std::uint64_t> words;  // f64: its bits; i64; bool: 0 or 1; text: where it ends in `text`
  std::vector<Quality> qualities;
  std::vector<Time> arrivals;            // when admission took it
  std::vector<std::uint32_t> revisions;  // which of its time's revisions it is, from 1 on
  std::string text;                      // one after the other

  [[nodiscard]] std::size_t size() const { return times.size(); }
  [[nodiscard]] bool empty() const { return times.empty(); }
  // Its text is valid as long as these samples are not changed.
  [[nodiscard]] ValueView value(std::size_t row) const;
  // `value` is of these samples' type.
  void push(Time time, const ValueView& value, Quality quality, Time arrival, std::uint32_t revision);
  void clear();
};

// The word that stands for a value other than text.
std::uint64_t word_of(const ValueView& value);
// `text` is what a text's value is; other types ignore it.
ValueView value_of_word(ValueType type, std::uint64_t word, std::string_view text);

}  // namespace artery::history
