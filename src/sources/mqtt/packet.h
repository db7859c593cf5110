// The fifteen control packets of MQTT 3.1.1 and 5.0 as plain values, the properties of MQTT 5 and its reason codes.
//
// Texts and bytes point into the frame that a packet was decoded from and are valid as long as the frame's bytes are;
// a packet to be encoded only borrows what it names. Lists (filters, reason codes, user properties) are owned; their
// length is bounded by the packet's, which `next_frame` bounds. Values only: any thread.
//
// One set of types serves both versions. For 3.1.1 `properties` stay empty, and the few reason codes it has are
// written as their counterparts of version 5 (codec.h).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace artery::mqtt {

enum class ProtocolVersion : std::uint8_t { v3_1_1 = 4, v5 = 5 };

enum class PacketType : std::uint8_t {
  connect = 1,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq,
  pingresp,
  disconnect,
  auth,
};

// As the standard writes it: "CONNECT".
std::string_view packet_name(PacketType type);

// A set of packet types, one bit each; the bit of the reserved type 0 stands for the will inside a CONNECT.
using PacketSet = std::uint16_t;
constexpr PacketSet only(PacketType type) {
  return static_cast<PacketSet>(1U << static_cast<unsigned>(std::to_underlying(type)));
}
inline constexpr PacketSet only_will = 1;

enum class Qos : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

// MQTT 5 table 2-6.
enum class ReasonCode : std::uint8_t {
  success = 0x00,
  normal_disconnection = 0x00,
  granted_qos_0 = 0x00,
  granted_qos_1 = 0x01,
  granted_qos_2 = 0x02,
  disconnect_with_will = 0x04,
  no_matching_subscribers = 0x10,
  no_subscription_existed = 0x11,
  continue_authentication = 0x18,
  re_authenticate = 0x19,
  unspecified_error = 0x80,
  malformed_packet = 0x81,
  protocol_error = 0x82,
  implementation_specific_error = 0x83,
  unsupported_protocol_version = 0x84,
  client_identifier_not_valid = 0x85,
  bad_user_name_or_password = 0x86,
  not_authorized = 0x87,
  server_unavailable = 0x88,
  server_busy = 0x89,
  banned = 0x8A,
  server_shutting_down = 0x8B,
  bad_authentication_method = 0x8C,
  keep_alive_timeout = 0x8D,
  session_taken_over = 0x8E,
  topic_filter_invalid = 0x8F,
  topic_name_invalid = 0x90,
  packet_identifier_in_use = 0x91,
  packet_identifier_not_found = 0x92,
  receive_maximum_exceeded = 0x93,
  topic_alias_invalid = 0x94,
  packet_too_large = 0x95,
  message_rate_too_high = 0x96,
  quota_exceeded = 0x97,
  administrative_action = 0x98,
  payload_format_invalid = 0x99,
  retain_not_supported = 0x9A,
  qos_not_supported = 0x9B,
  use_another_server = 0x9C,
  server_moved = 0x9D,
  shared_subscriptions_not_supported = 0x9E,
  connection_rate_exceeded = 0x9F,
  maximum_connect_time = 0xA0,
  subscription_identifiers_not_supported = 0xA1,
  wildcard_subscriptions_not_supported = 0xA2,
};

// The standard's words for it ("Quota exceeded"); "unknown reason" for a number it does not define.
std::string_view reason_name(ReasonCode reason);

// Whether MQTT 5 lets `type` carry `reason`.
bool reason_allowed(ReasonCode reason, PacketType type);

constexpr bool is_failure(ReasonCode reason) { return std::to_underlying(reason) >= 0x80; }

// Bytes that compare by their content, so that packets can be compared.
struct Binary : Bytes {
  Binary() = default;
  Binary(Bytes bytes) : Bytes(bytes) {}  // NOLINT(google-explicit-constructor): the same thing, but comparable
  friend bool operator==(Binary a, Binary b) { return std::ranges::equal(a, b); }
};

struct UserProperty {
  std::string_view name;
  std::string_view value;
  bool operator==(const UserProperty&) const = default;
};

// MQTT 5 table 2-4, in its order. What is absent has the standard's default. Which packet may carry which property is
// in properties.h; `decode` refuses the others, `encode` asserts that there are none.
struct Properties {
  std::optional<bool> payload_is_utf8{};
  std::optional<std::uint32_t> message_expiry_s{};
  std::optional<std::string_view> content_type{};
  std::optional<std::string_view> response_topic{};
  std::optional<Binary> correlation_data{};
  std::vector<std::uint32_t> subscription_ids{};  // 1 to 268,435,455; at most one in SUBSCRIBE
  std::optional<std::uint32_t> session_expiry_s{};
  std::optional<std::string_view> assigned_client_id{};
  std::optional<std::uint16_t> server_keep_alive_s{};
  std::optional<std::string_view> authentication_method{};
  std::optional<Binary> authentication_data{};
  std::optional<bool> request_problem_information{};
  std::optional<std::uint32_t> will_delay_s{};
  std::optional<bool> request_response_information{};
  std::optional<std::string_view> response_information{};
  std::optional<std::string_view> server_reference{};
  std::optional<std::string_view> reason_string{};
  std::optional<std::uint16_t> receive_maximum{};  // not 0
  std::optional<std::uint16_t> topic_alias_maximum{};
  std::optional<std::uint16_t> topic_alias{};  // not 0
  std::optional<Qos> maximum_qos{};            // 0 or 1; absent means 2
  std::optional<bool> retain_available{};
  std::vector<UserProperty> user_properties{};          // repeatable, order kept
  std::optional<std::uint32_t> maximum_packet_bytes{};  // not 0
  std::optional<bool> wildcard_subscription_available{};
  std::optional<bool> subscription_ids_available{};
  std::optional<bool> shared_subscription_available{};
  bool operator==(const Properties&) const = default;
};

