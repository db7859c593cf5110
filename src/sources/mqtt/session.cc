#include "sources/mqtt/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "sources/mqtt/forward.h"
#include "sources/mqtt/payload.h"

namespace artery::mqtt {

Session::Session(SessionHost& host, const SessionSettings& settings, MqttCounters& counters, runtime::Random& random)
    : host_(host),
      settings_(settings),
      counters_(counters),
      random_(random),
      last_received_(host.now()),
      outgoing_(host, settings, counters) {}

void Session::receive(Bytes bytes) {
  if (state_ == State::over) return;
  last_received_ = host_.now();
  count(counters_.bytes_in, bytes.size());
  if (!has_unread() && !wants_pause()) {
    const std::size_t handled = process(bytes);
    if (state_ != State::over) input_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(handled), bytes.end());
    read_ = 0;
    return;
  }
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(std::exchange(read_, 0)));
  input_.insert(input_.end(), bytes.begin(), bytes.end());
  resume();
}

void Session::resume() {
  if (state_ == State::over || !has_unread()) return;
  read_ += process(Bytes(input_).subspan(read_));
}

std::size_t Session::process(Bytes bytes) {
  std::size_t handled = 0;
  while (state_ != State::over && !wants_pause()) {
    packet_ = bytes.subspan(handled);
    const auto frame = next_frame(packet_, settings_.packet_bytes_max);
    if (!frame) {
      refuse(frame.error(), nullptr);
      break;
    }
    if (!*frame) break;
    frame_bytes_ = (*frame)->size;
    packet_ = packet_.first(frame_bytes_);
    handle(**frame);
    handled += frame_bytes_;
  }
  packet_ = {};
  return handled;
}

void Session::handle(const FrameView& frame) {
  if (state_ == State::opened && frame.type != PacketType::connect) {  // MQTT-3.1.0-1
    count(counters_.sessions_refused);
    host_.refused(fmt::format("{} before CONNECT [MQTT-3.1.0-1]", packet_name(frame.type)), packet_);
    return end();
  }
  const Result<Packet> packet = decode(frame, version_);
  if (!packet) return refuse(packet.error(), &frame);
  std::visit([this](const auto& any) { on(any); }, *packet);
}

bool Session::wants_pause() const {
  if (state_ == State::claiming || held_by_) return true;
  // Answers alone can bring it there: deliveries stop before.
  const bool reads_nothing = host_.unsent() > 2 * settings_.outbox_bytes_max + settings_.packet_bytes_max;
  return unanswered_.size() > settings_.receive_max || unanswered_bytes_ > settings_.unanswered_bytes_max ||
         reads_nothing;
}

void Session::tick() {
  const Instant now = host_.now();
  if (state_ == State::opened && now - last_received_ > settings_.connect_time_max) {
    count(counters_.sessions_timed_out);
    return end();
  }
  if (state_ != State::connected) return;
  if (wants_pause()) last_received_ = now;  // it is not the client's silence
  if (keep_alive_ > Duration::zero() && now - last_received_ > keep_alive_) {
    count(counters_.sessions_timed_out);
    close(ReasonCode::keep_alive_timeout, "nothing came within one and a half times the keep alive (MQTT-3.1.2-22)");
  }
}

template <class P>
void Session::send(const P& packet) {
  output_.clear();
  encode(packet, version_, output_);
  if (output_.size() > client_packet_bytes_max_) {  // MQTT-3.1.2-24
    return close(ReasonCode::implementation_specific_error, "an answer is longer than the client takes");
  }
  host_.send(output_);
}

template <class P>
void Session::send_acknowledgement(std::uint16_t packet_id, ReasonCode reason) {
  send(P{.packet_id = packet_id, .reason = v5() ? reason : ReasonCode::success});
}

// Ending.

void Session::end() {
  state_ = State::over;
  host_.on_changed();
}

void Session::close(ReasonCode reason, std::string_view why) {
  if (state_ == State::over) return;
  if (state_ == State::claiming) return refuse_connect(version_, ReasonCode::server_unavailable, why);
  if (state_ == State::connected && v5()) {
    Disconnect packet{.reason = reason};
    packet.properties.reason_string = why;
    if (encoded_size(packet, version_) > client_packet_bytes_max_) packet.properties.reason_string.reset();
    if (encoded_size(packet, version_) <= client_packet_bytes_max_) send(packet);
  }
  end();
}

