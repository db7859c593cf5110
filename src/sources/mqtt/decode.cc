#include <fmt/format.h>

#include "model/topic_filter.h"
#include "sources/mqtt/reader.h"
#include "sources/mqtt/topic.h"
#include "sources/mqtt/variable_integer.h"

namespace artery::mqtt {
namespace {

constexpr CodecError malformed = CodecError::malformed;
constexpr CodecError protocol_error = CodecError::protocol_error;

std::uint16_t read_packet_id(Reader& reader) {
  const std::uint16_t id = reader.u16("packet identifier");
  reader.require(id != 0, protocol_error, "the packet identifier must not be 0", {"MQTT-2.3.1-1", "MQTT-2.2.1-3"});
  return id;
}

void read(Reader& reader, Publish& into) {
  into.dup = (reader.flags() & 8U) != 0;
  into.qos = read_qos(reader, (reader.flags() >> 1U) & 3U, malformed, "MQTT-3.3.1-4");
  into.retain = (reader.flags() & 1U) != 0;
  const bool acknowledged = into.qos != Qos::at_most_once;
  reader.require(acknowledged || !into.dup, malformed, "DUP must be 0 for QoS 0", "MQTT-3.3.1-2");
  into.topic = reader.text("topic name");
  if (acknowledged) into.packet_id = read_packet_id(reader);
  if (reader.v5()) read_properties(reader, only(PacketType::publish), into.properties);
  if (reader.v5() && into.topic.empty()) {
    reader.require(into.properties.topic_alias.has_value(), protocol_error, "an empty topic name needs a topic alias",
                   "MQTT 5 section 3.3.2.1");
  } else {
    require_topic_name(reader, into.topic, "topic name", "MQTT-3.3.2-2");
  }
  into.payload = reader.rest();
}

template <PacketType type>
void read(Reader& reader, PublishAck<type>& into) {
  into.packet_id = read_packet_id(reader);
  if (!reader.v5() || reader.empty()) return;
  into.reason = read_reason(reader);
  if (!reader.empty()) read_properties(reader, only(type), into.properties);
}

// A filter as it is in the packet; `$share/name/` stays before it.
std::string_view read_filter(Reader& reader) {
  const std::string_view text = reader.text("topic filter");
  if (reader.failed()) return text;
  if (text.empty()) {
    reader.refuse(malformed, "a topic filter must have at least one character", "MQTT-4.7.3-1");
  } else if (reader.v5() && !split_filter(text)) {
    reader.refuse(malformed, "a shared subscription is $share/name/filter, its name without + and #",
                  {"", "MQTT-4.8.2-1, MQTT-4.8.2-2"});
  } else if (!valid_topic_filter(reader.v5() ? split_filter(text)->filter : text)) {
    reader.refuse(malformed, "in a topic filter + stands alone in a level and # alone in the last",
                  {"MQTT-4.7.1-2, MQTT-4.7.1-3", "MQTT-4.7.1-1, MQTT-4.7.1-2"});
  }
  return text;
}

Subscription read_subscription(Reader& reader) {
  Subscription into;
  into.filter = read_filter(reader);
  const unsigned options = reader.u8("subscription options");
  if (reader.failed()) return into;
  const unsigned reserved = reader.v5() ? 0xC0U : 0xFCU;
  const unsigned retain_handling = (options >> 4U) & 3U;
  reader.require((options & reserved) == 0, malformed, "the reserved subscription options must be 0",
                 {"MQTT-3.8.3-4", "MQTT-3.8.3-5"});
  into.qos = read_qos(reader, options & 3U, reader.v5() ? protocol_error : malformed,
                      {"MQTT-3.8.3-4", "MQTT 5 section 3.8.3.1"});
  into.no_local = (options & 4U) != 0;
  into.retain_as_published = (options & 8U) != 0;
  if (retain_handling > 2) {
    reader.refuse(protocol_error, "retain handling 3 does not exist", "MQTT 5 section 3.8.3.1");
  } else {
    into.retain_handling = static_cast<RetainHandling>(retain_handling);
  }
  reader.require(!into.no_local || !into.filter.starts_with("$share/"), protocol_error,
                 "No Local must be 0 for a shared subscription", "MQTT-3.8.3-4");
  return into;
}

void read(Reader& reader, Subscribe& into) {
  into.packet_id = read_packet_id(reader);
  if (reader.v5()) read_properties(reader, only(PacketType::subscribe), into.properties);
  reader.require(!reader.empty(), protocol_error, "there must be at least one subscription",
                 {"MQTT-3.8.3-3", "MQTT-3.8.3-2"});
  while (!reader.empty()) into.subscriptions.push_back(read_subscription(reader));
}

void read(Reader& reader, Suback& into) {
  into.packet_id = read_packet_id(reader);
  if (reader.v5()) read_properties(reader, only(PacketType::suback), into.properties);
  reader.require(!reader.empty(), malformed, "there must be a reason code for each subscription",
                 {"MQTT-3.8.4-5", "MQTT-3.8.4-6"});
  while (!reader.empty()) {
    const ReasonCode reason = read_reason(reader);
    into.reasons.push_back(reason);
    const bool in_v3_1_1 = !is_failure(reason) || reason == ReasonCode::unspecified_error;
    reader.require(reader.v5() || in_v3_1_1, malformed, "the return code must be 0, 1, 2 or 0x80", "MQTT-3.9.3-2");
  }
}

void read(Reader& reader, Unsubscribe& into) {
  into.packet_id = read_packet_id(reader);
  if (reader.v5()) read_properties(reader, only(PacketType::unsubscribe), into.properties);
  reader.require(!reader.empty(), protocol_error, "there must be at least one topic filter", "MQTT-3.10.3-2");
  while (!reader.empty()) into.filters.push_back(read_filter(reader));
}

void read(Reader& reader, Unsuback& into) {
  into.packet_id = read_packet_id(reader);
  if (!reader.v5()) return;
  read_properties(reader, only(PacketType::unsuback), into.properties);
  reader.require(!reader.empty(), malformed, "there must be a reason code for each topic filter",
                 "MQTT 5 section 3.11.3");
  while (!reader.empty()) into.reasons.push_back(read_reason(reader));
}

void read(Reader& /*reader*/, Pingreq& /*into*/) {}
void read(Reader& /*reader*/, Pingresp& /*into*/) {}

// The packet is made where it will be returned: it is large, and moving it would cost more than reading it.
template <class P>
Result<Packet> decode_as(const FrameView& frame, ProtocolVersion version) {
  Result<Packet> packet(std::in_place, std::in_place_type<P>);
  Reader reader(frame, version);
  read(reader, std::get<P>(*packet));
  // A CONNECT tells its version on the way, so this is asked afterwards. 3.1.1 does not demand the shortest form.
  const std::size_t shortest = 1 + variable_integer_size(static_cast<std::uint32_t>(frame.body.size()));
  reader.require(!reader.v5() || frame.size - frame.body.size() == shortest, malformed,
                 "the remaining length is not in its shortest form", "MQTT-1.5.5-1");
  if (auto error = reader.finish()) packet = std::unexpected(*std::move(error));
  return packet;
}

unsigned fixed_flags(PacketType type) {
  const bool second_bit =
      type == PacketType::pubrel || type == PacketType::subscribe || type == PacketType::unsubscribe;
  return second_bit ? 2 : 0;
}

}  // namespace

Result<std::optional<FrameView>> next_frame(Bytes input, std::size_t packet_bytes_max) {
  if (input.empty()) return std::nullopt;
  const auto first = std::to_integer<unsigned>(input[0]);
  const auto type = static_cast<PacketType>(first >> 4U);
  const unsigned flags = first & 0x0FU;
  if (first >> 4U == 0) return Error(malformed, "packet type 0 is reserved [MQTT section 2.1.2]");
  if (type != PacketType::publish && flags != fixed_flags(type)) {
    return Error(malformed, fmt::format("{}: the flags of the first byte are {}, they must be {} [MQTT-2.1.3-1; 3.1.1: "
                                        "MQTT-2.2.2-1, MQTT-2.2.2-2]",
                                        packet_name(type), flags, fixed_flags(type)));
  }
  const VariableInteger length = parse_variable_integer(input.subspan(1));
  if (length.state == VariableInteger::State::incomplete) return std::nullopt;
  if (length.state == VariableInteger::State::malformed) {
    return Error(malformed, fmt::format("{}: the remaining length has more than four bytes [MQTT 3.1.1 section 2.2.3, "
                                        "MQTT 5 section 1.5.5]",
                                        packet_name(type)));
  }
  const std::size_t header = 1 + length.size;
  const std::size_t size = header + length.value;
  if (size > packet_bytes_max) {
    return Error(CodecError::too_large, fmt::format("{} of {} bytes, this takes at most {} [MQTT 5 section 3.1.2.11.4]",
                                                    packet_name(type), size, packet_bytes_max));
  }
  if (input.size() < size) return std::nullopt;
  return FrameView{type, static_cast<std::uint8_t>(flags), input.subspan(header, length.value), size};
}

Result<Packet> decode(const FrameView& frame, ProtocolVersion version) {
  switch (frame.type) {
    case PacketType::connect:
      return decode_as<Connect>(frame, version);
    case PacketType::connack:
      return decode_as<Connack>(frame, version);
    case PacketType::publish:
      return decode_as<Publish>(frame, version);
    case PacketType::puback:
      return decode_as<Puback>(frame, version);
    case PacketType::pubrec:
      return decode_as<Pubrec>(frame, version);
    case PacketType::pubrel:
      return decode_as<Pubrel>(frame, version);
    case PacketType::pubcomp:
      return decode_as<Pubcomp>(frame, version);
    case PacketType::subscribe:
      return decode_as<Subscribe>(frame, version);
    case PacketType::suback:
      return decode_as<Suback>(frame, version);
    case PacketType::unsubscribe:
      return decode_as<Unsubscribe>(frame, version);
    case PacketType::unsuback:
      return decode_as<Unsuback>(frame, version);
    case PacketType::pingreq:
      return decode_as<Pingreq>(frame, version);
    case PacketType::pingresp:
      return decode_as<Pingresp>(frame, version);
    case PacketType::disconnect:
      return decode_as<Disconnect>(frame, version);
    case PacketType::auth:
      return decode_as<Auth>(frame, version);
  }
  return Error(malformed, "packet type 0 is reserved [MQTT section 2.1.2]");
}

ReasonCode reason_of(const Error& error) {
  if (error.is(CodecError::malformed)) return ReasonCode::malformed_packet;
  if (error.is(CodecError::protocol_error)) return ReasonCode::protocol_error;
  if (error.is(CodecError::too_large)) return ReasonCode::packet_too_large;
  if (error.is(CodecError::unsupported_version)) return ReasonCode::unsupported_protocol_version;
  if (error.is(CodecError::client_id_not_valid)) return ReasonCode::client_identifier_not_valid;
  return ReasonCode::unspecified_error;
}

}  // namespace artery::mqtt
