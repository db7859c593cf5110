// Addresses as the system has them, and what its errors mean to a person.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/linux/descriptor.h"
#include "runtime/socket.h"

namespace artery::runtime {

struct SystemAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

// NetError::bad_address when the host is not a numeric IPv4 or IPv6 address.
Result<SystemAddress> to_system(const Address& address);
Address from_system(const SystemAddress& address);
// Of a socket's own end; all zero when the socket is broken.
Address local_address(const Descriptor& socket);

// "cannot listen on 127.0.0.1:1883: the address is in use by another process; choose ..."
Error net_error(std::string_view what, const Address& address, int error_number);

}  // namespace artery::runtime
