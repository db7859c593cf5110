// The variable byte integer: seven bits a byte, least significant first, the high bit says that more follow, four bytes
// at most (MQTT 3.1.1 section 2.2.3, MQTT 5 section 1.5.5). Internal to the codec.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace artery::mqtt {

struct VariableInteger {
  enum class State : std::uint8_t { complete, incomplete, malformed };
  State state = State::incomplete;
  std::uint32_t value = 0;
  std::size_t size = 0;  // in bytes as found, which may be more than it needs
};

constexpr std::size_t variable_integer_size(std::uint32_t value) {
  return value < (1U << 7) ? 1 : value < (1U << 14) ? 2 : value < (1U << 21) ? 3 : 4;
}

inline VariableInteger parse_variable_integer(Bytes input) {
  VariableInteger number;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i == input.size()) return number;
    const auto byte = std::to_integer<std::uint32_t>(input[i]);
    number.value |= (byte & 0x7FU) << (7 * i);
    if ((byte & 0x80U) == 0) {
      number.size = i + 1;
      number.state = VariableInteger::State::complete;
      return number;
    }
  }
  number.state = VariableInteger::State::malformed;
  return number;
}

}  // namespace artery::mqtt