void Session::protocol_error(ReasonCode reason, std::string_view why) {
  count(counters_.protocol_errors);
  host_.refused(why, packet_);
  close(reason, why);
}

// `frame` is what could not be decoded, where it could be told from its neighbours.
void Session::refuse(const Error& error, const FrameView* frame) {
  const ReasonCode reason = reason_of(error);
  if (state_ != State::opened) {
    // What is wrong with a second CONNECT may have no reason in DISCONNECT; that it came is wrong enough.
    const bool can_say = reason_allowed(reason, PacketType::disconnect);
    return protocol_error(can_say ? reason : ReasonCode::protocol_error, error.message());
  }
  host_.refused(error.message(), packet_);
  constexpr std::string_view protocol_of_v5("\0\4MQTT\5", 7);
  if (frame != nullptr && as_text(frame->body).starts_with(protocol_of_v5)) {
    return refuse_connect(ProtocolVersion::v5, reason, error.message());
  }
  if (error.is(CodecError::unsupported_version) || error.is(CodecError::client_id_not_valid)) {
    return refuse_connect(ProtocolVersion::v3_1_1, reason, error.message());
  }
  count(counters_.sessions_refused);
  end();
}

void Session::refuse_connect(ProtocolVersion version, ReasonCode reason, std::string_view why) {
  count(counters_.sessions_refused);
  version_ = version;
  Connack packet{.reason = reason};
  if (v5()) packet.properties.reason_string = why;
  if (encoded_size(packet, version_) <= client_packet_bytes_max_) send(packet);
  will_.reset();
  end();
}

live::SharedMessage Session::take_will() {
  ARTERY_ASSERT(state_ == State::over);
  if (!will_ || number_ == live::ClientNumber()) return nullptr;
  set_received(will_->properties, host_.time());
  auto will = std::make_shared<const live::Message>(*std::move(will_));
  will_.reset();
  return will;
}

// Beginning.

