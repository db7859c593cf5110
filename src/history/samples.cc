#include "history/samples.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace artery::history {

std::string_view Samples::text_at(std::size_t row) const {
  if (type != ValueType::text) return {};
  const std::uint64_t start = row == 0 ? 0 : words[row - 1];
  return std::string_view(text).substr(start, words[row] - start);
}

void Samples::push(Time time, std::uint64_t word, std::string_view its_text, Quality quality, Time arrival,
                   std::uint32_t revision) {
  ARTERY_ASSERT(columns == Columns::all());
  times.push_back(time);
  if (type == ValueType::text) text += its_text;
  words.push_back(type == ValueType::text ? text.size() : word);
  qualities.push_back(quality);
  arrivals.push_back(arrival);
  revisions.push_back(revision);
}

void Samples::push(const Samples& other, std::size_t row, std::uint32_t revision) {
  if (columns.has(Column::times)) times.push_back(other.times[row]);
  if (columns.has(Column::qualities)) qualities.push_back(other.qualities[row]);
  if (columns.has(Column::arrivals)) arrivals.push_back(other.arrivals[row]);
  if (columns.has(Column::revisions)) revisions.push_back(revision);
  if (!columns.has(Column::values)) return;
  if (type == ValueType::text) text += other.text_at(row);
  words.push_back(type == ValueType::text ? text.size() : other.words[row]);
}

void Samples::append(const Samples& other, std::size_t from, std::size_t to, std::uint32_t revision) {
  ARTERY_ASSERT(type == other.type && from <= to && to <= other.size());
  const auto take = [&](Column which, auto& column, const auto& its) {
    if (!columns.has(which)) return;
    const auto begin = its.begin();
    column.insert(column.end(), begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to));
  };
  take(Column::times, times, other.times);
  take(Column::qualities, qualities, other.qualities);
  take(Column::arrivals, arrivals, other.arrivals);
  if (columns.has(Column::revisions)) revisions.resize(revisions.size() + (to - from), revision);
  if (type != ValueType::text) return take(Column::values, words, other.words);
  if (!columns.has(Column::values)) return;
  for (std::size_t row = from; row < to; ++row) {
    text += other.text_at(row);
    words.push_back(text.size());
  }
}

void Samples::append(const Samples& other) {
  const auto before = static_cast<std::ptrdiff_t>(size());
  append(other, 0, other.size(), 1);
  if (columns.has(Column::revisions)) std::ranges::copy(other.revisions, revisions.begin() + before);
}

void Samples::reserve(std::size_t rows) {
  if (columns.has(Column::times)) times.reserve(rows);
  if (columns.has(Column::values)) words.reserve(rows);
  if (columns.has(Column::qualities)) qualities.reserve(rows);
  if (columns.has(Column::arrivals)) arrivals.reserve(rows);
  if (columns.has(Column::revisions)) revisions.reserve(rows);
}

void Samples::keep(std::size_t from, std::size_t to) {
  ARTERY_ASSERT(from <= to && to <= size());
  if (type == ValueType::text && !words.empty()) {
    const std::uint64_t cut = from == 0 ? 0 : words[from - 1];
    text.resize(to == 0 ? 0 : words[to - 1]);
    text.erase(0, cut);
    for (std::size_t row = from; row < to; ++row) words[row] -= cut;
  }
  const auto leave = [&](auto& column) {
    if (column.empty()) return;
    column.erase(column.begin() + static_cast<std::ptrdiff_t>(to), column.end());
    column.erase(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(from));
  };
  leave(times);
  leave(words);
  leave(qualities);
  leave(arrivals);
  leave(revisions);
}

void Samples::keep(Columns wanted) {
  ARTERY_ASSERT(columns.has(wanted));
  columns = wanted;
  if (!wanted.has(Column::times)) times.clear();
  if (!wanted.has(Column::qualities)) qualities.clear();
  if (!wanted.has(Column::arrivals)) arrivals.clear();
  if (!wanted.has(Column::revisions)) revisions.clear();
  if (wanted.has(Column::values)) return;
  words.clear();
  text.clear();
}

void Samples::reverse() {
  if (type == ValueType::text && !words.empty()) {
    std::string backward;
    std::vector<std::uint64_t> ends;
    backward.reserve(text.size());
    ends.reserve(words.size());
    for (std::size_t row = words.size(); row-- > 0;) {
      backward += text_at(row);
      ends.push_back(backward.size());
    }
    text = std::move(backward);
    words = std::move(ends);
  } else {
    std::ranges::reverse(words);
  }
  std::ranges::reverse(times);
  std::ranges::reverse(qualities);
  std::ranges::reverse(arrivals);
  std::ranges::reverse(revisions);
}

}  // namespace artery::history
