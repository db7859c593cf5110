// A message on its way from one client's PUBLISH to another's. What the publisher's properties say to subscribers is
// kept encoded, so that delivering to many copies bytes and encodes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "live/message.h"
#include "sources/mqtt/packet.h"

namespace artery::mqtt {

// The properties of a PUBLISH or a will that its subscribers are to get (MQTT 5 sections 3.3.2.3.2 to 3.3.2.3.9).
Buffer forwarded_properties(const Properties& properties);

// The Message Expiry Interval among them.
std::optional<std::uint32_t> expiry_s_of(Bytes forwarded);

struct ForwardedPublish {
  const live::Message& message;
  std::uint8_t qos = 0;
  bool retain = false;
  std::uint16_t packet_id = 0;
  std::span<const std::uint32_t> subscription_ids{};
  std::uint32_t waited_s = 0;  // taken off the Message Expiry Interval, which is longer (MQTT-3.3.2-6)
};

// Of the whole packet.
std::size_t size_of(const ForwardedPublish& publish, ProtocolVersion version);
// Appends the packet up to its payload, which follows as it is.
void encode_head(const ForwardedPublish& publish, ProtocolVersion version, Buffer& out);

}  // namespace artery::mqtt
