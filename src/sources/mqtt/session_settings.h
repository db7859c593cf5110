// The limits of one client's session. What happens beyond each is said with it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace artery::mqtt {

struct SessionSettings {
  // From the client. DISCONNECT 0x95, 0x93, 0x94, CONNACK 0x85; an MQTT 3.1.1 client is disconnected.
  std::size_t packet_bytes_max = 1U << 20;
  std::uint16_t receive_max = 1024;  // QoS 1 and 2 publishes not acknowledged; of a 3.1.1 client reading pauses
  std::uint16_t topic_alias_max = 16;
  std::size_t client_id_bytes_max = 256;
  // Of publishes that wait for the disk; then reading pauses.
  std::size_t unanswered_bytes_max = 4U << 20;
  // Before CONNECT came; then the connection ends.
  Duration connect_time_max = std::chrono::seconds(10);

  // To the client. Taken and not read by it yet: then QoS 0 messages are dropped and QoS 1 messages queue.
  std::size_t outbox_bytes_max = 1U << 20;
  // QoS 1 messages sent and not acknowledged, unless the client's Receive Maximum is less: then they queue.
  std::uint16_t in_flight_max = 128;
  // The queue. Then the client is disconnected: 0x97.
  std::size_t queue_messages_max = 10'000;
  std::size_t queue_bytes_max = 8U << 20;
};

}  // namespace artery::mqtt
