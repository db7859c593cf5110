// The packets that open, authenticate and end a session: CONNECT, CONNACK, DISCONNECT, AUTH.
#include <fmt/format.h>

#include <array>

#include "sources/mqtt/reader.h"

namespace artery::mqtt {
namespace {

// The bits of CONNECT's flags byte (section 3.1.2.3).
struct ConnectFlags {
  bool reserved;
  bool clean_start;
  bool will;
  std::uint8_t will_qos;
  bool will_retain;
  bool password;
  bool user_name;
};

ConnectFlags split(std::uint8_t flags) {
  return {.reserved = (flags & 0x01U) != 0,
          .clean_start = (flags & 0x02U) != 0,
          .will = (flags & 0x04U) != 0,
          .will_qos = static_cast<std::uint8_t>((flags >> 3U) & 3U),
          .will_retain = (flags & 0x20U) != 0,
          .password = (flags & 0x40U) != 0,
          .user_name = (flags & 0x80U) != 0};
}

void read_protocol(Reader& reader, Connect& into) {
  const std::string_view name = reader.text("protocol name");
  if (reader.failed()) return;
  if (name != "MQTT") {
    return reader.refuse(CodecError::unsupported_version, "the protocol name must be MQTT", "MQTT-3.1.2-1");
  }
  const std::uint8_t level = reader.u8("protocol version");
  if (reader.failed()) return;
  if (level != std::to_underlying(ProtocolVersion::v3_1_1) && level != std::to_underlying(ProtocolVersion::v5)) {
    return reader.refuse(CodecError::unsupported_version,
                         fmt::format("protocol version {}, this takes 4 (MQTT 3.1.1) and 5", level), "MQTT-3.1.2-2");
  }
  into.version = static_cast<ProtocolVersion>(level);
  reader.set_version(into.version);
}

void check(Reader& reader, const ConnectFlags& flags) {
  constexpr CodecError malformed = CodecError::malformed;
  reader.require(!flags.reserved, malformed, "the reserved flag must be 0", "MQTT-3.1.2-3");
  reader.require(flags.will || flags.will_qos == 0, malformed, "without a will its QoS must be 0",
                 {"MQTT-3.1.2-13", "MQTT-3.1.2-11"});
  reader.require(flags.will || !flags.will_retain, malformed, "without a will its retain flag must be 0",
                 {"MQTT-3.1.2-15", "MQTT-3.1.2-13"});
  reader.require(reader.v5() || flags.user_name || !flags.password, malformed,
                 "without a user name there must be no password", "MQTT-3.1.2-22");
}

void read_will(Reader& reader, const ConnectFlags& flags, Will& into) {
  into.qos = read_qos(reader, flags.will_qos, CodecError::malformed, {"MQTT-3.1.2-14", "MQTT-3.1.2-12"});
  into.retain = flags.will_retain;
  if (reader.v5()) read_properties(reader, only_will, into.properties);
  into.topic = reader.text("will topic");
  require_topic_name(reader, into.topic, "will topic", {"MQTT-4.7.1-1", "MQTT-4.7.0-1"});
  into.payload = reader.binary("will payload");
}

// By the return code of 3.1.1 (its table 3.1), the reason of version 5 that says the same.
constexpr std::array connack_reasons{
    ReasonCode::success,
    ReasonCode::unsupported_protocol_version,
    ReasonCode::client_identifier_not_valid,
    ReasonCode::server_unavailable,
    ReasonCode::bad_user_name_or_password,
    ReasonCode::not_authorized,
};

}  // namespace

void read(Reader& reader, Connect& into) {
  read_protocol(reader, into);
  const ConnectFlags flags = split(reader.u8("connect flags"));
  check(reader, flags);
  into.clean_start = flags.clean_start;
  into.keep_alive_s = reader.u16("keep alive");
  if (reader.v5()) read_properties(reader, only(PacketType::connect), into.properties);
  into.client_id = reader.text("client identifier");
  if (flags.will) read_will(reader, flags, into.will.emplace());
  if (flags.user_name) into.user_name = reader.text("user name");
  if (flags.password) into.password = reader.binary("password");
  reader.require(!into.properties.authentication_data || into.properties.authentication_method,
                 CodecError::protocol_error, "Authentication Data needs an Authentication Method",
                 "MQTT 5 section 3.1.2.11.10");
  reader.require(reader.v5() || into.clean_start || !into.client_id.empty(), CodecError::client_id_not_valid,
                 "an empty client identifier needs a clean session", {"MQTT-3.1.3-8", ""});
}

void read(Reader& reader, Connack& into) {
  const std::uint8_t flags = reader.u8("acknowledge flags");
  reader.require((flags & 0xFEU) == 0, CodecError::malformed, "the reserved acknowledge flags must be 0",
                 {"MQTT 3.1.1 section 3.2.2.1", "MQTT-3.2.2-1"});
  into.session_present = (flags & 1U) != 0;
  if (reader.v5()) {
    into.reason = read_reason(reader);
    read_properties(reader, only(PacketType::connack), into.properties);
  } else {
    const std::uint8_t code = reader.u8("return code");
    const bool known = reader.require(code < connack_reasons.size(), CodecError::malformed,
                                      "return codes above 5 are reserved", "MQTT 3.1.1 section 3.2.2.3");
    if (known) into.reason = connack_reasons[code];
  }
  reader.require(into.reason == ReasonCode::success || !into.session_present, CodecError::protocol_error,
                 "a refused connection has no session", {"MQTT-3.2.2-4", "MQTT-3.2.2-6"});
}

void read(Reader& reader, Disconnect& into) {
  if (!reader.v5() || reader.empty()) return;
  into.reason = read_reason(reader);
  if (!reader.empty()) read_properties(reader, only(PacketType::disconnect), into.properties);
}

void read(Reader& reader, Auth& into) {
  if (!reader.v5()) {
    return reader.refuse(CodecError::malformed, "packet type 15 is reserved in MQTT 3.1.1",
                         {"MQTT 3.1.1 section 2.2.1", ""});
  }
  if (reader.empty()) return;
  into.reason = read_reason(reader);
  read_properties(reader, only(PacketType::auth), into.properties);
  reader.require(into.properties.authentication_method.has_value(), CodecError::protocol_error,
                 "AUTH needs an Authentication Method", "MQTT 5 section 3.15.2.2.2");
}

}  // namespace artery::mqtt
