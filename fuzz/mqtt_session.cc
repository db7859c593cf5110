// A whole MQTT session as a script: the first byte picks the settings, then come steps. A client's bytes, its own or of
// the codec, arrive cut anywhere; publishes are answered in any order, or within the call; messages are delivered, read
// and acknowledged, or not; time passes; either side ends it, and what was under way still comes. SessionOracle
// (mqtt_session_oracle.h) says what must hold.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "mqtt_session_oracle.h"
#include "sources/mqtt/forward.h"
#include "sources/mqtt/packet_generator.h"

using namespace artery;
using namespace artery::mqtt;
using namespace std::chrono_literals;

namespace {

class Numbers final : public runtime::Random {
 public:
  std::uint64_t next() override { return ++last_; }

 private:
  std::uint64_t last_ = 0;
};

// Small, so that limits are met all the time.
SessionSettings settings_of(std::uint8_t byte) {
  return {.packet_bytes_max = 1U << (9U + byte % 4U),
          .receive_max = static_cast<std::uint16_t>(1U + (byte >> 2U) % 4U),
          .topic_alias_max = 2,
          .client_id_bytes_max = 23,
          .unanswered_bytes_max = 256,
          .connect_time_max = 10s,
          .outbox_bytes_max = (byte & 0x10U) == 0 ? 512U : 64U,
          .in_flight_max = static_cast<std::uint16_t>(1U + (byte >> 5U) % 4U),
          .queue_messages_max = 4,
          .queue_bytes_max = 512};
}

class Script {
 public:
  explicit Script(Bytes bytes)
      : bytes_(bytes),
        settings_(settings_of(u8())),
        oracle_(settings_, counters_),
        session_(oracle_, settings_, counters_, random_) {
    oracle_.watch(session_);
  }

  void run() {
    while (!bytes_.empty()) step();
    oracle_.check_will();
  }

 private:
  std::uint8_t u8() {
    if (bytes_.empty()) return 0;
    const auto first = std::to_integer<std::uint8_t>(bytes_.front());
    bytes_ = bytes_.subspan(1);
    return first;
  }
  // What the client has to say next.
  template <class P>
  void say(const P& packet) {
    encode(packet, version_, wire_);
  }

  void step();
  void say_raw();
  void say_connect();
  void say_publish();
  void say_any();
  void say_small();
  void arrive();
  void answer();
  void deliver();
  void end();

