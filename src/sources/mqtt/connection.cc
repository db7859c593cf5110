#include "sources/mqtt/connection.h"

#include <string>
#include <utility>

#include "base/assert.h"
#include "sources/mqtt/broker_shard.h"

namespace artery::mqtt {

BrokerConnection::BrokerConnection(BrokerShard& shard, std::uint64_t id, std::unique_ptr<runtime::Socket> socket)
    : shard_(shard),
      id_(id),
      socket_(std::move(socket)),
      sender_{.client_id = {}, .remote = runtime::to_text(socket_->peer())},
      session_(*this, shard.settings().session, shard.counters(), shard.random()) {}

void BrokerConnection::start() {
  socket_->tell_when_drained(shard_.settings().session.outbox_bytes_max);
  socket_->set_handler(*this);
}

template <class Work>
void BrokerConnection::attend(Work work) {
  ARTERY_ASSERT(shard_.loop().is_current() && !attending_);
  attending_ = true;
  work();
  while (session_.has_unread() && !session_.is_over() && !session_.wants_pause()) {
    const std::size_t unread = session_.unread();
    session_.resume();
    if (session_.unread() == unread) break;  // an incomplete packet
  }
  attending_ = false;
  settle();
}

void BrokerConnection::tick() {
  attend([this] { session_.tick(); });
}

void BrokerConnection::close(ReasonCode reason, std::string_view why) {
  attend([&] { session_.close(reason, why); });
}

void BrokerConnection::look_after() {
  settle_posted_ = false;
  attend([] {});
}

void BrokerConnection::settle() {
  if (session_.is_over()) {
    end_session();
    if (!std::exchange(finishing_, true)) socket_->finish();
    return;
  }
  if (session_.wants_pause() == paused_) return;
  paused_ = !paused_;
  if (paused_) {
    socket_->pause();
  } else {
    socket_->resume();
  }
}

// What others may know of it is undone at once; only the socket lingers.
void BrokerConnection::end_session() {
  if (number_) shard_.router().leave(*std::exchange(number_, std::nullopt));
  if (!std::exchange(claims_, false)) return;
  if (const live::SharedMessage will = session_.take_will()) {
    shard_.publish_will(id_, sender_, will);
  } else {
    shard_.release(id_, session_.client_id());
  }
}

// runtime::SocketHandler

void BrokerConnection::on_data(Bytes bytes) {
  bytes_in_ += bytes.size();
  attend([&] { session_.receive(bytes); });
}

void BrokerConnection::on_drained() {
  attend([this] { session_.drained(); });
}

void BrokerConnection::on_closed(std::string_view /*reason*/) {
  session_.lost();
  finishing_ = true;
  end_session();
  shard_.remove(id_);
}

// SessionHost

Instant BrokerConnection::now() const { return shard_.clock().instant(); }
Time BrokerConnection::time() const { return shard_.clock().now(); }

void BrokerConnection::send(Bytes bytes) {
  count(shard_.counters().bytes_out, bytes.size());
  bytes_out_ += bytes.size();
  socket_->send(bytes);
}

void BrokerConnection::claim(std::string_view client_id) {
  claims_ = true;
  sender_.client_id = client_id;
  if (shard_.claim(id_, client_id)) join();
}

void BrokerConnection::claimed() {
  if (!claims_ || session_.is_over()) return;
  attend([this] { join(); });
}

void BrokerConnection::join() {
  number_ = shard_.router().join(session_);
  since_ = time();
  session_.claimed(*number_);
}

bool BrokerConnection::publish(PublishNumber number, const live::SharedMessage& message) {
  return shard_.publisher().publish(message, sender_, {.connection = id_, .number = number});
}

void BrokerConnection::published(PublishNumber number, const Publisher::Answered& answered) {
  samples_accepted_ += answered.samples_accepted;
  samples_refused_ += answered.samples_refused;
  if (attending_) return session_.published(number, answered.outcome);
  attend([&] { session_.published(number, answered.outcome); });
}

BrokerClient BrokerConnection::describe() const {
  return {.client_id = session_.client_id(),
          .remote = socket_->peer(),
          .version = session_.version(),
          .since = since_,
          .heard = Time(time().value() - (now() - session_.last_received()).count()),
          .messages_in = session_.messages_in(),
          .messages_out = session_.messages_out(),
          .bytes_in = bytes_in_,
          .bytes_out = bytes_out_,
          .samples_accepted = samples_accepted_,
          .samples_refused = samples_refused_,
          .dropped = session_.dropped(),
          .subscriptions = shard_.router().subscriptions(*number_)};
}

Result<void> BrokerConnection::subscribe(std::string_view filter, const live::SubscribeOptions& options) {
  return shard_.router().subscribe(*number_, filter, options);
}

bool BrokerConnection::unsubscribe(std::string_view filter) { return shard_.router().unsubscribe(*number_, filter); }

void BrokerConnection::offer_retained() { shard_.router().resume(*number_); }

void BrokerConnection::refused(std::string_view reason, Bytes packet) {
  admission::Rejection rejection{.time = time(),
                                 .source = "mqtt",
                                 .client = session_.client_id(),
                                 .remote = sender_.remote,
                                 .kind = admission::RefusalKind::malformed,
                                 .reason = std::string(reason),
                                 .line = 0,
                                 .topic = {},
                                 .bytes = std::string(as_text(packet).substr(0, admission::rejection_bytes_max))};
  shard_.rejections().add_one(std::move(rejection));
}

void BrokerConnection::on_changed() {
  if (attending_ || std::exchange(settle_posted_, true)) return;
  shard_.look_after_later(id_);
}

}  // namespace artery::mqtt
