// MQTT 5 table 2-4 as data: which property has which identifier, type, range, and in which packets it may stand.
// Decoding, measuring and encoding all walk this one table. Internal to the codec.
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "sources/mqtt/packet.h"

namespace artery::mqtt {

enum class Range : std::uint8_t { any, not_zero };

template <class T>
struct PropertyRule {
  std::uint8_t id;
  std::string_view name;
  PacketSet packets;
  T Properties::* field;
  Range range = Range::any;
};

namespace property_packets {
inline constexpr PacketSet connect = only(PacketType::connect);
inline constexpr PacketSet connack = only(PacketType::connack);
inline constexpr PacketSet publish = only(PacketType::publish);
inline constexpr PacketSet subscribe = only(PacketType::subscribe);
inline constexpr PacketSet unsubscribe = only(PacketType::unsubscribe);
inline constexpr PacketSet disconnect = only(PacketType::disconnect);
inline constexpr PacketSet auth = only(PacketType::auth);
inline constexpr PacketSet message = publish | only_will;
// Everything that answers, and so may say why.
inline constexpr PacketSet reasoned = connack | only(PacketType::puback) | only(PacketType::pubrec) |
                                      only(PacketType::pubrel) | only(PacketType::pubcomp) | only(PacketType::suback) |
                                      only(PacketType::unsuback) | disconnect | auth;
inline constexpr PacketSet all = reasoned | connect | message | subscribe | unsubscribe;
}  // namespace property_packets

inline constexpr auto property_rules = [] {
  using namespace property_packets;
  using P = Properties;
  return std::tuple{
      PropertyRule{0x01, "Payload Format Indicator", message, &P::payload_is_utf8},
      PropertyRule{0x02, "Message Expiry Interval", message, &P::message_expiry_s},
      PropertyRule{0x03, "Content Type", message, &P::content_type},
      PropertyRule{0x08, "Response Topic", message, &P::response_topic},
      PropertyRule{0x09, "Correlation Data", message, &P::correlation_data},
      PropertyRule{0x0B, "Subscription Identifier", publish | subscribe, &P::subscription_ids, Range::not_zero},
      PropertyRule{0x11, "Session Expiry Interval", connect | connack | disconnect, &P::session_expiry_s},
      PropertyRule{0x12, "Assigned Client Identifier", connack, &P::assigned_client_id},
      PropertyRule{0x13, "Server Keep Alive", connack, &P::server_keep_alive_s},
      PropertyRule{0x15, "Authentication Method", connect | connack | auth, &P::authentication_method},
      PropertyRule{0x16, "Authentication Data", connect | connack | auth, &P::authentication_data},
      PropertyRule{0x17, "Request Problem Information", connect, &P::request_problem_information},
      PropertyRule{0x18, "Will Delay Interval", only_will, &P::will_delay_s},
      PropertyRule{0x19, "Request Response Information", connect, &P::request_response_information},
      PropertyRule{0x1A, "Response Information", connack, &P::response_information},
      PropertyRule{0x1C, "Server Reference", connack | disconnect, &P::server_reference},
      PropertyRule{0x1F, "Reason String", reasoned, &P::reason_string},
      PropertyRule{0x21, "Receive Maximum", connect | connack, &P::receive_maximum, Range::not_zero},
      PropertyRule{0x22, "Topic Alias Maximum", connect | connack, &P::topic_alias_maximum},
      PropertyRule{0x23, "Topic Alias", publish, &P::topic_alias, Range::not_zero},
      PropertyRule{0x24, "Maximum QoS", connack, &P::maximum_qos},
      PropertyRule{0x25, "Retain Available", connack, &P::retain_available},
      PropertyRule{0x26, "User Property", all, &P::user_properties},
      PropertyRule{0x27, "Maximum Packet Size", connect | connack, &P::maximum_packet_bytes, Range::not_zero},
      PropertyRule{0x28, "Wildcard Subscription Available", connack, &P::wildcard_subscription_available},
      PropertyRule{0x29, "Subscription Identifier Available", connack, &P::subscription_ids_available},
      PropertyRule{0x2A, "Shared Subscription Available", connack, &P::shared_subscription_available},
  };
}();

// Calls `use` with every rule, in the order of the identifiers.
template <class Use>
constexpr void for_each_property(Use&& use) {
  std::apply([&](const auto&... rule) { (use(rule), ...); }, property_rules);
}

// Calls `use` with the rule of `id`; false if there is no such property.
template <class Use>
constexpr bool with_property(std::uint32_t id, Use&& use) {
  return std::apply([&](const auto&... rule) { return ((rule.id == id && (use(rule), true)) || ...); }, property_rules);
}

}  // namespace artery::mqtt
