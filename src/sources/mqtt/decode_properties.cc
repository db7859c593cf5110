// The property section of MQTT 5 packets (section 2.2.2), after the table in properties.h.
#include <fmt/format.h>

#include "sources/mqtt/properties.h"
#include "sources/mqtt/reader.h"

namespace artery::mqtt {
namespace {

constexpr Clause properties_clause = "MQTT 5 section 2.2.2.2";

// One reader for each type that a property can have. The number says whether the value is within its range.
bool take_value(Reader& reader, std::string_view what, std::optional<bool>& into) {
  const std::uint8_t value = reader.u8(what);
  into = value == 1;
  return value <= 1;
}

bool take_value(Reader& reader, std::string_view what, std::optional<Qos>& into) {
  const std::uint8_t value = reader.u8(what);
  into = value == 0 ? Qos::at_most_once : Qos::at_least_once;
  return value <= 1;
}

bool take_value(Reader& reader, std::string_view what, std::optional<std::uint16_t>& into) {
  into = reader.u16(what);
  return true;
}

bool take_value(Reader& reader, std::string_view what, std::optional<std::uint32_t>& into) {
  into = reader.u32(what);
  return true;
}

bool take_value(Reader& reader, std::string_view what, std::optional<std::string_view>& into) {
  into = reader.text(what);
  return true;
}

bool take_value(Reader& reader, std::string_view what, std::optional<Binary>& into) {
  into = reader.binary(what);
  return true;
}

bool take_value(Reader& reader, std::string_view what, std::vector<std::uint32_t>& into) {
  into.push_back(reader.variable_integer(what));
  return true;
}

bool take_value(Reader& reader, std::string_view what, std::vector<UserProperty>& into) {
  const std::string_view name = reader.text(what);
  into.push_back({name, reader.text(what)});
  return true;
}

template <class T>
bool repeated(const std::optional<T>& field, PacketSet /*packet*/) {
  return field.has_value();
}
bool repeated(const std::vector<std::uint32_t>& field, PacketSet packet) {
  return !field.empty() && packet != only(PacketType::publish);
}
bool repeated(const std::vector<UserProperty>& /*field*/, PacketSet /*packet*/) { return false; }

template <class T>
bool zero(const T& field) {
  if constexpr (requires { *field == 0U; }) return *field == 0U;
  if constexpr (requires { field.back() == 0U; }) return field.back() == 0U;
  return false;
}

template <class Rule>
void read_property(Reader& reader, const Rule& rule, PacketSet packet, Properties& into) {
  auto& field = into.*rule.field;
  if ((rule.packets & packet) == 0) {
    return reader.refuse(CodecError::malformed, fmt::format("{} is not a property of this packet", rule.name),
                         properties_clause);
  }
  if (repeated(field, packet)) {
    return reader.refuse(CodecError::protocol_error, fmt::format("{} is given twice", rule.name), properties_clause);
  }
  const bool in_range = take_value(reader, rule.name, field);
  if (reader.failed()) return;
  if (!in_range) {
    return reader.refuse(CodecError::protocol_error, fmt::format("{} must be 0 or 1", rule.name), properties_clause);
  }
  if (rule.range == Range::not_zero && zero(field)) {
    reader.refuse(CodecError::protocol_error, fmt::format("{} must not be 0", rule.name), properties_clause);
  }
}

}  // namespace

void read_properties(Reader& reader, PacketSet packet, Properties& into) {
  const std::uint32_t length = reader.variable_integer("property length");
  if (length > reader.remaining()) {
    return reader.refuse(CodecError::malformed, fmt::format("property length {} goes beyond the packet", length),
                         "MQTT 5 section 2.2.2.1");
  }
  const std::size_t after = reader.remaining() - length;
  while (!reader.failed() && reader.remaining() > after) {
    const std::uint32_t id = reader.variable_integer("property identifier");
    if (reader.failed()) return;
    const bool known = with_property(id, [&](const auto& rule) { read_property(reader, rule, packet, into); });
    if (!known) {
      return reader.refuse(CodecError::malformed, fmt::format("there is no property 0x{:02X}", id), properties_clause);
    }
  }
  if (reader.failed()) return;
  reader.require(reader.remaining() == after, CodecError::malformed,
                 "the last property goes beyond the property length", "MQTT 5 section 2.2.2.1");
  if (into.response_topic) {
    require_topic_name(reader, *into.response_topic, "response topic", "MQTT-3.3.2-14");
  }
}

}  // namespace artery::mqtt
