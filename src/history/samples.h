// Samples of one signal, by columns: what history hands out and what it writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/value_word.h"

namespace artery::history {

inline constexpr std::size_t vector_rows = 1024;
inline constexpr std::size_t vector_text_bytes_max = 1U << 20;  // a vector of texts is ended when they reach it

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
  // Texts are valid as long as these samples are not changed.
  [[nodiscard]] std::string_view text_at(std::size_t row) const;
  [[nodiscard]] ValueView value(std::size_t row) const { return value_of_word(type, words[row], text_at(row)); }

  // Of a text `word` is ignored, of everything else `its_text`.
  void push(Time time, std::uint64_t word, std::string_view its_text, Quality quality, Time arrival,
            std::uint32_t revision);
  // Rows `from` to `to` (exclusive) of samples of the same type, each as this revision.
  void append(const Samples& other, std::size_t from, std::size_t to, std::uint32_t revision);
  // All rows of samples of the same type.
  void append(const Samples& other);
  void reserve(std::size_t rows);
  // Leaves the first `rows`.
  void truncate(std::size_t rows);
  void clear() { truncate(0); }
};

}  // namespace artery::history
