#include "runtime/linux/tcp_listener.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "runtime/linux/address.h"
#include "runtime/linux/tcp_socket.h"

namespace artery::runtime {

namespace {

constexpr int accepts_per_event_max = 64;
constexpr std::chrono::milliseconds rest_ms{100};

// What accept(2) reports of a connection that broke before it was taken; the next one may be fine.
bool is_of_one_connection(int error_number) {
  switch (error_number) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<std::unique_ptr<Listener>> TcpListener::open(LinuxLoop& loop, const Address& address, AcceptHandler on_accept) {
  const auto system = to_system(address);
  if (!system) return system.error();
  const int family = system->storage.ss_family;
  Descriptor listening(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!listening.open()) return net_error("listen on", address, errno);
  ::setsockopt(listening.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // "::" means IPv6 alone, whatever the machine's default is.
  if (family == AF_INET6) ::setsockopt(listening.number(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(listening.number(), system->get(), system->size) != 0 || ::listen(listening.number(), SOMAXCONN) != 0) {
    return net_error("listen on", address, errno);
  }
  return std::make_unique<TcpListener>(loop, std::move(listening), std::move(on_accept));
}

TcpListener::TcpListener(LinuxLoop& loop, Descriptor listening, AcceptHandler on_accept)
    : loop_(loop),
      descriptor_(std::move(listening)),
      id_(loop.poller().watch(descriptor_.number(), *this)),
      on_accept_(std::move(on_accept)),
      address_(local_address(descriptor_)) {
  loop_.poller().want(id_, EPOLLIN);
}

TcpListener::~TcpListener() {
  ARTERY_ASSERT(loop_.is_current());
  loop_.cancel(resting_);
  loop_.poller().unwatch(id_);
}

void TcpListener::on_events(std::uint32_t /*events*/) {
  const WatchId id = id_;
  Poller& poller = loop_.poller();
  for (int i = 0; i < accepts_per_event_max; ++i) {
    SystemAddress peer;
    Descriptor accepted(::accept4(descriptor_.number(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!accepted.open()) {
      if (errno == EAGAIN) return;
      if (is_of_one_connection(errno)) continue;
      return rest(errno);
    }
    exhausted_ = false;
    // The handler may end the listening, so it is not called in its place, which would go with the listener.
    AcceptHandler on_accept = std::move(on_accept_);
    on_accept(std::make_unique<TcpConnection>(std::move(accepted), from_system(peer)));
    if (poller.find(id) == nullptr) return;
    on_accept_ = std::move(on_accept);
  }
}

void TcpListener::rest(int error_number) {
  if (!std::exchange(exhausted_, true)) {
    loop_.journal().warning("runtime", "{}; new connections wait until then",
                            net_error("accept on", address_, error_number).message());
  }
  loop_.poller().want(id_, 0);
  resting_ = loop_.after(rest_ms, [this] { loop_.poller().want(id_, EPOLLIN); });
}

}  // namespace artery::runtime
