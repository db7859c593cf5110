#include "runtime/linux/tcp_connector.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "runtime/linux/address.h"
#include "runtime/linux/tcp_socket.h"

namespace artery::runtime {

TcpConnector::TcpConnector(LinuxLoop& loop, Address address, Done done)
    : loop_(loop), address_(std::move(address)), done_(std::move(done)) {}

TcpConnector::~TcpConnector() {
  loop_.cancel(timer_);
  if (descriptor_.open()) loop_.poller().unwatch(id_);
}

void TcpConnector::start() {
  const auto system = to_system(address_);
  if (!system) return fail_later(system.error());
  descriptor_ = Descriptor(::socket(system->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor_.open()) return fail_later(net_error("connect to", address_, errno));
  id_ = loop_.poller().watch(descriptor_.number(), *this);
  if (::connect(descriptor_.number(), system->get(), system->size) != 0 && errno != EINPROGRESS) {
    return fail_later(net_error("connect to", address_, errno));
  }
  loop_.poller().want(id_, EPOLLOUT);
  timer_ = loop_.after(connect_ms_max, [this] { finish(net_error("connect to", address_, ETIMEDOUT)); });
}

void TcpConnector::on_events(std::uint32_t /*events*/) {
  int error_number = 0;
  socklen_t size = sizeof error_number;
  ::getsockopt(descriptor_.number(), SOL_SOCKET, SO_ERROR, &error_number, &size);
  if (error_number != 0) return finish(net_error("connect to", address_, error_number));
  loop_.poller().unwatch(id_);
  finish(std::make_unique<TcpSocket>(loop_, TcpConnection(std::move(descriptor_), address_)));
}

void TcpConnector::fail_later(Error error) {
  timer_ = loop_.after(Duration::zero(), [this, reason = std::move(error)]() mutable { finish(std::move(reason)); });
}

void TcpConnector::finish(Result<std::unique_ptr<Socket>> outcome) {
  Done done = std::move(done_);
  loop_.forget(*this);
  done(std::move(outcome));
}

}  // namespace artery::runtime
