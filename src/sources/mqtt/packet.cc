#include "sources/mqtt/packet.h"

#include <array>

#include "base/assert.h"

namespace artery::mqtt {
namespace {

constexpr PacketSet connack = only(PacketType::connack);
constexpr PacketSet publish_received = only(PacketType::puback) | only(PacketType::pubrec);
constexpr PacketSet publish_released = only(PacketType::pubrel) | only(PacketType::pubcomp);
constexpr PacketSet suback = only(PacketType::suback);
constexpr PacketSet unsuback = only(PacketType::unsuback);
constexpr PacketSet disconnect = only(PacketType::disconnect);
constexpr PacketSet auth = only(PacketType::auth);

struct ReasonRule {
  std::uint8_t code;
  std::string_view name;
  PacketSet packets;
};

constexpr std::array reason_rules{
    ReasonRule{0x00, "Success", connack | publish_received | publish_released | suback | unsuback | disconnect | auth},
    ReasonRule{0x01, "Granted QoS 1", suback},
    ReasonRule{0x02, "Granted QoS 2", suback},
    ReasonRule{0x04, "Disconnect with Will Message", disconnect},
    ReasonRule{0x10, "No matching subscribers", publish_received},
    ReasonRule{0x11, "No subscription existed", unsuback},
    ReasonRule{0x18, "Continue authentication", auth},
    ReasonRule{0x19, "Re-authenticate", auth},
    ReasonRule{0x80, "Unspecified error", connack | publish_received | suback | unsuback | disconnect},
    ReasonRule{0x81, "Malformed Packet", connack | disconnect},
    ReasonRule{0x82, "Protocol Error", connack | disconnect},
    ReasonRule{0x83, "Implementation specific error", connack | publish_received | suback | unsuback | disconnect},
    ReasonRule{0x84, "Unsupported Protocol Version", connack},
    ReasonRule{0x85, "Client Identifier not valid", connack},
    ReasonRule{0x86, "Bad User Name or Password", connack},
    ReasonRule{0x87, "Not authorized", connack | publish_received | suback | unsuback | disconnect},
    ReasonRule{0x88, "Server unavailable", connack},
    ReasonRule{0x89, "Server busy", connack | disconnect},
    ReasonRule{0x8A, "Banned", connack},
    ReasonRule{0x8B, "Server shutting down", disconnect},
    ReasonRule{0x8C, "Bad authentication method", connack | disconnect},
    ReasonRule{0x8D, "Keep Alive timeout", disconnect},
    ReasonRule{0x8E, "Session taken over", disconnect},
    ReasonRule{0x8F, "Topic Filter invalid", suback | unsuback | disconnect},
    ReasonRule{0x90, "Topic Name invalid", connack | publish_received | disconnect},
    ReasonRule{0x91, "Packet Identifier in use", publish_received | suback | unsuback},
    ReasonRule{0x92, "Packet Identifier not found", publish_released},
    ReasonRule{0x93, "Receive Maximum exceeded", disconnect},
    ReasonRule{0x94, "Topic Alias invalid", disconnect},
    ReasonRule{0x95, "Packet too large", connack | disconnect},
    ReasonRule{0x96, "Message rate too high", disconnect},
    ReasonRule{0x97, "Quota exceeded", connack | publish_received | suback | disconnect},
    ReasonRule{0x98, "Administrative action", disconnect},
    ReasonRule{0x99, "Payload format invalid", connack | publish_received | disconnect},
    ReasonRule{0x9A, "Retain not supported", connack | disconnect},
    ReasonRule{0x9B, "QoS not supported", connack | disconnect},
    ReasonRule{0x9C, "Use another server", connack | disconnect},
    ReasonRule{0x9D, "Server moved", connack | disconnect},
    ReasonRule{0x9E, "Shared Subscriptions not supported", suback | disconnect},
    ReasonRule{0x9F, "Connection rate exceeded", connack | disconnect},
    ReasonRule{0xA0, "Maximum connect time", disconnect},
    ReasonRule{0xA1, "Subscription Identifiers not supported", suback | disconnect},
    ReasonRule{0xA2, "Wildcard Subscriptions not supported", suback | disconnect},
};

// By code, so that checking one costs one load; a code that the standard does not define belongs to no packet.
constexpr auto reason_packets = [] {
  std::array<PacketSet, 256> packets{};
  for (const ReasonRule& rule : reason_rules) packets[rule.code] = rule.packets;
  return packets;
}();

constexpr std::array<std::string_view, 16> packet_names{
    "type 0",    "CONNECT", "CONNACK",     "PUBLISH",  "PUBACK",  "PUBREC",   "PUBREL",     "PUBCOMP",
    "SUBSCRIBE", "SUBACK",  "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"};

}  // namespace

std::string_view packet_name(PacketType type) {
  ARTERY_ASSERT(std::to_underlying(type) < packet_names.size());
  return packet_names[std::to_underlying(type)];
}

std::string_view reason_name(ReasonCode reason) {
  const auto* rule = std::ranges::find(reason_rules, std::to_underlying(reason), &ReasonRule::code);
  return rule == reason_rules.end() ? "unknown reason" : rule->name;
}

bool reason_allowed(ReasonCode reason, PacketType type) {
  return (reason_packets[std::to_underlying(reason)] & only(type)) != 0;
}

}  // namespace artery::mqtt
