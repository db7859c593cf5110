// The host of a fuzzed MQTT session, which holds it against what the two sides may know: the bytes that the client has
// sent are read a second time, packet by packet, and each thing that the session does must be the next one that they,
// the answers and the deliveries ask for. Everything is asserted at once, so that a finding shows where it happened.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "base/assert.h"
#include "model/topic_filter.h"
#include "sources/mqtt/session.h"

namespace artery::mqtt {

class SessionOracle final : public SessionHost {
 public:
  SessionOracle(const SessionSettings& settings, const MqttCounters& counters)
      : settings_(settings), counters_(counters) {}

  // Before anything else; outlives it.
  void watch(Session& session) { session_ = &session; }

  // What the script does to the session. `Call` is made with it and whatever must hold afterwards is checked.
  template <class Call>
  void attend(Call call) {
    call();
    while (session_->has_unread() && !session_->is_over() && !session_->wants_pause()) {
      const std::size_t unread = session_->unread();
      session_->resume();
      if (session_->unread() == unread) break;  // an incomplete packet
    }
    check();
  }
  void receive(Bytes bytes);
  void claimed();
  // The one with this number among those that are not answered; nothing where there are none.
  void answer(std::size_t which, PublishOutcome outcome);
  void deliver(live::Message message, std::uint8_t qos, bool retain, bool waits);
  void pass(Duration time) { instant_ = instant_ + time; }
  // The client reads what was sent, or the first part of it.
  void read(std::size_t bytes);
  // Of publishes from now on: answered within the call, or nothing is read before the answer.
  void set_answers(bool at_once, bool goes_on) {
    answers_at_once_ = at_once;
    goes_on_ = goes_on;
  }

  // A packet identifier that the client has not acknowledged; 0 where there is none.
  [[nodiscard]] std::uint16_t in_flight(std::size_t which) const;
  // After the end.
  void check_will();

  // SessionHost
  [[nodiscard]] Instant now() const override { return instant_; }
  [[nodiscard]] Time time() const override { return Time(instant_.value() + 1'700'000'000'000'000'000); }
  void send(Bytes bytes) override;
  [[nodiscard]] std::size_t unsent() const override { return unsent_; }
  void claim(std::string_view client_id) override;
  bool publish(PublishNumber number, const live::SharedMessage& message) override;
  Result<void> subscribe(std::string_view filter, const live::SubscribeOptions& options) override;
  bool unsubscribe(std::string_view filter) override;
  void offer_retained() override;
  void refused(std::string_view reason, Bytes /*packet*/) override { ARTERY_ASSERT(!reason.empty()); }
  void on_changed() override {}

 private:
  struct Published {
    PublishNumber number;
    Qos qos;
    std::uint16_t id;
    std::optional<PublishOutcome> outcome;
  };
  struct Delivered {
    live::SharedMessage message;
    std::uint64_t serial;  // also the first bytes of its payload
    std::uint8_t qos;
    bool retain;
    bool waits;
  };
  enum class Id : std::uint8_t { unanswered, answered };

  // The client's next packet that the session has not shown to have handled.
  std::optional<Packet> next(std::size_t& size) const;
  // Steps over it where the session answers nothing to it.
  bool step_silent();
  template <class P>
  P take();

  void hear(const FrameView& frame);
  void on(const Connack& packet);
  void on(const Publish& packet);
  void on(const Puback& packet);
  void on(const Pubrec& packet);
  void on(const Pubcomp& packet);
  void on(const Suback& packet);
  void on(const Unsuback& packet);
  void on(const Pingresp& packet);
  void on(const Disconnect& packet);
  template <class P>
  void on(const P& /*packet*/) {
    ARTERY_ASSERT(false);  // no server sends it
  }
  Published take_answered(Qos qos);
  bool offer(const Delivered& delivered);
  [[nodiscard]] std::uint64_t dropped() const { return counters_.dropped_too_large + counters_.dropped_expired; }
  void check();
  void check_deliveries() const;

  const SessionSettings& settings_;
  const MqttCounters& counters_;
  Session* session_ = nullptr;
  Instant instant_{1'000'000'000};

  Buffer from_client_;
  std::size_t cursor_ = 0;  // of it, what the session has shown to have handled
  Buffer to_client_;        // not a whole packet yet
  std::size_t unsent_ = 0;
  bool was_congested_ = false;

  ProtocolVersion version_ = ProtocolVersion::v5;
  std::size_t client_packet_bytes_max_ = variable_integer_max;
  std::size_t window_ = 0;
  bool has_will_ = false;
  bool claims_ = false;
  bool claimed_ = false;
  bool greeted_ = false;  // a CONNACK was sent
  bool ended_ = false;    // what ends the connection was

  std::deque<Published> published_;       // not acknowledged, in order
  std::map<std::uint16_t, Id> received_;  // QoS 2, until PUBREL
  std::uint64_t publishes_ = 0;
  std::optional<PublishNumber> held_by_;
  bool answers_at_once_ = true;
  bool goes_on_ = true;

  std::set<std::uint16_t> in_flight_;
  std::deque<Delivered> taken_;    // with QoS 1, and not seen yet
  std::deque<Delivered> waiting_;  // retained ones that found no room
  std::optional<Delivered> offered_;
  bool offered_seen_ = false;
  std::uint64_t serial_ = 0;
  std::uint64_t dropped_qos0_ = 0;
  std::uint64_t dropped_qos1_seen_ = 0;  // of those before what came
};

}  // namespace artery::mqtt