  MqttCounters counters_;  // first: it is aligned to more than the others
  Bytes bytes_;
  const SessionSettings settings_;
  Numbers random_;
  SessionOracle oracle_;
  Session session_;
  ProtocolVersion version_ = ProtocolVersion::v5;
  Buffer wire_;  // said, and not arrived
};

void Script::step() {
  switch (u8() % 14) {
    case 0:
      return say_raw();
    case 1:
      return say_connect();
    case 2:
    case 3:
      return say_publish();
    case 4:
      return say_any();
    case 5:
      return say_small();
    case 6:
    case 7:
      return arrive();
    case 8:
      return answer();
    case 9:
      return oracle_.claimed();
    case 10:
      return deliver();
    case 11:
      oracle_.pass(u8() * 100ms);
      return oracle_.attend([this] { session_.tick(); });
    case 12:
      return oracle_.read(std::size_t{u8()} * 4);
    default:
      return end();
  }
}

void Script::say_raw() {
  const Bytes raw = bytes_.first(std::min<std::size_t>(u8(), bytes_.size()));
  wire_.insert(wire_.end(), raw.begin(), raw.end());
  bytes_ = bytes_.subspan(raw.size());
}

void Script::say_connect() {
  const unsigned flags = u8();
  version_ = (flags & 1U) == 0 ? ProtocolVersion::v5 : ProtocolVersion::v3_1_1;
  Connect packet{.version = version_, .keep_alive_s = u8(), .client_id = (flags & 2U) == 0 ? "press7" : ""};
  const std::uint16_t receive_maximum = u8() % 8;
  const std::uint32_t packet_bytes_max = u8() * 8U;
  if (version_ == ProtocolVersion::v5) {
    if (receive_maximum > 0) packet.properties.receive_maximum = receive_maximum;
    if (packet_bytes_max > 0) packet.properties.maximum_packet_bytes = packet_bytes_max;
    if ((flags & 4U) != 0) packet.properties.session_expiry_s = 60;
  }
  if ((flags & 8U) != 0) packet.will = Will{.topic = "gone", .payload = as_bytes("press7"), .retain = true};
  say(packet);
}

void Script::say_publish() {
  const unsigned flags = u8();
  const std::string payload(u8(), 'p');
  Publish packet{.qos = static_cast<Qos>(std::min(flags % 4U, 2U)),
                 .retain = (flags & 4U) != 0,
                 .topic = (flags & 8U) == 0 ? "a" : "b/c",
                 .payload = as_bytes(payload)};
  if (packet.qos != Qos::at_most_once) {
    packet.dup = (flags & 0x10U) != 0;
    packet.packet_id = static_cast<std::uint16_t>(1 + (flags >> 6U));
  }
  if (version_ == ProtocolVersion::v5 && (flags & 0x20U) != 0) {
    packet.properties.topic_alias = static_cast<std::uint16_t>(1 + (flags >> 3U) % 2U);
    if (payload.size() % 2 == 1) packet.topic = "";
    packet.properties.message_expiry_s = 1;
  }
  say(packet);
}

void Script::say_any() {
  const auto type = static_cast<PacketType>(1 + u8() % 15);
  PacketGenerator generator(u8());
  if (type == PacketType::auth && version_ != ProtocolVersion::v5) return;
  const Packet packet = generator.of(type, version_);
  encode(packet, version_, wire_);
}

// What a client says all the time.
void Script::say_small() {
  const unsigned what = u8();
  const auto id = static_cast<std::uint16_t>(1 + what / 8U % 4U);
  switch (what % 8U) {
    case 0:
    case 1:
    case 2:
      if (const std::uint16_t open = oracle_.in_flight(what / 8U); open > 0) say(Puback{.packet_id = open});
      return;
    case 3:
      return say(Puback{.packet_id = id});
    case 4:
    case 5:
      return say(Pubrel{.packet_id = id});
    case 6:
      return say(Subscribe{.packet_id = id, .subscriptions = {{.filter = "a/#", .qos = static_cast<Qos>(what % 3U)}}});
    default:
      return say(Pingreq{});
  }
}

void Script::arrive() {
  const std::size_t wanted = u8();
  const std::size_t count = std::min(wanted == 0 ? wire_.size() : wanted, wire_.size());
  if (count == 0 || session_.wants_pause() || session_.is_over()) return;
  const Buffer bytes(wire_.begin(), wire_.begin() + static_cast<std::ptrdiff_t>(count));
  wire_.erase(wire_.begin(), wire_.begin() + static_cast<std::ptrdiff_t>(count));
  oracle_.receive(bytes);
}

void Script::answer() {
  const std::size_t which = u8();
  const unsigned how = u8();
  if (how % 8U < 5) return oracle_.answer(which, PublishOutcome::done);
  if (how % 8U < 7) return oracle_.answer(which, PublishOutcome::not_retained);
  oracle_.answer(which, (how & 8U) == 0 ? PublishOutcome::full : PublishOutcome::failed);
}

void Script::deliver() {
  const unsigned flags = u8();
  live::Message message;
  message.topic = (flags & 1U) == 0 ? "a/b" : "a";
  message.payload.resize(std::size_t{u8()} % 128);
  if ((flags & 2U) != 0) message.properties = forwarded_properties({.message_expiry_s = 1}, oracle_.time());
  oracle_.deliver(std::move(message), (flags & 4U) == 0 ? 1 : 0, (flags & 8U) != 0, (flags & 0x30U) == 0x30U);
}

void Script::end() {
  const unsigned how = u8();
  oracle_.set_answers((how & 1U) != 0, (how & 3U) != 0);
  if (how < 240) return;
  oracle_.attend([&] {
    if (how < 250) return session_.close(ReasonCode::session_taken_over, "another connection has this identifier");
    session_.lost();
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script(std::as_bytes(std::span(data, size))).run();
  return 0;
}
