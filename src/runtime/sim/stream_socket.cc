#include "runtime/sim/stream_socket.h"

#include <utility>

#include "base/assert.h"

namespace artery::sim {

StreamSocket::StreamSocket(Network& network, EndId id, LaneId lane, runtime::Address local, runtime::Address peer)
    : network_(network), id_(id), lane_(lane), local_(std::move(local)), peer_(std::move(peer)) {
  network_.enter(id_, *this);
}

StreamSocket::~StreamSocket() {
  assert_home();
  network_.scheduler().cancel(linger_);
  network_.forget(id_);
  if (!closed_) network_.leave(id_);
}

void StreamSocket::assert_home() const { ARTERY_ASSERT(network_.scheduler().is_home(lane_)); }

void StreamSocket::set_handler(runtime::SocketHandler& handler) {
  assert_home();
  handler_ = &handler;
  wake();
}

void StreamSocket::send(Bytes bytes) {
  assert_home();
  if (closed_ || finishing_ || bytes.empty()) return;
  unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
  tell_drained_ |= unsent() > drained_above_;
  wake();
}

void StreamSocket::tell_when_drained(std::size_t bytes) {
  assert_home();
  drained_above_ = bytes;
  tell_drained_ = unsent() > bytes;
}

void StreamSocket::pause() {
  assert_home();
  paused_ = true;
}

void StreamSocket::resume() {
  assert_home();
  paused_ = false;
  wake();
}

void StreamSocket::finish() {
  assert_home();
  if (closed_ || finishing_) return;
  finishing_ = true;
  start_linger();
  wake();
}

void StreamSocket::wake() {
  if (std::exchange(woken_, true)) return;
  network_.scheduler().post(lane_, [&network = network_, id = id_] {
    if (StreamSocket* socket = network.find(id)) socket->turn();
  });
}

void StreamSocket::turn() {
  woken_ = false;
  if (closed_) {
    if (handler_ != nullptr && !untold_.empty()) handler_->on_closed(std::exchange(untold_, {}));
    return;
  }
  if (const std::string_view reason = network_.broken(id_); !reason.empty()) return close(std::string(reason));
  if (flush()) read();
}

bool StreamSocket::flush() {
  const std::size_t taken = network_.put(id_, unsent_);
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(taken));
  if (!unsent_.empty()) return true;
  if (finishing_ && !ended_) {
    if (peer_ended_) return close("finished"), false;
    ended_ = true;
    network_.end(id_);
    start_linger();
  }
  if (!std::exchange(tell_drained_, false) || handler_ == nullptr || finishing_) return true;
  Network& network = network_;
  const EndId id = id_;
  handler_->on_drained();
  return network.find(id) != nullptr;
}

void StreamSocket::read() {
  if (peer_ended_ || (!finishing_ && (handler_ == nullptr || paused_))) return;
  const Network::Arrived arrived = network_.take(id_);
  if (!arrived.bytes.empty() && !finishing_) {
    Network& network = network_;
    const EndId id = id_;
    handler_->on_data(arrived.bytes);
    if (network.find(id) == nullptr || closed_) return;
  }
  if (!arrived.ended) return;
  if (paused_ && !finishing_) return;  // told when resumed: the end stays in the pipe
  on_peer_end();
}

void StreamSocket::on_peer_end() {
  Network& network = network_;
  const EndId id = id_;
  const bool stays = finishing_ ? !ended_ : handler_->on_peer_end();
  if (network.find(id) == nullptr || closed_) return;
  if (stays) {  // it may still read
    peer_ended_ = true;
    return;
  }
  if (!flush()) return;  // answers given in this turn; the peer may have ended only its direction
  close("the peer ended the connection");
}

void StreamSocket::start_linger() {
  network_.scheduler().cancel(linger_);
  linger_ = network_.scheduler().after(lane_, linger_ms_max, [this, before = unsent()] { on_linger_over(before); });
}

void StreamSocket::on_linger_over(std::size_t unsent_before) {
  if (unsent() < unsent_before) return start_linger();
  close(ended_ ? "the peer did not end the connection in time" : "the peer does not take what is sent");
}

void StreamSocket::close(std::string reason) {
  network_.scheduler().cancel(linger_);
  network_.leave(id_);
  closed_ = true;
  unsent_ = {};
  if (handler_ != nullptr) return handler_->on_closed(reason);
  untold_ = std::move(reason);
}

}  // namespace artery::sim
