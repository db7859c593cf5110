#include "history/samples.h"

#include <algorithm>

#include "base/assert.h"

namespace artery::history {

std::string_view Samples::text_at(std::size_t row) const {
  if (type != ValueType::text) return {};
  const std::uint64_t start = row == 0 ? 0 : words[row - 1];
  return std::string_view(text).substr(start, words[row] - start);
}

void Samples::push(Time time, std::uint64_t word, std::string_view its_text, Quality quality, Time arrival,
                   std::uint32_t revision) {
  times.push_back(time);
  if (type == ValueType::text) text += its_text;
  words.push_back(type == ValueType::text ? text.size() : word);
  qualities.push_back(quality);
  arrivals.push_back(arrival);
  revisions.push_back(revision);
}

void Samples::append(const Samples& other, std::size_t from, std::size_t to, std::uint32_t revision) {
  ARTERY_ASSERT(type == other.type && from <= to && to <= other.size());
  const auto take = [from, to](auto& column, const auto& its) {
    const auto begin = its.begin();
    column.insert(column.end(), begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to));
  };
  take(times, other.times);
  take(qualities, other.qualities);
  take(arrivals, other.arrivals);
  revisions.resize(revisions.size() + (to - from), revision);
  if (type != ValueType::text) return take(words, other.words);
  for (std::size_t row = from; row < to; ++row) {
    text += other.text_at(row);
    words.push_back(text.size());
  }
}

void Samples::append(const Samples& other) {
  const auto before = static_cast<std::ptrdiff_t>(size());
  append(other, 0, other.size(), 1);
  std::ranges::copy(other.revisions, revisions.begin() + before);
}

void Samples::reserve(std::size_t rows) {
  times.reserve(rows);
  words.reserve(rows);
  qualities.reserve(rows);
  arrivals.reserve(rows);
  revisions.reserve(rows);
}

void Samples::truncate(std::size_t rows) {
  if (type == ValueType::text) text.resize(rows == 0 ? 0 : words[rows - 1]);
  times.resize(rows);
  words.resize(rows);
  qualities.resize(rows);
  arrivals.resize(rows);
  revisions.resize(rows);
}

}  // namespace artery::history
