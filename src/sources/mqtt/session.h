// One MQTT client's session, from CONNECT to the end of its connection: bytes and time in; bytes, publishes and
// subscriptions out, through SessionHost. It owns no socket and no timer. MQTT 3.1.1 and 5; sessions are clean, QoS 0
// to 2 come in, QoS 0 and 1 go out (docs/guide/en/mqtt.md says what that means for a client).
//
// Threads: the loop of its connection. The host may destroy it between calls, never within one.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "live/outbox.h"
#include "runtime/random.h"
#include "sources/mqtt/codec.h"
#include "sources/mqtt/counters.h"
#include "sources/mqtt/outgoing.h"
#include "sources/mqtt/packet.h"
#include "sources/mqtt/session_host.h"
#include "sources/mqtt/session_settings.h"

namespace artery::mqtt {

class Session final : public live::Outbox {
 public:
  // All must outlive it.
  Session(SessionHost& host, const SessionSettings& settings, MqttCounters& counters, runtime::Random& random);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() = default;

  // Handles the packets in `bytes`; keeps what is incomplete, or behind a pause.
  void receive(Bytes bytes);
  // Goes on with what it kept.
  void resume();
  // Time-outs. About once a second.
  void tick();
  // The client has read what was sent.
  void drained() {
    if (state_ == State::connected) outgoing_.drained();
  }

  // Answers to the host's functions of these names.
  void claimed(live::ClientNumber number);
  void published(PublishNumber number, PublishOutcome outcome);

  // Ends the session for a reason of the server's; a client of version 5 is told.
  void close(ReasonCode reason, std::string_view why);
  // The connection is gone.
  void lost() { state_ = State::over; }

  bool deliver(const live::SharedMessage& message, const live::Delivery& delivery) override;

  // Whether the connection is to be ended after what was sent.
  [[nodiscard]] bool is_over() const { return state_ == State::over; }
  // Whether the connection is to be read no further for now.
  [[nodiscard]] bool wants_pause() const;
  [[nodiscard]] std::size_t unread() const { return input_.size() - read_; }
  [[nodiscard]] bool has_unread() const { return unread() > 0; }
  // Empty before CONNECT.
  [[nodiscard]] const std::string& client_id() const { return client_id_; }
  [[nodiscard]] ProtocolVersion version() const { return version_; }
  [[nodiscard]] Instant last_received() const { return last_received_; }
  [[nodiscard]] std::uint64_t messages_in() const { return messages_in_; }
  [[nodiscard]] std::uint64_t messages_out() const { return outgoing_.sent(); }
  [[nodiscard]] std::uint64_t dropped() const { return outgoing_.dropped(); }

  // Once the session is over: the will, where it is to be published. Once.
  live::SharedMessage take_will();

 private:
  enum class State : std::uint8_t { opened, claiming, connected, over };
  // A publish that the host has not answered, or whose answer waits for one before it: acknowledgements go out in the
  // order of the publishes (MQTT-4.6.0-2, MQTT-4.6.0-3).
  struct Unanswered {
    std::uint16_t packet_id;
    Qos qos;
    std::size_t bytes;
    Instant received;
    std::optional<PublishOutcome> outcome;
  };
  enum class Received : std::uint8_t { unanswered, answered };  // answered: PUBREC was sent

  std::size_t process(Bytes bytes);
  void handle(const FrameView& frame);
  void refuse(const Error& error, const FrameView* frame);
  void refuse_connect(ProtocolVersion version, ReasonCode reason, std::string_view why);
  void protocol_error(ReasonCode reason, std::string_view why);
  void end();

  void on(const Connect& packet);
  void on(const Publish& packet);
  void on(const Puback& packet);
  void on(const Pubrel& packet);
  void on(const Subscribe& packet);
  void on(const Unsubscribe& packet);
  void on(const Pingreq& packet);
  void on(const Disconnect& packet);
  template <class P>
  void on(const P& packet);

  bool set_client_id(const Connect& packet);
  bool resolve_alias(const Publish& packet, std::string_view& topic);
  bool takes_packet_id(const Publish& packet);
  void answer_front(Instant now);
  void acknowledge(const Unanswered& answered);
  ReasonCode subscribe(const Subscription& subscription, std::uint32_t id);
  template <class P>
  void send(const P& packet);
  template <class P>
  void send_acknowledgement(std::uint16_t packet_id, ReasonCode reason);
  [[nodiscard]] bool v5() const { return version_ == ProtocolVersion::v5; }

  SessionHost& host_;
  const SessionSettings& settings_;
  MqttCounters& counters_;
  runtime::Random& random_;
  State state_ = State::opened;
  Instant last_received_;

  Buffer input_;          // received and not handled
  std::size_t read_ = 0;  // of it, handled meanwhile
  std::size_t frame_bytes_ = 0;
  Bytes packet_;  // the one in hand, while process() runs
  Buffer output_;

  ProtocolVersion version_ = ProtocolVersion::v5;
  std::string client_id_;
  bool assigned_client_id_ = false;
  Duration keep_alive_{0};  // one and a half times what CONNECT said; 0: for ever
  std::size_t client_packet_bytes_max_ = variable_integer_max;
  bool session_expiry_asked_ = false;
  live::ClientNumber number_;
  std::optional<live::Message> will_;

  std::uint64_t messages_in_ = 0;
  std::vector<std::string> aliases_;  // from 1
  std::deque<Unanswered> unanswered_;
  PublishNumber first_unanswered_{0};
  std::size_t unanswered_bytes_ = 0;
  std::size_t unanswered_qos1_ = 0;
  std::unordered_map<std::uint16_t, Received> received_;  // QoS 2, until PUBREL
  std::optional<PublishNumber> held_by_;                  // nothing is handled before its answer

  Outgoing outgoing_;
};

}  // namespace artery::mqtt