struct Will {
  std::string_view topic{};
  Binary payload{};
  Qos qos = Qos::at_most_once;
  bool retain = false;
  Properties properties{};
  bool operator==(const Will&) const = default;
};

struct Connect {
  static constexpr PacketType type = PacketType::connect;
  ProtocolVersion version = ProtocolVersion::v5;
  bool clean_start = true;  // "clean session" in 3.1.1
  std::uint16_t keep_alive_s = 0;
  std::string_view client_id{};
  std::optional<Will> will{};
  std::optional<std::string_view> user_name{};
  std::optional<Binary> password{};
  Properties properties{};
  bool operator==(const Connect&) const = default;
};

struct Connack {
  static constexpr PacketType type = PacketType::connack;
  bool session_present = false;
  ReasonCode reason = ReasonCode::success;
  Properties properties{};
  bool operator==(const Connack&) const = default;
};

struct Publish {
  static constexpr PacketType type = PacketType::publish;
  bool dup = false;
  Qos qos = Qos::at_most_once;
  bool retain = false;
  std::uint16_t packet_id = 0;  // 0 exactly for QoS 0
  std::string_view topic{};     // empty only together with a topic alias
  Binary payload{};
  Properties properties{};
  bool operator==(const Publish&) const = default;
};

// PUBACK, PUBREC, PUBREL and PUBCOMP differ in their type alone.
template <PacketType acknowledgement>
struct PublishAck {
  static constexpr PacketType type = acknowledgement;
  std::uint16_t packet_id = 0;
  ReasonCode reason = ReasonCode::success;
  Properties properties{};
  bool operator==(const PublishAck&) const = default;
};
using Puback = PublishAck<PacketType::puback>;
using Pubrec = PublishAck<PacketType::pubrec>;
using Pubrel = PublishAck<PacketType::pubrel>;
using Pubcomp = PublishAck<PacketType::pubcomp>;

enum class RetainHandling : std::uint8_t { send = 0, send_if_new = 1, do_not_send = 2 };

struct Subscription {
  std::string_view filter{};
  Qos qos = Qos::at_most_once;
  bool no_local = false;
  bool retain_as_published = false;
  RetainHandling retain_handling = RetainHandling::send;
  bool operator==(const Subscription&) const = default;
};

struct Subscribe {
  static constexpr PacketType type = PacketType::subscribe;
  std::uint16_t packet_id = 0;
  std::vector<Subscription> subscriptions{};  // at least one
  Properties properties{};
  bool operator==(const Subscribe&) const = default;
};

struct Suback {
  static constexpr PacketType type = PacketType::suback;
  std::uint16_t packet_id = 0;
  std::vector<ReasonCode> reasons{};  // one for each subscription, in its order
  Properties properties{};
  bool operator==(const Suback&) const = default;
};

struct Unsubscribe {
  static constexpr PacketType type = PacketType::unsubscribe;
  std::uint16_t packet_id = 0;
  std::vector<std::string_view> filters{};  // at least one
  Properties properties{};
  bool operator==(const Unsubscribe&) const = default;
};

struct Unsuback {
  static constexpr PacketType type = PacketType::unsuback;
  std::uint16_t packet_id = 0;
  std::vector<ReasonCode> reasons{};  // one for each filter; none in 3.1.1
  Properties properties{};
  bool operator==(const Unsuback&) const = default;
};

struct Pingreq {
  static constexpr PacketType type = PacketType::pingreq;
  bool operator==(const Pingreq&) const = default;
};

struct Pingresp {
  static constexpr PacketType type = PacketType::pingresp;
  bool operator==(const Pingresp&) const = default;
};

struct Disconnect {
  static constexpr PacketType type = PacketType::disconnect;
  ReasonCode reason = ReasonCode::normal_disconnection;
  Properties properties{};
  bool operator==(const Disconnect&) const = default;
};

// Only in MQTT 5.
struct Auth {
  static constexpr PacketType type = PacketType::auth;
  ReasonCode reason = ReasonCode::success;
  Properties properties{};
  bool operator==(const Auth&) const = default;
};

using Packet = std::variant<Connect, Connack, Publish, Puback, Pubrec, Pubrel, Pubcomp, Subscribe, Suback, Unsubscribe,
                            Unsuback, Pingreq, Pingresp, Disconnect, Auth>;

template <class P>
concept ControlPacket = requires {
  { P::type } -> std::convertible_to<PacketType>;
};

}  // namespace artery::mqtt
