// What MQTT demands of every text: well-formed UTF-8, no surrogates, no U+0000.
#pragma once

#include <cstdint>
#include <string_view>

namespace artery::mqtt {

enum class TextFault : std::uint8_t { none, ill_formed, null_character };

// The first fault in `text` (Unicode table 3-7; MQTT-1.5.4-1 and -2).
TextFault text_fault(std::string_view text);

}  // namespace artery::mqtt
