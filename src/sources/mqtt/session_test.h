// A session between a client that speaks through the codec and a host that records. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sources/mqtt/forward.h"
#include "sources/mqtt/session.h"

namespace artery::mqtt::testing {

using namespace std::chrono_literals;

class CountingRandom final : public runtime::Random {
 public:
  std::uint64_t next() override { return ++last_; }

 private:
  std::uint64_t last_ = 0;
};

// Packets out of a stream of bytes, in order; what they point to lives as long as this.
class PacketStream {
 public:
  void add(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  // The next packet; nothing where there is none.
  std::optional<Packet> next(ProtocolVersion version) {
    auto frame = next_frame(bytes_, variable_integer_max);
    EXPECT_TRUE(frame) << frame.error().message();
    if (!frame || !*frame) return std::nullopt;
    const std::size_t size = (*frame)->size;
    const Buffer& kept = kept_.emplace_back(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size));
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size));
    auto packet = decode(**next_frame(kept, variable_integer_max), version);
    EXPECT_TRUE(packet) << packet.error().message();
    if (!packet) return std::nullopt;
    return *std::move(packet);
  }

 private:
  Buffer bytes_;
  std::deque<Buffer> kept_;
};

class RecordingHost final : public SessionHost {
 public:
  [[nodiscard]] Instant now() const override { return instant; }
  [[nodiscard]] Time time() const override { return Time(instant.value() + 1'700'000'000'000'000'000); }
  void send(Bytes bytes) override { sent.add(bytes); }
  [[nodiscard]] std::size_t unsent() const override { return unsent_bytes; }
  void claim(std::string_view client_id) override { claims.emplace_back(client_id); }
  bool publish(PublishNumber number, const live::SharedMessage& message) override {
    published.emplace_back(number, message);
    if (answer_at_once) session->published(number, *answer_at_once);
    return goes_on;
  }
  Result<void> subscribe(std::string_view filter, const live::SubscribeOptions& options) override {
    if (subscribe_error) return *subscribe_error;
    subscriptions.insert_or_assign(std::string(filter), options);
    return {};
  }
  bool unsubscribe(std::string_view filter) override { return subscriptions.erase(std::string(filter)) > 0; }
  void offer_retained() override { ++offers; }
  void refused(std::string_view reason, Bytes packet) override { refusals.emplace_back(reason, as_text(packet)); }
  void on_changed() override {}

  Session* session = nullptr;
  Instant instant{1'000'000'000};
  PacketStream sent;
  std::size_t unsent_bytes = 0;
  std::vector<std::string> claims;
  std::vector<std::pair<PublishNumber, live::SharedMessage>> published;
  std::optional<PublishOutcome> answer_at_once = PublishOutcome::done;
  bool goes_on = true;
  std::map<std::string, live::SubscribeOptions> subscriptions;
  std::optional<Error> subscribe_error;
  int offers = 0;
  std::vector<std::pair<std::string, std::string>> refusals;  // the reason, the packet
};

class SessionTest : public ::testing::Test {
 protected:
  // Begins anew.
  void open(ProtocolVersion version, SessionSettings settings = {}) {
    version_ = version;
    settings_ = settings;
    host = std::make_unique<RecordingHost>();
    session = std::make_unique<Session>(*host, settings_, counters, random);
    host->session = session.get();
  }
  template <class P>
  void say(const P& packet) {
    Buffer bytes;
    encode(packet, version_, bytes);
    session->receive(bytes);
  }
  // The next packet that the session sent, which is a P.
  template <class P>
  P hear() {
    const std::optional<Packet> packet = host->sent.next(version_);
    if (!packet || !std::holds_alternative<P>(*packet)) {
      ADD_FAILURE() << (packet ? "another packet" : "no packet");
      return {};
    }
    return std::get<P>(*packet);
  }
  bool hears_nothing() { return !host->sent.next(version_).has_value(); }

  Connack connect(Connect packet = {}) {
    packet.version = version_;
    if (packet.client_id.empty()) packet.client_id = "press7";
    say(packet);
    session->claimed(live::ClientNumber(7));
    return hear<Connack>();
  }
  void open_connected(ProtocolVersion version, SessionSettings settings = {}, Connect packet = {}) {
    open(version, settings);
    EXPECT_EQ(connect(std::move(packet)).reason, ReasonCode::success);
  }
  void publish(std::string_view topic, std::string_view payload, Qos qos = Qos::at_most_once, std::uint16_t id = 0) {
    say(Publish{.qos = qos, .packet_id = id, .topic = topic, .payload = as_bytes(payload)});
  }
  live::SharedMessage message(std::string topic, std::string_view payload, std::uint8_t qos = 1,
                              Properties properties = {}) {
    live::Message made;
    made.topic = std::move(topic);
    made.payload.assign(as_bytes(payload).begin(), as_bytes(payload).end());
    made.properties = forwarded_properties(properties, host->time());
    made.qos = qos;
    return std::make_shared<const live::Message>(std::move(made));
  }
  bool deliver(const live::SharedMessage& message_to_send, std::uint8_t qos) {
    live::Delivery delivery;
    delivery.qos = qos;
    return session->deliver(message_to_send, delivery);
  }
  // The reason of the DISCONNECT of version 5, or success where the session only ended, and that it ended.
  ReasonCode ended() {
    EXPECT_TRUE(session->is_over());
    const auto packet = host->sent.next(version_);
    if (!packet) return ReasonCode::success;
    if (const auto* connack = std::get_if<Connack>(&*packet)) return connack->reason;
    EXPECT_TRUE(std::holds_alternative<Disconnect>(*packet));
    return std::holds_alternative<Disconnect>(*packet) ? std::get<Disconnect>(*packet).reason : ReasonCode::success;
  }

  CountingRandom random;
  MqttCounters counters;
  SessionSettings settings_;
  std::unique_ptr<RecordingHost> host;
  std::unique_ptr<Session> session;
  ProtocolVersion version_ = ProtocolVersion::v5;
};

inline constexpr ProtocolVersion v3 = ProtocolVersion::v3_1_1;
inline constexpr ProtocolVersion v5 = ProtocolVersion::v5;
inline constexpr Qos qos0 = Qos::at_most_once;
inline constexpr Qos qos1 = Qos::at_least_once;
inline constexpr Qos qos2 = Qos::exactly_once;

}  // namespace artery::mqtt::testing
