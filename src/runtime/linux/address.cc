#include "runtime/linux/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace artery::runtime {

Result<SystemAddress> to_system(const Address& address) {
  SystemAddress to;
  auto& v4 = reinterpret_cast<sockaddr_in&>(to.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(to.storage);
  if (::inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    to.size = sizeof v4;
    return to;
  }
  if (::inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    to.size = sizeof v6;
    return to;
  }
  return Error(NetError::bad_address,
               fmt::format("'{}' is not a numeric address; write it like 127.0.0.1 or ::1", address.host));
}

Address from_system(const SystemAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  Address result;
  if (address.storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    result.port = ntohs(v6.sin6_port);
  } else {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    result.port = ntohs(v4.sin_port);
  }
  result.host = text.data();
  return result;
}

Address local_address(const Descriptor& socket) {
  SystemAddress address;
  ::getsockname(socket.number(), address.get(), &address.size);
  return from_system(address);
}

Error net_error(std::string_view what, const Address& address, int error_number) {
  const auto error = [&](NetError code, std::string_view why) {
    return Error(code, fmt::format("cannot {} {}: {}", what, to_text(address), why));
  };
  switch (error_number) {
    case EADDRINUSE:
      return error(NetError::in_use,
                   "the address is in use by another process; choose another port, or 0 for any free one");
    case EACCES:
    case EPERM:
      return error(NetError::denied, "the system does not permit it; ports below 1024 need a privileged user");
    case EADDRNOTAVAIL:
      return error(NetError::bad_address, "this machine has no such address; 127.0.0.1 and ::1 are its own");
    case EAFNOSUPPORT:
      return error(NetError::bad_address, "this machine does not speak that version of IP");
    case ECONNREFUSED:
      return error(NetError::refused, "nothing listens there");
    case ETIMEDOUT:
      return error(NetError::timed_out, "no answer in time");
    case EMFILE:
    case ENFILE:
      return error(NetError::no_descriptors, "no file descriptor is left; raise the limit (ulimit -n)");
    default:
      return error(NetError::other, std::system_category().message(error_number));
  }
}

}  // namespace artery::runtime
