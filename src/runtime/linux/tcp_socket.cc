#include "runtime/linux/tcp_socket.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "runtime/linux/address.h"

namespace artery::runtime {

TcpConnection::TcpConnection(Descriptor connected, Address from)
    : descriptor(std::move(connected)), peer(std::move(from)) {
  // Replies are sent once per turn as a whole, so waiting for more would only delay them.
  const int on = 1;
  ::setsockopt(descriptor.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

TcpSocket::TcpSocket(LinuxLoop& loop, TcpConnection&& connection)
    : loop_(loop),
      descriptor_(std::move(connection.descriptor)),
      id_(loop.poller().watch(descriptor_.number(), *this)),
      peer_(std::move(connection.peer)),
      local_(local_address(descriptor_)) {}

TcpSocket::~TcpSocket() {
  ARTERY_ASSERT(loop_.is_current());
  loop_.cancel(linger_);
  loop_.poller().unwatch(id_);
}

void TcpSocket::set_handler(SocketHandler& handler) {
  ARTERY_ASSERT(loop_.is_current());
  handler_ = &handler;
  if (descriptor_.open()) return update_wanted();
  if (!untold_.empty()) want_turn_end();
}

void TcpSocket::send(Bytes bytes) {
  ARTERY_ASSERT(loop_.is_current());
  if (!descriptor_.open() || finishing_ || bytes.empty()) return;
  if (unsent_.capacity() == 0) unsent_ = loop_.take_buffer();
  unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
  tell_drained_ |= unsent() > drained_above_;
  if (!blocked_) want_turn_end();
}

void TcpSocket::tell_when_drained(std::size_t bytes) {
  drained_above_ = bytes;
  tell_drained_ = unsent() > bytes;
}

void TcpSocket::pause() {
  ARTERY_ASSERT(loop_.is_current());
  paused_ = true;
  update_wanted();
}

void TcpSocket::resume() {
  ARTERY_ASSERT(loop_.is_current());
  paused_ = false;
  update_wanted();
}

void TcpSocket::finish() {
  ARTERY_ASSERT(loop_.is_current());
  if (!descriptor_.open() || finishing_) return;
  finishing_ = true;
  start_linger();
  update_wanted();
  if (!blocked_) want_turn_end();
}

void TcpSocket::on_events(std::uint32_t events) {
  constexpr std::uint32_t broken = EPOLLERR | EPOLLHUP;
  if (blocked_ && (events & (EPOLLOUT | broken)) != 0) {
    const WatchId id = id_;
    Poller& poller = loop_.poller();
    flush();
    if (poller.find(id) == nullptr || !descriptor_.open()) return;
  }
  if ((events & (EPOLLIN | broken)) != 0) read();
}

void TcpSocket::on_turn_end() {
  turn_end_wanted_ = false;
  if (descriptor_.open()) return flush();
  if (!untold_.empty() && handler_ != nullptr) handler_->on_closed(std::exchange(untold_, {}));
}

// One read per event: the loop comes back while there is more, and the other sockets have their turn between.
void TcpSocket::read() {
  if (!wants_to_read()) return;
  const std::span<std::byte> buffer = loop_.read_buffer();
  const ssize_t got = ::recv(descriptor_.number(), buffer.data(), buffer.size(), 0);
  if (got > 0) {
    if (!finishing_) handler_->on_data(buffer.first(static_cast<std::size_t>(got)));
  } else if (got == 0) {
    on_peer_end();
  } else if (errno != EAGAIN && errno != EINTR) {
    close(std::system_category().message(errno));
  }
}

void TcpSocket::on_peer_end() {
  const WatchId id = id_;
  Poller& poller = loop_.poller();
  const bool stays = finishing_ ? !ended_ : handler_->on_peer_end();
  if (poller.find(id) == nullptr) return;
  if (stays) {  // it may still read; its end would be reported again and again
    peer_ended_ = true;
    return update_wanted();
  }
  write();  // answers given in this turn have not been sent yet, and the peer may have ended only its direction
  close("the peer ended the connection");
}

int TcpSocket::write() {
  while (unsent() > 0) {
    const ssize_t taken = ::send(descriptor_.number(), unsent_.data() + sent_, unsent(), MSG_NOSIGNAL);
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) return errno == EAGAIN ? 0 : errno;
    sent_ += static_cast<std::size_t>(taken);
  }
  return 0;
}

void TcpSocket::flush() {
  if (const int error = write(); error != 0) return close(std::system_category().message(error));
  blocked_ = unsent() > 0;
  if (!blocked_) {
    loop_.give_back(std::exchange(unsent_, {}));
    sent_ = 0;
  } else if (sent_ > unsent_.size() / 2) {
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  if (!blocked_) {
    on_all_sent();
  } else {
    update_wanted();
  }
}

void TcpSocket::on_all_sent() {
  if (finishing_ && !ended_) {
    if (peer_ended_) return close("finished");
    ended_ = true;
    ::shutdown(descriptor_.number(), SHUT_WR);
    start_linger();
  }
  update_wanted();
  if (std::exchange(tell_drained_, false) && handler_ != nullptr && !finishing_) handler_->on_drained();
}

void TcpSocket::start_linger() {
  loop_.cancel(linger_);
  linger_ = loop_.after(linger_ms_max, [this, before = unsent()] { on_linger_over(before); });
}

void TcpSocket::on_linger_over(std::size_t unsent_before) {
  if (unsent() < unsent_before) return start_linger();
  close(ended_ ? "the peer did not end the connection in time" : "the peer does not take what is sent");
}

void TcpSocket::close(std::string reason) {
  loop_.cancel(linger_);
  loop_.poller().want(id_, 0);
  descriptor_.close();
  unsent_ = {};
  sent_ = 0;
  blocked_ = false;
  if (handler_ != nullptr) return handler_->on_closed(reason);
  untold_ = std::move(reason);
}

void TcpSocket::want_turn_end() {
  if (std::exchange(turn_end_wanted_, true)) return;
  loop_.at_turn_end(id_);
}

bool TcpSocket::wants_to_read() const { return !peer_ended_ && (finishing_ || (handler_ != nullptr && !paused_)); }

void TcpSocket::update_wanted() {
  if (!descriptor_.open()) return;
  loop_.poller().want(id_, (wants_to_read() ? EPOLLIN : 0U) | (blocked_ ? EPOLLOUT : 0U));
}

}  // namespace artery::runtime
