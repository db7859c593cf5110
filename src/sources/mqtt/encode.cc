// Every packet is written by one function template `body`, run twice: over a Counter, which gives the remaining length,
// then over a Cursor into a buffer of exactly that size. So length and content cannot disagree.
#include <array>
#include <cstring>

#include "base/assert.h"
#include "sources/mqtt/codec.h"
#include "sources/mqtt/properties.h"
#include "sources/mqtt/variable_integer.h"

namespace artery::mqtt {
namespace {

constexpr std::size_t text_bytes_max = 65'535;

class Counter {
 public:
  void u8(std::uint8_t /*value*/) { size_ += 1; }
  void u16(std::uint16_t /*value*/) { size_ += 2; }
  void u32(std::uint32_t /*value*/) { size_ += 4; }
  void variable_integer(std::uint32_t value) { size_ += variable_integer_size(value); }
  void bytes(Bytes bytes) { size_ += bytes.size(); }
  [[nodiscard]] std::uint32_t size() const {
    ARTERY_ASSERT(size_ <= variable_integer_max);
    return static_cast<std::uint32_t>(size_);
  }

 private:
  std::size_t size_ = 0;
};

class Cursor {
 public:
  explicit Cursor(std::byte* at) : at_(at) {}
  void u8(std::uint8_t value) { *at_++ = std::byte{value}; }
  void u16(std::uint16_t value) { put(__builtin_bswap16(value)); }
  void u32(std::uint32_t value) { put(__builtin_bswap32(value)); }
  void variable_integer(std::uint32_t value) {
    for (; value >= 0x80U; value >>= 7U) u8(static_cast<std::uint8_t>(value | 0x80U));
    u8(static_cast<std::uint8_t>(value));
  }
  void bytes(Bytes bytes) {
    if (bytes.empty()) return;
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  [[nodiscard]] const std::byte* at() const { return at_; }

 private:
  template <class T>
  void put(T value) {
    store(at_, value);
    at_ += sizeof value;
  }
  std::byte* at_;
};

template <class Sink>
void binary(Sink& to, Bytes value) {
  ARTERY_ASSERT(value.size() <= text_bytes_max);
  to.u16(static_cast<std::uint16_t>(value.size()));
  to.bytes(value);
}
template <class Sink>
void text(Sink& to, std::string_view value) {
  binary(to, as_bytes(value));
}

template <class Sink>
void value(Sink& to, bool flag) {
  to.u8(flag ? 1 : 0);
}
template <class Sink>
void value(Sink& to, Qos qos) {
  to.u8(std::to_underlying(qos));
}
template <class Sink>
void value(Sink& to, std::uint16_t number) {
  to.u16(number);
}
template <class Sink>
void value(Sink& to, std::uint32_t number) {
  to.u32(number);
}
template <class Sink>
void value(Sink& to, std::string_view characters) {
  text(to, characters);
}
template <class Sink>
void value(Sink& to, Binary data) {
  binary(to, data);
}

template <class T>
bool present(const std::optional<T>& field) {
  return field.has_value();
}
template <class T>
bool present(const std::vector<T>& field) {
  return !field.empty();
}

template <class Sink, class T>
void property(Sink& to, std::uint8_t id, const std::optional<T>& field) {
  to.u8(id);
  value(to, *field);
}
template <class Sink>
void property(Sink& to, std::uint8_t id, const std::vector<std::uint32_t>& field) {
  for (const std::uint32_t number : field) {
    to.u8(id);
    to.variable_integer(number);
  }
}
template <class Sink>
void property(Sink& to, std::uint8_t id, const std::vector<UserProperty>& field) {
  for (const UserProperty& pair : field) {
    to.u8(id);
    text(to, pair.name);
    text(to, pair.value);
  }
}

template <class Sink>
void all_properties(Sink& to, const Properties& properties, PacketSet packet) {
  for_each_property([&](const auto& rule) {
    const auto& field = properties.*rule.field;
    if (!present(field)) return;
    ARTERY_ASSERT((rule.packets & packet) != 0);
    property(to, rule.id, field);
  });
}

std::uint32_t properties_size(const Properties& properties, PacketSet packet) {
  Counter counter;
  all_properties(counter, properties, packet);
  return counter.size();
}

template <class Sink>
void properties_section(Sink& to, const Properties& properties, PacketSet packet) {
  const std::uint32_t size = properties_size(properties, packet);
  to.variable_integer(size);
  if (size != 0) all_properties(to, properties, packet);
}

// The return code of 3.1.1 that comes nearest (its table 3.1).
std::uint8_t connack_code(ReasonCode reason) {
  if (!is_failure(reason)) return 0;
  if (reason == ReasonCode::unsupported_protocol_version) return 1;
  if (reason == ReasonCode::client_identifier_not_valid) return 2;
  if (reason == ReasonCode::bad_user_name_or_password) return 4;
  const bool refused = reason == ReasonCode::not_authorized || reason == ReasonCode::banned ||
                       reason == ReasonCode::bad_authentication_method;
  return refused ? 5 : 3;
}

template <class Sink>
void body(Sink& to, const Connect& packet, ProtocolVersion /*version*/) {
  const bool v5 = packet.version == ProtocolVersion::v5;
  unsigned flags = packet.clean_start ? 0x02U : 0U;
  if (packet.will) {
    flags |= 0x04U | static_cast<unsigned>(std::to_underlying(packet.will->qos)) << 3U;
    if (packet.will->retain) flags |= 0x20U;
  }
  if (packet.password) flags |= 0x40U;
  if (packet.user_name) flags |= 0x80U;
  text(to, "MQTT");
  to.u8(std::to_underlying(packet.version));
  to.u8(static_cast<std::uint8_t>(flags));
  to.u16(packet.keep_alive_s);
  if (v5) properties_section(to, packet.properties, only(PacketType::connect));
  text(to, packet.client_id);
  if (packet.will) {
    if (v5) properties_section(to, packet.will->properties, only_will);
    text(to, packet.will->topic);
    binary(to, packet.will->payload);
  }
  if (packet.user_name) text(to, *packet.user_name);
  if (packet.password) binary(to, *packet.password);
}

template <class Sink>
void body(Sink& to, const Connack& packet, ProtocolVersion version) {
  to.u8(packet.session_present ? 1 : 0);
  if (version == ProtocolVersion::v3_1_1) return to.u8(connack_code(packet.reason));
  to.u8(std::to_underlying(packet.reason));
  properties_section(to, packet.properties, only(PacketType::connack));
}

template <class Sink>
void body(Sink& to, const Publish& packet, ProtocolVersion version) {
  text(to, packet.topic);
  if (packet.qos != Qos::at_most_once) to.u16(packet.packet_id);
  if (version == ProtocolVersion::v5) properties_section(to, packet.properties, only(PacketType::publish));
  to.bytes(packet.payload);
}

template <class Sink, PacketType type>
void body(Sink& to, const PublishAck<type>& packet, ProtocolVersion version) {
  to.u16(packet.packet_id);
  if (version == ProtocolVersion::v3_1_1) return;
  const bool has_properties = properties_size(packet.properties, only(type)) != 0;
  if (packet.reason == ReasonCode::success && !has_properties) return;
  to.u8(std::to_underlying(packet.reason));
  if (has_properties) properties_section(to, packet.properties, only(type));
}

template <class Sink>
void body(Sink& to, const Subscribe& packet, ProtocolVersion version) {
  const bool v5 = version == ProtocolVersion::v5;
  to.u16(packet.packet_id);
  if (v5) properties_section(to, packet.properties, only(PacketType::subscribe));
  for (const Subscription& subscription : packet.subscriptions) {
    unsigned options = std::to_underlying(subscription.qos);
    if (v5) {
      options |= subscription.no_local ? 0x04U : 0U;
      options |= subscription.retain_as_published ? 0x08U : 0U;
      options |= static_cast<unsigned>(std::to_underlying(subscription.retain_handling)) << 4U;
    }
    text(to, subscription.filter);
    to.u8(static_cast<std::uint8_t>(options));
  }
}

template <class Sink>
void body(Sink& to, const Suback& packet, ProtocolVersion version) {
  const bool v5 = version == ProtocolVersion::v5;
  to.u16(packet.packet_id);
  if (v5) properties_section(to, packet.properties, only(PacketType::suback));
  for (const ReasonCode reason : packet.reasons) {
    const ReasonCode written = v5 || !is_failure(reason) ? reason : ReasonCode::unspecified_error;
    to.u8(std::to_underlying(written));
  }
}

template <class Sink>
void body(Sink& to, const Unsubscribe& packet, ProtocolVersion version) {
  to.u16(packet.packet_id);
  if (version == ProtocolVersion::v5) properties_section(to, packet.properties, only(PacketType::unsubscribe));
  for (const std::string_view filter : packet.filters) text(to, filter);
}

template <class Sink>
void body(Sink& to, const Unsuback& packet, ProtocolVersion version) {
  to.u16(packet.packet_id);
  if (version == ProtocolVersion::v3_1_1) return;
  properties_section(to, packet.properties, only(PacketType::unsuback));
  for (const ReasonCode reason : packet.reasons) to.u8(std::to_underlying(reason));
}

template <class Sink>
void body(Sink& /*to*/, const Pingreq& /*packet*/, ProtocolVersion /*version*/) {}
template <class Sink>
void body(Sink& /*to*/, const Pingresp& /*packet*/, ProtocolVersion /*version*/) {}

template <class Sink>
void body(Sink& to, const Disconnect& packet, ProtocolVersion version) {
  if (version == ProtocolVersion::v3_1_1) return;
  const bool has_properties = properties_size(packet.properties, only(PacketType::disconnect)) != 0;
  if (packet.reason == ReasonCode::normal_disconnection && !has_properties) return;
  to.u8(std::to_underlying(packet.reason));
  if (has_properties) properties_section(to, packet.properties, only(PacketType::disconnect));
}

template <class Sink>
void body(Sink& to, const Auth& packet, ProtocolVersion version) {
  ARTERY_ASSERT(version == ProtocolVersion::v5);
  const bool has_properties = properties_size(packet.properties, only(PacketType::auth)) != 0;
  if (packet.reason == ReasonCode::success && !has_properties) return;
  to.u8(std::to_underlying(packet.reason));
  properties_section(to, packet.properties, only(PacketType::auth));
}

template <ControlPacket P>
std::uint8_t flags(const P& packet) {
  if constexpr (P::type == PacketType::publish) {
    ARTERY_ASSERT((packet.qos == Qos::at_most_once) == (packet.packet_id == 0));
    const unsigned qos = std::to_underlying(packet.qos);
    return static_cast<std::uint8_t>((packet.dup ? 8U : 0U) | qos << 1U | (packet.retain ? 1U : 0U));
  }
  const bool second_bit =
      P::type == PacketType::pubrel || P::type == PacketType::subscribe || P::type == PacketType::unsubscribe;
  return second_bit ? 2 : 0;
}

template <ControlPacket P>
std::uint32_t body_size(const P& packet, ProtocolVersion version) {
  Counter counter;
  body(counter, packet, version);
  return counter.size();
}

}  // namespace

template <ControlPacket P>
std::size_t encoded_size(const P& packet, ProtocolVersion version) {
  const std::uint32_t size = body_size(packet, version);
  return 1 + variable_integer_size(size) + size;
}

template <ControlPacket P>
void encode(const P& packet, ProtocolVersion version, Buffer& out) {
  const std::uint32_t size = body_size(packet, version);
  const std::size_t start = out.size();
  out.resize(start + 1 + variable_integer_size(size) + size);
  Cursor to(out.data() + start);
  to.u8(static_cast<std::uint8_t>(static_cast<unsigned>(std::to_underlying(P::type)) << 4U | flags(packet)));
  to.variable_integer(size);
  body(to, packet, version);
  ARTERY_ASSERT(to.at() == out.data() + out.size());
}

void encode_properties(const Properties& properties, PacketType packet, Buffer& out) {
  const std::size_t start = out.size();
  out.resize(start + properties_size(properties, only(packet)));
  Cursor to(out.data() + start);
  all_properties(to, properties, only(packet));
}

void encode(const Packet& packet, ProtocolVersion version, Buffer& out) {
  std::visit([&](const auto& any) { encode(any, version, out); }, packet);
}

// The header declares the templates for all packets; here are the fifteen.
#define ARTERY_MQTT_ENCODE(P)                               \
  template void encode(const P&, ProtocolVersion, Buffer&); \
  template std::size_t encoded_size(const P&, ProtocolVersion)
ARTERY_MQTT_ENCODE(Connect);
ARTERY_MQTT_ENCODE(Connack);
ARTERY_MQTT_ENCODE(Publish);
ARTERY_MQTT_ENCODE(Puback);
ARTERY_MQTT_ENCODE(Pubrec);
ARTERY_MQTT_ENCODE(Pubrel);
ARTERY_MQTT_ENCODE(Pubcomp);
ARTERY_MQTT_ENCODE(Subscribe);
ARTERY_MQTT_ENCODE(Suback);
ARTERY_MQTT_ENCODE(Unsubscribe);
ARTERY_MQTT_ENCODE(Unsuback);
ARTERY_MQTT_ENCODE(Pingreq);
ARTERY_MQTT_ENCODE(Pingresp);
ARTERY_MQTT_ENCODE(Disconnect);
ARTERY_MQTT_ENCODE(Auth);
#undef ARTERY_MQTT_ENCODE

}  // namespace artery::mqtt
