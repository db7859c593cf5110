#include "mqtt_session_oracle.h"

#include <algorithm>
#include <utility>

#include "sources/mqtt/codec.h"

namespace artery::mqtt {

// What the client said.

std::optional<Packet> SessionOracle::next(std::size_t& size) const {
  const auto frame = next_frame(Bytes(from_client_).subspan(cursor_), settings_.packet_bytes_max);
  if (!frame || !*frame) return std::nullopt;
  auto packet = decode(**frame, version_);
  if (!packet) return std::nullopt;
  size = (*frame)->size;
  return *std::move(packet);
}

bool SessionOracle::step_silent() {
  std::size_t size = 0;
  const std::optional<Packet> packet = next(size);
  if (!packet) return false;
  if (const auto* acknowledged = std::get_if<mqtt::Puback>(&*packet)) {
    in_flight_.erase(acknowledged->packet_id);
  } else if (const auto* publish = std::get_if<mqtt::Publish>(&*packet)) {
    // A repetition of what has no PUBREC yet.
    const auto known = received_.find(publish->packet_id);
    const bool repeats = publish->qos == Qos::exactly_once && known != received_.end() &&
                         publish->properties.subscription_ids.empty();  // a fault, repeated or not
    if (!repeats || known->second == Id::answered) return false;
  } else {
    return false;
  }
  cursor_ += size;
  return true;
}

// The next packet that asks for something, which is a P.
template <class P>
P SessionOracle::take() {
  ARTERY_ASSERT(!session_->is_over() && !held_by_);
  while (step_silent()) {
  }
  std::size_t size = 0;
  std::optional<Packet> packet = next(size);
  ARTERY_ASSERT(packet && std::holds_alternative<P>(*packet));
  cursor_ += size;
  return std::get<P>(*std::move(packet));
}

// What the script does.

void SessionOracle::receive(Bytes bytes) {
  if (session_->is_over() || session_->wants_pause()) return;
  from_client_.insert(from_client_.end(), bytes.begin(), bytes.end());
  attend([&] { session_->receive(bytes); });
}

void SessionOracle::claimed() {
  if (!claims_ || claimed_ || session_->is_over()) return;
  claimed_ = true;
  attend([this] { session_->claimed(live::ClientNumber(7)); });
}

void SessionOracle::answer(std::size_t which, PublishOutcome outcome) {
  std::vector<Published*> open;
  for (Published& one : published_) {
    if (!one.outcome) open.push_back(&one);
  }
  if (open.empty()) return;
  Published& chosen = *open[which % open.size()];
  chosen.outcome = outcome;
  if (held_by_ == chosen.number) held_by_.reset();
  attend([this, outcome, number = chosen.number] { session_->published(number, outcome); });
}

void SessionOracle::deliver(live::Message message, std::uint8_t qos, bool retain, bool waits) {
  if (!greeted_) return;  // the router does not know it yet
  Buffer numbered;
  ByteWriter writer(numbered);
  writer.put(++serial_);
  writer.bytes(message.payload);
  message.payload = std::move(numbered);
  const Delivered delivered{std::make_shared<const live::Message>(std::move(message)), serial_, qos, retain, waits};
  attend([&] {
    // The router keeps the order of those that wait.
    const bool behind = waits && !waiting_.empty();
    if ((behind || !offer(delivered)) && waits && !session_->is_over()) waiting_.push_back(delivered);
  });
}

void SessionOracle::read(std::size_t bytes) {
  unsent_ -= std::min(bytes, unsent_);
  if (unsent_ > 0 || !std::exchange(was_congested_, false)) return;
  attend([this] { session_->drained(); });
}

std::uint16_t SessionOracle::in_flight(std::size_t which) const {
  if (in_flight_.empty()) return 0;
  return *std::next(in_flight_.begin(), static_cast<std::ptrdiff_t>(which % in_flight_.size()));
}

bool SessionOracle::offer(const Delivered& delivered) {
  const bool was_over = session_->is_over();
  const std::uint64_t dropped_before = dropped();
  offered_ = delivered;
  offered_seen_ = false;
  if (delivered.qos > 0) taken_.push_back(delivered);
  live::Delivery delivery;
  delivery.qos = delivered.qos;
  delivery.retain = delivered.retain;
  delivery.waits = delivered.waits;
  const bool taken = session_->deliver(delivered.message, delivery);
  offered_.reset();
  ARTERY_ASSERT(!taken || (!was_over && greeted_));
  if (!taken) ARTERY_ASSERT(!offered_seen_);
  if (delivered.qos == 0 && taken && !offered_seen_) {
    ARTERY_ASSERT(dropped() == dropped_before + 1);
    ++dropped_qos0_;
  }
  if (delivered.qos > 0 && !taken) taken_.pop_back();
  return taken;
}

// What the session does.

void SessionOracle::send(Bytes bytes) {
  ARTERY_ASSERT(!session_->is_over());
  unsent_ += bytes.size();
  was_congested_ = was_congested_ || unsent_ > settings_.outbox_bytes_max;
  to_client_.insert(to_client_.end(), bytes.begin(), bytes.end());
  for (;;) {
    const auto frame = next_frame(to_client_, variable_integer_max);
    ARTERY_ASSERT(frame.has_value());
    if (!*frame) return;
    const std::size_t size = (*frame)->size;
    hear(**frame);
    to_client_.erase(to_client_.begin(), to_client_.begin() + static_cast<std::ptrdiff_t>(size));
  }
}

void SessionOracle::hear(const FrameView& frame) {
  // A refused CONNECT may not have told its version; a CONNACK shows it.
  const bool plain_refusal = !claims_ && frame.type == PacketType::connack && frame.body.size() == 2;
  const ProtocolVersion version = plain_refusal ? ProtocolVersion::v3_1_1 : version_;
  const Result<Packet> packet = decode(frame, version);
  ARTERY_ASSERT(packet.has_value() && !ended_);
  ARTERY_ASSERT(frame.size <= client_packet_bytes_max_);
  ARTERY_ASSERT(greeted_ || frame.type == PacketType::connack ||
                (claimed_ && frame.type == PacketType::disconnect));  // a CONNACK may be longer than the client takes
  std::visit([this](const auto& any) { on(any); }, *packet);
}

void SessionOracle::on(const Connack& packet) {
  ARTERY_ASSERT(!greeted_ && !packet.session_present);
  greeted_ = true;
  ended_ = packet.reason != ReasonCode::success;
  ARTERY_ASSERT(ended_ || claimed_);
}

void SessionOracle::on(const Publish& packet) {
  ARTERY_ASSERT(!packet.dup && packet.payload.size() >= sizeof serial_ && packet.qos != Qos::exactly_once);
  const auto serial = load<std::uint64_t>(packet.payload.data());
  std::optional<Delivered> expected = offered_;
  if (packet.qos == Qos::at_least_once) {
    while (!taken_.empty() && taken_.front().serial != serial) {
      ++dropped_qos1_seen_;
      taken_.pop_front();
    }
    ARTERY_ASSERT(!taken_.empty());
    expected = taken_.front();
    taken_.pop_front();
    // Acknowledgements that made room for it.
    while (in_flight_.size() >= window_ || in_flight_.contains(packet.packet_id)) ARTERY_ASSERT(step_silent());
    in_flight_.insert(packet.packet_id);
  }
  ARTERY_ASSERT(expected && expected->serial == serial && !(expected->qos == 0 && offered_seen_));
  if (offered_ && offered_->serial == serial) offered_seen_ = true;
  ARTERY_ASSERT(packet.topic == expected->message->topic && packet.payload == Binary(expected->message->payload));
  ARTERY_ASSERT(packet.retain == expected->retain && std::to_underlying(packet.qos) == expected->qos);
}

// The front of what is not acknowledged, which must be answered and of this kind. Those of QoS 0 need nothing.
SessionOracle::Published SessionOracle::take_answered(Qos qos) {
  while (!published_.empty() && published_.front().qos == Qos::at_most_once && published_.front().outcome) {
    published_.pop_front();
  }
  ARTERY_ASSERT(!published_.empty() && published_.front().qos == qos && published_.front().outcome);
  const Published front = published_.front();
  published_.pop_front();
  ARTERY_ASSERT(*front.outcome == PublishOutcome::done || *front.outcome == PublishOutcome::not_retained);
  return front;
}

void SessionOracle::on(const Puback& packet) {
  const Published answered = take_answered(Qos::at_least_once);
  const bool as_an_error = version_ == ProtocolVersion::v5 && *answered.outcome != PublishOutcome::done;
  ARTERY_ASSERT(packet.packet_id == answered.id && is_failure(packet.reason) == as_an_error);
}

void SessionOracle::on(const Pubrec& packet) {
  const auto known = received_.find(packet.packet_id);
  if (known != received_.end() && known->second == Id::answered) {
    const auto repeated = take<Publish>();
    ARTERY_ASSERT(repeated.qos == Qos::exactly_once && repeated.packet_id == packet.packet_id);
    return;
  }
  const Published answered = take_answered(Qos::exactly_once);
  const bool as_an_error = version_ == ProtocolVersion::v5 && *answered.outcome != PublishOutcome::done;
  ARTERY_ASSERT(packet.packet_id == answered.id && is_failure(packet.reason) == as_an_error);
  if (as_an_error) {
    received_.erase(packet.packet_id);
  } else {
    received_.at(packet.packet_id) = Id::answered;
  }
}

void SessionOracle::on(const Pubcomp& packet) {
  const auto released = take<Pubrel>();
  const bool known = received_.erase(released.packet_id) > 0;
  ARTERY_ASSERT(packet.packet_id == released.packet_id);
  ARTERY_ASSERT(version_ == ProtocolVersion::v3_1_1 || known == (packet.reason == ReasonCode::success));
}

void SessionOracle::on(const Suback& packet) {
  const auto asked = take<Subscribe>();
  ARTERY_ASSERT(packet.packet_id == asked.packet_id && packet.reasons.size() == asked.subscriptions.size());
}

void SessionOracle::on(const Unsuback& packet) {
  const auto asked = take<Unsubscribe>();
  ARTERY_ASSERT(packet.packet_id == asked.packet_id);
  ARTERY_ASSERT(version_ == ProtocolVersion::v3_1_1 || packet.reasons.size() == asked.filters.size());
}

void SessionOracle::on(const Pingresp& /*packet*/) { take<Pingreq>(); }

void SessionOracle::on(const Disconnect& packet) {
  ARTERY_ASSERT(version_ == ProtocolVersion::v5 && is_failure(packet.reason));
  ended_ = true;
}

void SessionOracle::claim(std::string_view client_id) {
  ARTERY_ASSERT(!claims_ && !client_id.empty());
  const auto connect = take<Connect>();
  claims_ = true;
  version_ = connect.version;
  ARTERY_ASSERT(connect.client_id.empty() || connect.client_id == client_id);
  client_packet_bytes_max_ = connect.properties.maximum_packet_bytes.value_or(variable_integer_max);
  const std::size_t receive_max = connect.properties.receive_maximum.value_or(65'535);
  window_ = std::min({receive_max, std::size_t{settings_.in_flight_max}, std::size_t{1024}});
  has_will_ = connect.will.has_value();
  if (!answers_at_once_) return;
  claimed_ = true;
  session_->claimed(live::ClientNumber(7));
}

bool SessionOracle::publish(PublishNumber number, const live::SharedMessage& message) {
  ARTERY_ASSERT(greeted_ && number.value() == publishes_++);
  const auto packet = take<Publish>();
  ARTERY_ASSERT(std::to_underlying(packet.qos) == message->qos && packet.retain == message->retain);
  ARTERY_ASSERT(packet.payload == Binary(message->payload) && valid_topic_name(message->topic));
  ARTERY_ASSERT(packet.topic.empty() || packet.topic == message->topic);
  published_.push_back({.number = number, .qos = packet.qos, .id = packet.packet_id, .outcome = {}});
  if (packet.qos == Qos::exactly_once) {
    ARTERY_ASSERT(received_.emplace(packet.packet_id, Id::unanswered).second);
  }
  held_by_ = number;
  if (answers_at_once_) {
    published_.back().outcome = PublishOutcome::done;
    held_by_.reset();
    session_->published(number, PublishOutcome::done);
  } else if (goes_on_) {
    held_by_.reset();
  }
  return goes_on_;
}

Result<void> SessionOracle::subscribe(std::string_view filter, const live::SubscribeOptions& options) {
  ARTERY_ASSERT(greeted_ && !session_->is_over() && !held_by_ && valid_topic_filter(filter) && options.qos <= 1);
  if (filter.size() % 8 == 7) return Error(live::LiveError::too_many, "as many as there may be");
  return {};
}

bool SessionOracle::unsubscribe(std::string_view filter) {
  ARTERY_ASSERT(greeted_ && !session_->is_over() && !held_by_ && valid_topic_filter(filter));
  return filter.size() % 2 == 0;
}

void SessionOracle::offer_retained() {
  ARTERY_ASSERT(greeted_ && !session_->is_over());
  while (!waiting_.empty() && offer(waiting_.front())) waiting_.pop_front();
}

// What holds between the calls.

void SessionOracle::check() {
  if (session_->is_over()) return;
  ARTERY_ASSERT(to_client_.empty() && !ended_);
  // All that was handled is known to be.
  const std::size_t handled = from_client_.size() - session_->unread();
  ARTERY_ASSERT(cursor_ <= handled);
  while (cursor_ < handled) ARTERY_ASSERT(step_silent());
  ARTERY_ASSERT(cursor_ == handled);
  ARTERY_ASSERT(session_->wants_pause() || session_->unread() < settings_.packet_bytes_max);
  while (!published_.empty() && published_.front().qos == Qos::at_most_once && published_.front().outcome) {
    published_.pop_front();
  }
  ARTERY_ASSERT(published_.empty() || !published_.front().outcome);
  ARTERY_ASSERT(published_.size() <= settings_.receive_max + std::size_t{1});
  ARTERY_ASSERT(version_ != ProtocolVersion::v5 || received_.size() <= settings_.receive_max);
  constexpr std::size_t acknowledgement_bytes_max = 8;
  ARTERY_ASSERT(unsent_ <= 2 * settings_.outbox_bytes_max + 3 * settings_.packet_bytes_max +
                               acknowledgement_bytes_max * settings_.receive_max);
  if (greeted_) check_deliveries();
}

void SessionOracle::check_deliveries() const {
  const std::uint64_t dropped_qos1 = dropped() - dropped_qos0_;
  ARTERY_ASSERT(dropped_qos1_seen_ <= dropped_qos1);
  ARTERY_ASSERT(taken_.size() >= dropped_qos1 - dropped_qos1_seen_);
  const std::size_t queued = taken_.size() - (dropped_qos1 - dropped_qos1_seen_);
  ARTERY_ASSERT(in_flight_.size() <= window_ && queued <= settings_.queue_messages_max);
  // Nothing waits without a reason.
  if (!was_congested_ && in_flight_.size() < window_) ARTERY_ASSERT(queued == 0 && waiting_.empty());
}

void SessionOracle::check_will() {
  if (!session_->is_over()) session_->lost();
  const live::SharedMessage will = session_->take_will();
  ARTERY_ASSERT(will == nullptr || (has_will_ && claimed_ && valid_topic_name(will->topic)));
  ARTERY_ASSERT(session_->take_will() == nullptr);
}

}  // namespace artery::mqtt
