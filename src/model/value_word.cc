#include "model/value_word.h"

#include <bit>

namespace artery {

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

}  // namespace artery
