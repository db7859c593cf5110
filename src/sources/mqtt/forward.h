// A message on its way from one client's PUBLISH to another's. What the publisher's properties say to subscribers is
// kept encoded, so that delivering to many copies bytes and encodes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/time.h"
#include "live/message.h"
#include "sources/mqtt/packet.h"

namespace artery::mqtt {

// What subscribers are to get of the properties of a PUBLISH or a will that came at `received` (MQTT 5 sections
// 3.3.2.3.2 to 3.3.2.3.9). Empty where there is nothing. Retained messages keep it in the log, so the form lasts:
// docs/formats/live.md.
Buffer forwarded_properties(const Properties& properties, Time received);
// For a will: it counts from when it is published.
void set_received(Buffer& forwarded, Time received);

// The whole seconds of its Message Expiry Interval that are left, if it has one; negative once it has expired.
std::optional<std::int64_t> expiry_s_left(Bytes forwarded, Time now);

struct ForwardedPublish {
  const live::Message& message;
  std::uint8_t qos = 0;
  bool retain = false;
  std::uint16_t packet_id = 0;
  std::span<const std::uint32_t> subscription_ids{};
  std::optional<std::uint32_t> expiry_s{};  // what is left of it (MQTT-3.3.2-6)
};

// Of the whole packet.
std::size_t size_of(const ForwardedPublish& publish, ProtocolVersion version);
// Appends the packet up to its payload, which follows as it is.
void encode_head(const ForwardedPublish& publish, ProtocolVersion version, Buffer& out);

}  // namespace artery::mqtt
