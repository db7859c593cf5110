// The messages to one client: QoS 0 as far as it reads them, QoS 1 within a window of unacknowledged ones and a bounded
// queue behind it. Part of a session, on its loop.
//
// A message sent with QoS 1 is not kept: sessions end with their connection, so there is nothing to send again.
#pragma once

#include <bitset>
#include <cstdint>
#include <deque>
#include <vector>

#include "live/outbox.h"
#include "sources/mqtt/counters.h"
#include "sources/mqtt/packet.h"
#include "sources/mqtt/session_host.h"
#include "sources/mqtt/session_settings.h"

namespace artery::mqtt {

class Outgoing {
 public:
  // Both outlive it, as does the host.
  Outgoing(SessionHost& host, const SessionSettings& settings, MqttCounters& counters)
      : host_(host), settings_(settings), counters_(counters) {}

  // What CONNECT said.
  void open(ProtocolVersion version, std::size_t receive_max, std::size_t packet_bytes_max);

  enum class Verdict : std::uint8_t {
    taken,      // or dropped because the client must not get it: too large, expired
    not_taken,  // no room
    overrun,    // the queue is full: the client must go
  };
  Verdict deliver(const live::SharedMessage& message, const live::Delivery& delivery);
  // PUBACK. Unknown identifiers are ignored.
  void acknowledge(std::uint16_t packet_id);
  // The client has read what was sent.
  void drained() { go_on(); }

  // QoS 0 messages that this client lost by reading too slowly.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }

 private:
  static constexpr std::size_t packet_ids = 1024;
  struct Queued {
    live::SharedMessage message;
    bool retain;
    std::vector<std::uint32_t> subscription_ids;
  };

  [[nodiscard]] bool is_congested() const { return host_.unsent() > settings_.outbox_bytes_max; }
  [[nodiscard]] bool has_room() const { return in_flight_.count() < window_ && !is_congested(); }
  void send(const live::Message& message, std::uint8_t qos, bool retain, std::span<const std::uint32_t> ids);
  Verdict enqueue(const live::SharedMessage& message, const live::Delivery& delivery);
  std::uint16_t take_packet_id();
  void go_on();

  SessionHost& host_;
  const SessionSettings& settings_;
  MqttCounters& counters_;
  ProtocolVersion version_ = ProtocolVersion::v5;
  std::size_t packet_bytes_max_ = 0;
  std::size_t window_ = 0;
  std::bitset<packet_ids> in_flight_;  // bit n: the identifier n + 1 is not acknowledged
  std::size_t last_id_ = 0;
  std::deque<Queued> queue_;
  std::size_t queue_bytes_ = 0;
  bool retained_wait_ = false;  // the router keeps some until there is room
  std::uint64_t dropped_ = 0;
  std::uint64_t sent_ = 0;
  Buffer head_;
};

}  // namespace artery::mqtt
