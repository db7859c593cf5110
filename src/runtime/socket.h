// Stream sockets (TCP under linux/, pipes with delay, loss of the link and partitions in sim/). A socket belongs to
// one loop; every call on it and from it happens there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace artery::runtime {

enum class NetError { in_use, denied, bad_address, refused, closed, timed_out, no_descriptors, other };
inline std::string_view error_module(NetError) { return "net"; }

struct Address {
  std::string host;        // numeric: "127.0.0.1", "::1"
  std::uint16_t port = 0;  // 0 when listening: any free one
  friend bool operator==(const Address&, const Address&) = default;
};
// "127.0.0.1:8080", "[::1]:8080".
inline std::string to_text(const Address& address) {
  const std::string host = address.host.contains(':') ? "[" + address.host + "]" : address.host;
  return host + ":" + std::to_string(address.port);
}

// What a socket tells its owner. The owner may destroy the socket within any of these calls.
class SocketHandler {
 public:
  // Bytes that arrived; valid during the call. Not called while paused.
  virtual void on_data(Bytes bytes) = 0;
  // unsent() has fallen to zero after it had grown above the limit given to Socket::tell_when_drained().
  virtual void on_drained() = 0;
  // The peer has ended its direction, and all its bytes were told: a half-close. Whether it still reads, nobody can
  // know before sending. True: the connection stays; what is sent goes out as before, on_closed() comes when finish()
  // is through or sending fails, and a peer that is gone is noticed no earlier. False: the connection is closed, and
  // on_closed() follows at once. Told once, not after finish(), never while paused.
  virtual bool on_peer_end() { return false; }
  // The peer ended the connection or it broke; nothing more will be called. `reason` is for a person.
  virtual void on_closed(std::string_view reason) = 0;

 protected:
  ~SocketHandler() = default;
};

class Socket {
 public:
  // Closes at once; what is unsent is lost.
  virtual ~Socket() = default;
  // Reading starts with the first handler. The handler must outlive the socket or be replaced.
  virtual void set_handler(SocketHandler& handler) = 0;
  // Takes a copy and sends it at the end of the turn, in order. Never fails: a broken connection is told by on_closed.
  virtual void send(Bytes bytes) = 0;
  // Bytes taken by send() and not yet taken by the system.
  [[nodiscard]] virtual std::size_t unsent() const = 0;
  // Asks for on_drained() each time unsent() came above `bytes` and then fell to zero.
  virtual void tell_when_drained(std::size_t bytes) = 0;
  // Stops and restarts reading: TCP back-pressure to the sender.
  virtual void pause() = 0;
  virtual void resume() = 0;
  // Sends what is unsent, then ends our direction, waits at most `linger_ms_max` of the implementation for the peer's
  // end, and reports on_closed. Data that still arrives is discarded.
  virtual void finish() = 0;
  [[nodiscard]] virtual const Address& peer() const = 0;
  [[nodiscard]] virtual const Address& local() const = 0;
};

// An accepted connection that no loop reads yet. May be moved to another thread.
class Connection {
 public:
  virtual ~Connection() = default;
};

using AcceptHandler = std::move_only_function<void(std::unique_ptr<Connection>)>;

// Listening ends with its destruction, on its loop.
class Listener {
 public:
  virtual ~Listener() = default;
  // With the port that was really taken.
  [[nodiscard]] virtual const Address& address() const = 0;
};

}  // namespace artery::runtime
