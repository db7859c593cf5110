#include "sources/mqtt/outgoing.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "sources/mqtt/forward.h"

namespace artery::mqtt {
namespace {

std::size_t bytes_of(const live::Message& message) {
  return message.topic.size() + message.payload.size() + message.properties.size();
}

}  // namespace

void Outgoing::open(ProtocolVersion version, std::size_t receive_max, std::size_t packet_bytes_max) {
  version_ = version;
  packet_bytes_max_ = packet_bytes_max;
  window_ = std::min({receive_max, std::size_t{settings_.in_flight_max}, packet_ids});
}

Outgoing::Verdict Outgoing::deliver(const live::SharedMessage& message, const live::Delivery& delivery) {
  const bool acknowledged = delivery.qos > 0;  // a subscription is granted QoS 1 at most
  const bool has_room_now = acknowledged ? queue_.empty() && has_room() : !is_congested();
  if (has_room_now) {
    send(*message, acknowledged ? 1 : 0, delivery.retain, delivery.subscription_ids);
    return Verdict::taken;
  }
  if (delivery.waits) {
    retained_wait_ = true;
    return Verdict::not_taken;
  }
  if (acknowledged) return enqueue(message, delivery);
  ++dropped_;
  count(counters_.dropped_slow);
  return Verdict::not_taken;
}

Outgoing::Verdict Outgoing::enqueue(const live::SharedMessage& message, const live::Delivery& delivery) {
  const std::size_t bytes = bytes_of(*message);
  if (queue_.size() >= settings_.queue_messages_max || queue_bytes_ + bytes > settings_.queue_bytes_max) {
    return Verdict::overrun;
  }
  queue_bytes_ += bytes;
  queue_.push_back({.message = message,
                    .retain = delivery.retain,
                    .subscription_ids = {delivery.subscription_ids.begin(), delivery.subscription_ids.end()}});
  return Verdict::taken;
}

void Outgoing::send(const live::Message& message, std::uint8_t qos, bool retain, std::span<const std::uint32_t> ids) {
  ForwardedPublish publish{.message = message, .qos = qos, .retain = retain, .subscription_ids = ids};
  if (!message.properties.empty()) {
    const std::optional<std::int64_t> left_s = expiry_s_left(message.properties, host_.time());
    if (left_s && *left_s < 0) return count(counters_.dropped_expired);
    if (left_s) publish.expiry_s = static_cast<std::uint32_t>(*left_s);
  }
  if (size_of(publish, version_) > packet_bytes_max_) return count(counters_.dropped_too_large);
  if (qos > 0) publish.packet_id = take_packet_id();
  head_.clear();
  encode_head(publish, version_, head_);
  host_.send(head_);
  host_.send(message.payload);
  count(counters_.messages_out[qos]);
  ++sent_;
}

// The next one after the last that is free: an identifier rests as long as it can before it is used again.
std::uint16_t Outgoing::take_packet_id() {
  ARTERY_ASSERT(in_flight_.count() < packet_ids);
  do {
    last_id_ = (last_id_ + 1) % packet_ids;
  } while (in_flight_.test(last_id_));
  in_flight_.set(last_id_);
  return static_cast<std::uint16_t>(last_id_ + 1);
}

void Outgoing::acknowledge(std::uint16_t packet_id) {
  ARTERY_ASSERT(packet_id > 0);
  if (packet_id > packet_ids || !in_flight_.test(packet_id - 1U)) return;
  in_flight_.reset(packet_id - 1U);
  go_on();
}

void Outgoing::go_on() {
  while (!queue_.empty() && has_room()) {
    const Queued next = std::move(queue_.front());
    queue_.pop_front();
    queue_bytes_ -= bytes_of(*next.message);
    send(*next.message, 1, next.retain, next.subscription_ids);
  }
  if (retained_wait_ && queue_.empty() && has_room()) {
    retained_wait_ = false;
    host_.offer_retained();
  }
}

}  // namespace artery::mqtt
