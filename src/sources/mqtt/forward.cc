#include "sources/mqtt/forward.h"

#include <algorithm>

#include "base/assert.h"
#include "sources/mqtt/codec.h"
#include "sources/mqtt/variable_integer.h"

namespace artery::mqtt {
namespace {

constexpr std::uint8_t message_expiry_id = 0x02;
constexpr std::uint8_t subscription_id_id = 0x0B;
constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::size_t received_at = 1;  // behind the byte that says whether it is there

struct Forwarded {
  std::optional<std::uint32_t> expiry_s;
  Time received;
  Bytes encoded;
};

Forwarded parse(Bytes bytes) {
  ByteReader reader(bytes);
  Forwarded forwarded;
  if (bytes.empty()) return forwarded;
  if (reader.get<std::uint8_t>() != 0) {
    forwarded.received = Time(reader.get<std::int64_t>());
    forwarded.expiry_s = reader.get<std::uint32_t>();
  }
  if (reader.failed()) return {};
  forwarded.encoded = reader.rest();
  return forwarded;
}

std::size_t properties_size(const ForwardedPublish& publish) {
  std::size_t size = parse(publish.message.properties).encoded.size();
  if (publish.expiry_s) size += 1 + sizeof(std::uint32_t);
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

Buffer forwarded_properties(const Properties& properties, Time received) {
  Properties others;
  others.payload_is_utf8 = properties.payload_is_utf8;
  others.content_type = properties.content_type;
  others.response_topic = properties.response_topic;
  others.correlation_data = properties.correlation_data;
  others.user_properties = properties.user_properties;
  Buffer forwarded;
  if (others == Properties{} && !properties.message_expiry_s) return forwarded;
  ByteWriter writer(forwarded);
  writer.put(static_cast<std::uint8_t>(properties.message_expiry_s ? 1 : 0));
  if (properties.message_expiry_s) {
    writer.put(received.value());
    writer.put(*properties.message_expiry_s);
  }
  encode_properties(others, PacketType::publish, forwarded);
  return forwarded;
}

void set_received(Buffer& forwarded, Time received) {
  if (parse(forwarded).expiry_s) store(forwarded.data() + received_at, received.value());
}

// A second that has only begun does not count, so that an interval of 0 still lets a message through at once.
std::optional<std::int64_t> expiry_s_left(Bytes forwarded, Time now) {
  const Forwarded parsed = parse(forwarded);
  if (!parsed.expiry_s) return std::nullopt;
  const std::int64_t waited_s = std::max<std::int64_t>(0, now.value() - parsed.received.value()) / nanos_per_second;
  const std::int64_t left = *parsed.expiry_s - waited_s;
  return left == 0 && waited_s > 0 ? -1 : left;
}

std::size_t size_of(const ForwardedPublish& publish, ProtocolVersion version) {
  const std::size_t body = body_size(publish, version);
  return 1 + variable_integer_size(static_cast<std::uint32_t>(body)) + body;
}

void encode_head(const ForwardedPublish& publish, ProtocolVersion version, Buffer& out) {
  const std::size_t body = body_size(publish, version);
  ARTERY_ASSERT(body <= variable_integer_max);
  const unsigned type = std::to_underlying(PacketType::publish);
  const unsigned first = type << 4U | unsigned{publish.qos} << 1U | (publish.retain ? 1U : 0U);
  out.push_back(static_cast<std::byte>(first));
  put_variable_integer(out, body);
  put_u16(out, publish.message.topic.size());
  put(out, as_bytes(publish.message.topic));
  if (publish.qos > 0) put_u16(out, publish.packet_id);
  if (version != ProtocolVersion::v5) return;
  put_variable_integer(out, properties_size(publish));
  if (publish.expiry_s) {
    out.push_back(std::byte{message_expiry_id});
    put_u16(out, *publish.expiry_s >> 16U);
    put_u16(out, *publish.expiry_s & 0xFFFFU);
  }
  put(out, parse(publish.message.properties).encoded);
  for (const std::uint32_t id : publish.subscription_ids) {
    out.push_back(std::byte{subscription_id_id});
    put_variable_integer(out, id);
  }
}

}  // namespace artery::mqtt
