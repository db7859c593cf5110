// Samples of one signal, by columns: what history hands out and what it writes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/value_word.h"

namespace artery::history {

inline constexpr std::size_t vector_rows = 1024;
inline constexpr std::size_t vector_text_bytes_max = 1U << 20;  // a vector of texts is ended when they reach it

enum class Column : std::uint8_t { times = 1, values = 2, qualities = 4, arrivals = 8, revisions = 16 };

// A set of columns.
class Columns {
 public:
  constexpr Columns(std::initializer_list<Column> columns) {
    for (const Column column : columns) bits_ |= static_cast<unsigned>(column);
  }
  static constexpr Columns all() {
    return {Column::times, Column::values, Column::qualities, Column::arrivals, Column::revisions};
  }
  // What was measured, without how it came and which of its time's revisions it is.
  static constexpr Columns measured() { return {Column::times, Column::values, Column::qualities}; }
  [[nodiscard]] constexpr bool has(Column column) const { return (bits_ & static_cast<unsigned>(column)) != 0; }
  [[nodiscard]] constexpr bool has(Columns others) const { return (bits_ & others.bits_) == others.bits_; }
  [[nodiscard]] constexpr Columns with(Columns others) const { return Columns(bits_ | others.bits_); }
  [[nodiscard]] constexpr Columns without(Columns others) const { return Columns(bits_ & ~others.bits_); }
  friend constexpr bool operator==(Columns, Columns) = default;

 private:
  explicit constexpr Columns(unsigned bits) : bits_(bits) {}
  unsigned bits_ = 0;
};

// A plain value. The columns that it has are of one length, but `text`; the others are empty.
struct Samples {
  ValueType type = ValueType::f64;
  Columns columns = Columns::all();  // those that it has
  std::vector<Time> times;
  std::vector<std::uint64_t> words;  // the values. f64: its bits; i64; bool: 0 or 1; text: where it ends in `text`
  std::vector<Quality> qualities;
  std::vector<Time> arrivals;            // when admission took it
  std::vector<std::uint32_t> revisions;  // which of its time's revisions it is, from 1 on
  std::string text;                      // one after the other; belongs to the values

  [[nodiscard]] std::size_t size() const {
    if (columns.has(Column::times)) return times.size();
    return std::max({words.size(), qualities.size(), arrivals.size(), revisions.size()});
  }
  [[nodiscard]] bool empty() const { return size() == 0; }
  // Texts are valid as long as these samples are not changed.
  [[nodiscard]] std::string_view text_at(std::size_t row) const;
  [[nodiscard]] ValueView value(std::size_t row) const { return value_of_word(type, words[row], text_at(row)); }

  // Of a text `word` is ignored, of everything else `its_text`. All columns must be there.
  void push(Time time, std::uint64_t word, std::string_view its_text, Quality quality, Time arrival,
            std::uint32_t revision);
  // The columns that are here of rows `from` to `to` (exclusive) of samples of the same type, which must have them;
  // each row as this revision.
  void append(const Samples& other, std::size_t from, std::size_t to, std::uint32_t revision);
  // The same of one row.
  void push(const Samples& other, std::size_t row, std::uint32_t revision);
  // All rows of samples of the same type, with their revisions.
  void append(const Samples& other);
  void reserve(std::size_t rows);
  // Leaves the rows `from` to `to` (exclusive).
  void keep(std::size_t from, std::size_t to);
  // Leaves these columns, which must be here.
  void keep(Columns wanted);
  // Leaves the first `rows`.
  void truncate(std::size_t rows) { keep(0, rows); }
  void clear() { truncate(0); }
  // The last row first.
  void reverse();
};

}  // namespace artery::history
