#include "sources/mqtt/forward.h"

#include "base/assert.h"
#include "sources/mqtt/codec.h"
#include "sources/mqtt/variable_integer.h"

namespace artery::mqtt {
namespace {

constexpr std::byte payload_format_id{0x01};
constexpr std::byte message_expiry_id{0x02};
constexpr std::uint8_t subscription_id_id = 0x0B;

// Where the four bytes of the Message Expiry Interval are: only the Payload Format Indicator may stand before it.
std::optional<std::size_t> expiry_at(Bytes forwarded) {
  std::size_t at = 0;
  if (forwarded.size() >= 2 && forwarded[0] == payload_format_id) at = 2;
  if (forwarded.size() < at + 5 || forwarded[at] != message_expiry_id) return std::nullopt;
  return at + 1;
}

std::size_t properties_size(const ForwardedPublish& publish) {
  std::size_t size = publish.message.properties.size();
  for (const std::uint32_t id : publish.subscription_ids) size += 1 + variable_integer_size(id);
  return size;
}

std::size_t body_size(const ForwardedPublish& publish, ProtocolVersion version) {
  std::size_t size = 2 + publish.message.topic.size() + (publish.qos > 0 ? 2 : 0) + publish.message.payload.size();
  if (version == ProtocolVersion::v5) {
    const std::size_t properties = properties_size(publish);
    size += variable_integer_size(static_cast<std::uint32_t>(properties)) + properties;
  }
  return size;
}

void put_u16(Buffer& out, std::size_t value) {
  out.push_back(static_cast<std::byte>(value >> 8U));
  out.push_back(static_cast<std::byte>(value));
}

void put_variable_integer(Buffer& out, std::size_t value) {
  for (; value >= 0x80U; value >>= 7U) out.push_back(static_cast<std::byte>(value | 0x80U));
  out.push_back(static_cast<std::byte>(value));
}

void put(Buffer& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

}  // namespace

Buffer forwarded_properties(const Properties& properties) {
  Properties forwarded;
  forwarded.payload_is_utf8 = properties.payload_is_utf8;
  forwarded.message_expiry_s = properties.message_expiry_s;
  forwarded.content_type = properties.content_type;
  forwarded.response_topic = properties.response_topic;
  forwarded.correlation_data = properties.correlation_data;
  forwarded.user_properties = properties.user_properties;
  Buffer encoded;
  encode_properties(forwarded, PacketType::publish, encoded);
  return encoded;
}

std::optional<std::uint32_t> expiry_s_of(Bytes forwarded) {
  const std::optional<std::size_t> at = expiry_at(forwarded);
  if (!at) return std::nullopt;
  return __builtin_bswap32(load<std::uint32_t>(forwarded.data() + *at));
}

std::size_t size_of(const ForwardedPublish& publish, ProtocolVersion version) {
  const std::size_t body = body_size(publish, version);
  return 1 + variable_integer_size(static_cast<std::uint32_t>(body)) + body;
}

void encode_head(const ForwardedPublish& publish, ProtocolVersion version, Buffer& out) {
  const std::size_t body = body_size(publish, version);
  ARTERY_ASSERT(body <= variable_integer_max);
  const unsigned first = std::to_underlying(PacketType::publish) << 4U | publish.qos << 1U | (publish.retain ? 1U : 0U);
  out.push_back(static_cast<std::byte>(first));
  put_variable_integer(out, body);
  put_u16(out, publish.message.topic.size());
  put(out, as_bytes(publish.message.topic));
  if (publish.qos > 0) put_u16(out, publish.packet_id);
  if (version != ProtocolVersion::v5) return;
  put_variable_integer(out, properties_size(publish));
  const std::size_t start = out.size();
  put(out, publish.message.properties);
  if (const auto at = expiry_at(publish.message.properties); at && publish.waited_s > 0) {
    const std::uint32_t left = *expiry_s_of(publish.message.properties) - publish.waited_s;
    store(out.data() + start + *at, __builtin_bswap32(left));
  }
  for (const std::uint32_t id : publish.subscription_ids) {
    out.push_back(std::byte{subscription_id_id});
    put_variable_integer(out, id);
  }
}

}  // namespace artery::mqtt