void Session::on(const Connect& packet) {
  if (state_ != State::opened) return protocol_error(ReasonCode::protocol_error, "a second CONNECT (MQTT-3.1.0-2)");
  version_ = packet.version;
  client_packet_bytes_max_ = packet.properties.maximum_packet_bytes.value_or(variable_integer_max);
  if (packet.properties.authentication_method) {
    return refuse_connect(version_, ReasonCode::bad_authentication_method, "there is no extended authentication here");
  }
  if (!set_client_id(packet)) return;
  keep_alive_ = std::chrono::seconds(packet.keep_alive_s) * 3 / 2;
  session_expiry_asked_ = packet.properties.session_expiry_s.value_or(0) > 0;
  outgoing_.open(version_, packet.properties.receive_maximum.value_or(65'535), client_packet_bytes_max_);
  if (packet.will) {
    will_.emplace();
    will_->topic = packet.will->topic;
    will_->payload = padded_payload(packet.will->payload);
    will_->properties = forwarded_properties(packet.will->properties, {});
    will_->qos = std::to_underlying(packet.will->qos);
    will_->retain = packet.will->retain;
  }
  state_ = State::claiming;
  host_.claim(client_id_);
}

bool Session::set_client_id(const Connect& packet) {
  if (packet.client_id.size() > settings_.client_id_bytes_max) {
    refuse_connect(version_, ReasonCode::client_identifier_not_valid,
                   fmt::format("a client identifier may have {} bytes", settings_.client_id_bytes_max));
    return false;
  }
  assigned_client_id_ = packet.client_id.empty();
  client_id_ = assigned_client_id_ ? fmt::format("auto-{:016x}", random_.next()) : packet.client_id;
  return true;
}

void Session::claimed(live::ClientNumber number) {
  if (state_ != State::claiming) return;
  state_ = State::connected;
  number_ = number;
  if (will_) will_->from = number;
  count(counters_.sessions_opened);
  Connack packet;
  if (v5()) {
    Properties& say = packet.properties;
    if (session_expiry_asked_) say.session_expiry_s = 0;
    say.receive_maximum = settings_.receive_max;
    say.maximum_packet_bytes = static_cast<std::uint32_t>(settings_.packet_bytes_max);
    if (assigned_client_id_) say.assigned_client_id = client_id_;
    say.topic_alias_maximum = settings_.topic_alias_max;
    say.shared_subscription_available = false;
    if (encoded_size(packet, version_) > client_packet_bytes_max_) {
      return protocol_error(ReasonCode::packet_too_large, "the client takes no packet as long as a CONNACK");
    }
  }
  send(packet);
  host_.on_changed();
}

// Publishes of the client.

void Session::on(const Publish& packet) {
  if (!packet.properties.subscription_ids.empty()) {
    return protocol_error(ReasonCode::protocol_error,
                          "PUBLISH with a Subscription Identifier, which only a server sends (MQTT-3.3.4-6)");
  }
  std::string_view topic;
  if (!resolve_alias(packet, topic) || !takes_packet_id(packet)) return;
  count(counters_.messages_in[std::to_underlying(packet.qos)]);
  ++messages_in_;
  const auto message = std::make_shared<live::Message>();
  message->topic = topic;
  message->payload = padded_payload(packet.payload);
  if (v5()) message->properties = forwarded_properties(packet.properties, host_.time());
  message->qos = std::to_underlying(packet.qos);
  message->retain = packet.retain;
  message->from = number_;

  const PublishNumber number(first_unanswered_.value() + unanswered_.size());
  unanswered_.push_back({.packet_id = packet.packet_id,
                         .qos = packet.qos,
                         .bytes = frame_bytes_,
                         .received = last_received_,
                         .outcome = {}});
  unanswered_bytes_ += frame_bytes_;
  if (packet.qos == Qos::at_least_once) ++unanswered_qos1_;
  if (packet.qos == Qos::exactly_once) received_.emplace(packet.packet_id, Received::unanswered);
  held_by_ = number;
  if (host_.publish(number, message)) held_by_.reset();
}

bool Session::resolve_alias(const Publish& packet, std::string_view& topic) {
  topic = packet.topic;
  if (!packet.properties.topic_alias) return true;
  const std::size_t alias = *packet.properties.topic_alias;
  if (alias > settings_.topic_alias_max) {
    protocol_error(ReasonCode::topic_alias_invalid, "a topic alias above the maximum (MQTT-3.3.2-9)");
    return false;
  }
  if (aliases_.size() < alias) aliases_.resize(alias);
  std::string& known = aliases_[alias - 1];
  if (!topic.empty()) known = topic;
  if (known.empty()) {
    protocol_error(ReasonCode::protocol_error, "a topic alias that stands for no topic (MQTT 5 section 3.3.2.3.4)");
    return false;
  }
  topic = known;
  return true;
}

// False for what came before, or must not come.
bool Session::takes_packet_id(const Publish& packet) {
  if (packet.qos == Qos::exactly_once) {
    if (const auto before = received_.find(packet.packet_id); before != received_.end()) {
      if (before->second == Received::answered) send_acknowledgement<Pubrec>(packet.packet_id, ReasonCode::success);
      return false;
    }
  }
  const bool too_many = packet.qos != Qos::at_most_once && unanswered_qos1_ + received_.size() >= settings_.receive_max;
  if (too_many && v5()) {
    protocol_error(ReasonCode::receive_maximum_exceeded, "more publishes than the Receive Maximum (MQTT-3.3.4-9)");
    return false;
  }
  return true;
}

void Session::published(PublishNumber number, PublishOutcome outcome) {
  if (state_ == State::over) return;
  ARTERY_ASSERT(number >= first_unanswered_ && number.value() - first_unanswered_.value() < unanswered_.size());
  Unanswered& answered = unanswered_[number.value() - first_unanswered_.value()];
  ARTERY_ASSERT(!answered.outcome);
  answered.outcome = outcome;
  if (held_by_ == number) held_by_.reset();
  const Instant now = host_.now();
  while (state_ != State::over && !unanswered_.empty() && unanswered_.front().outcome) answer_front(now);
  host_.on_changed();
}

void Session::answer_front(Instant now) {
  const Unanswered answered = unanswered_.front();
  unanswered_.pop_front();
  ++first_unanswered_;
  unanswered_bytes_ -= answered.bytes;
  if (answered.qos == Qos::at_least_once) --unanswered_qos1_;
  switch (*answered.outcome) {
    case PublishOutcome::done:
    case PublishOutcome::not_retained:
      acknowledge(answered);
      if (answered.qos != Qos::at_most_once) counters_.publishes.add(now - answered.received);
      return;
    case PublishOutcome::full:
      // Not an error in the acknowledgement: the client would discard what it can send again later.
      if (answered.qos == Qos::at_most_once) return;
      return close(ReasonCode::quota_exceeded, "there is no room on the disk: send it again later");
    case PublishOutcome::failed:
      return close(ReasonCode::server_shutting_down, "the node is stopping");
  }
}

void Session::acknowledge(const Unanswered& answered) {
  const bool done = *answered.outcome == PublishOutcome::done;
  const ReasonCode reason = done ? ReasonCode::success : ReasonCode::quota_exceeded;
  if (answered.qos == Qos::at_least_once) return send_acknowledgement<Puback>(answered.packet_id, reason);
  if (answered.qos != Qos::exactly_once) return;
  if (v5() && !done) {
    received_.erase(answered.packet_id);  // a PUBREC with an error ends it
  } else {
    received_[answered.packet_id] = Received::answered;
  }
  send_acknowledgement<Pubrec>(answered.packet_id, reason);
}

void Session::on(const Pubrel& packet) {
  const auto received = received_.find(packet.packet_id);
  if (received != received_.end() && received->second == Received::unanswered) {
    return protocol_error(ReasonCode::protocol_error, "a PUBREL before its PUBREC (MQTT section 4.3.3)");
  }
  const bool known = received != received_.end();
  if (known) received_.erase(received);
  send_acknowledgement<Pubcomp>(packet.packet_id,
                                known ? ReasonCode::success : ReasonCode::packet_identifier_not_found);
}

// What the client is sent.

bool Session::deliver(const live::SharedMessage& message, const live::Delivery& delivery) {
  if (state_ != State::connected) return false;
  const Outgoing::Verdict verdict = outgoing_.deliver(message, delivery);
  if (verdict == Outgoing::Verdict::overrun) {
    count(counters_.slow_clients);
    close(ReasonCode::quota_exceeded, "the client reads or acknowledges too slowly; its queue is full");
  }
  return verdict == Outgoing::Verdict::taken;
}

void Session::on(const Puback& packet) { outgoing_.acknowledge(packet.packet_id); }

void Session::on(const Subscribe& packet) {
  const auto& ids = packet.properties.subscription_ids;
  Suback answer{.packet_id = packet.packet_id};
  answer.reasons.reserve(packet.subscriptions.size());
  for (const Subscription& one : packet.subscriptions) {
    answer.reasons.push_back(subscribe(one, ids.empty() ? 0 : ids.front()));
  }
  send(answer);
}

ReasonCode Session::subscribe(const Subscription& subscription, std::uint32_t id) {
  if (v5() && subscription.filter.starts_with("$share/")) return ReasonCode::shared_subscriptions_not_supported;
  const Qos granted = std::min(subscription.qos, Qos::at_least_once);
  const Result<void> result = host_.subscribe(
      subscription.filter,
      {.qos = std::to_underlying(granted),
       .no_local = subscription.no_local,
       .retain_as_published = subscription.retain_as_published,
       .retain_handling = static_cast<live::RetainHandling>(std::to_underlying(subscription.retain_handling)),
       .id = id});
  if (result) return static_cast<ReasonCode>(std::to_underlying(granted));
  return result.error().is(live::LiveError::too_many) ? ReasonCode::quota_exceeded : ReasonCode::topic_filter_invalid;
}

void Session::on(const Unsubscribe& packet) {
  Unsuback answer{.packet_id = packet.packet_id};
  for (const std::string_view filter : packet.filters) {
    const bool existed = host_.unsubscribe(filter);
    if (v5()) answer.reasons.push_back(existed ? ReasonCode::success : ReasonCode::no_subscription_existed);
  }
  send(answer);
}

void Session::on(const Pingreq& /*packet*/) { send(Pingresp{}); }

void Session::on(const Disconnect& packet) {
  if (packet.properties.session_expiry_s.value_or(0) > 0 && !session_expiry_asked_) {
    return protocol_error(ReasonCode::protocol_error, "a session expiry that CONNECT did not ask for (MQTT-3.14.2-2)");
  }
  if (packet.reason != ReasonCode::disconnect_with_will) will_.reset();
  end();
}

// What only a server sends, what belongs to QoS 2 towards the client, and AUTH, which no CONNECT here may begin.
template <class P>
void Session::on(const P& /*packet*/) {
  protocol_error(ReasonCode::protocol_error, fmt::format("{} is not for this client to send", packet_name(P::type)));
}

}  // namespace artery::mqtt
