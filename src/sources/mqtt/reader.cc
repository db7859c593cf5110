#include "sources/mqtt/reader.h"

#include <fmt/format.h>

#include <bit>

#include "base/utf8.h"
#include "model/topic_filter.h"
#include "sources/mqtt/variable_integer.h"

namespace artery::mqtt {

bool Reader::take(std::size_t count, std::string_view what, Bytes& into) {
  if (rest_.size() < count) [[unlikely]] {
    if (!failed()) {
      refuse(CodecError::malformed, fmt::format("{} is cut off by the end of the packet", what),
             {"MQTT 3.1.1 section 2.2.3", "MQTT 5 section 4.13.1"});
    }
    return false;
  }
  into = rest_.first(count);
  rest_ = rest_.subspan(count);
  return true;
}

std::uint8_t Reader::u8(std::string_view what) {
  Bytes bytes;
  return take(1, what, bytes) ? load<std::uint8_t>(bytes.data()) : std::uint8_t{0};
}

std::uint16_t Reader::u16(std::string_view what) {
  Bytes bytes;
  return take(2, what, bytes) ? __builtin_bswap16(load<std::uint16_t>(bytes.data())) : std::uint16_t{0};
}

std::uint32_t Reader::u32(std::string_view what) {
  Bytes bytes;
  return take(4, what, bytes) ? __builtin_bswap32(load<std::uint32_t>(bytes.data())) : 0U;
}

std::uint32_t Reader::variable_integer(std::string_view what) {
  const VariableInteger number = parse_variable_integer(rest_);
  Bytes bytes;
  if (number.state == VariableInteger::State::incomplete) return take(rest_.size() + 1, what, bytes), 0U;
  if (number.state == VariableInteger::State::malformed || number.size != variable_integer_size(number.value)) {
    refuse(CodecError::malformed, fmt::format("{} is not a variable byte integer in its shortest form", what),
           "MQTT-1.5.5-1");
    return 0;
  }
  take(number.size, what, bytes);
  return number.value;
}

std::string_view Reader::text(std::string_view what) {
  Bytes bytes;
  if (!take(u16(what), what, bytes)) return {};
  const std::string_view text = as_text(bytes);
  if (!is_utf8(text)) {
    refuse(CodecError::malformed, fmt::format("{} is not well-formed UTF-8", what), {"MQTT-1.5.3-1", "MQTT-1.5.4-1"});
    return {};
  }
  if (text.contains('\0')) {
    refuse(CodecError::malformed, fmt::format("{} holds U+0000", what), {"MQTT-1.5.3-2", "MQTT-1.5.4-2"});
    return {};
  }
  return text;
}

Binary Reader::binary(std::string_view what) {
  Bytes bytes;
  take(u16(what), what, bytes);
  return bytes;
}

Binary Reader::rest() {
  const Bytes bytes = rest_;
  rest_ = {};
  return bytes;
}

void Reader::refuse(CodecError code, std::string_view what_is_wrong, const Clause& clause) {
  if (failed()) return;  // what follows the first fault says nothing of its own
  error_.emplace(code, fmt::format("{}, before byte {} of {}: {} [{}]", packet_name(type_), size_ - rest_.size(), size_,
                                   what_is_wrong, v5() ? clause.v5 : clause.v3_1_1));
  rest_ = {};
}

std::optional<Error> Reader::finish() {
  if (!rest_.empty()) {
    refuse(CodecError::malformed, fmt::format("{} bytes follow the end of what the packet says", rest_.size()),
           {"MQTT 3.1.1 section 2.2.3", "MQTT 5 section 4.13.1"});
  }
  return std::move(error_);
}

void require_topic_name(Reader& reader, std::string_view topic, std::string_view what, const Clause& clause) {
  if (reader.failed() || valid_topic_name(topic)) return;
  if (topic.empty()) {
    reader.refuse(CodecError::malformed, fmt::format("{} is empty, it must have at least one character", what),
                  "MQTT-4.7.3-1");
  } else {
    reader.refuse(CodecError::malformed, fmt::format("{} holds + or #, which belong in filters only", what), clause);
  }
}

Qos read_qos(Reader& reader, unsigned bits, CodecError code, const Clause& clause) {
  if (bits <= 2) return static_cast<Qos>(bits);
  reader.refuse(code, "QoS 3 does not exist", clause);
  return Qos::at_most_once;
}

ReasonCode read_reason(Reader& reader) {
  const auto reason = static_cast<ReasonCode>(reader.u8("reason code"));
  if (!reader.failed() && !reason_allowed(reason, reader.type())) {
    reader.refuse(CodecError::malformed,
                  fmt::format("reason code 0x{:02X} ({}) is none of this packet's", std::to_underlying(reason),
                              reason_name(reason)),
                  "MQTT 5 section 2.4");
  }
  return reason;
}

}  // namespace artery::mqtt
