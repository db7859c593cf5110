#include "history/samples.h"

#include "base/assert.h"

namespace artery::history {

std::uint64_t word_of(const ValueView& value) {
  switch (type_of(value)) {
    case ValueType::f64:
      return std::bit_cast<std::uint64_t>(std::get<double>(value));
    case ValueType::i64:
      return std::bit_cast<std::uint64_t>(std::get<std::int64_t>(value));
    case ValueType::boolean:
      return std::get<bool>(value) ? 1 : 0;
    case ValueType::text:
      break;
  }
  return 0;
}

ValueView value_of_word(ValueType type, std::uint64_t word, std::string_view text) {
  switch (type) {
    case ValueType::f64:
      return std::bit_cast<double>(word);
    case ValueType::i64:
      return std::bit_cast<std::int64_t>(word);
    case ValueType::boolean:
      return word != 0;
    case ValueType::text:
      break;
  }
  return text;
}

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
