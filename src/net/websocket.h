// WebSocket (RFC 6455) as the rest of Artery sees it. Everything here happens on the connection's loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "net/http.h"

namespace artery::net {

// RFC 6455 7.4.1
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  no_status = 1005,  // never on the wire: the peer gave none
  abnormal = 1006,   // never on the wire: the connection ended without a close
  invalid_payload = 1007,
  policy = 1008,
  message_too_big = 1009,
  internal_error = 1011,
};

struct WebSocketLimits {
  std::size_t message_bytes_max = std::size_t{1} << 20;  // 1009
  std::size_t unsent_bytes_max = std::size_t{4} << 20;   // beyond, messages are not taken
  Duration ping_interval = std::chrono::seconds(30);     // of silence, before a ping
  Duration pong_timeout = std::chrono::seconds(30);      // of silence after it, before the connection is cut
  Duration close_timeout = std::chrono::seconds(5);      // for the peer's answer to our close
};

// One end of an open connection, given to its handler and valid as long as that.
class WebSocket {
 public:
  // False, and nothing is sent, when the message would take the outbox beyond its limit or the connection is closing:
  // the caller decides what a slow client misses. `text` must be UTF-8.
  virtual bool send_text(std::string_view text) = 0;
  virtual bool send_binary(Bytes bytes) = 0;
  // Bytes given and not yet taken by the system.
  [[nodiscard]] virtual std::size_t unsent() const = 0;
  // Starts the closing handshake; on_closed() comes when it is done. `reason` is cut at 123 bytes.
  virtual void close(CloseCode code, std::string_view reason) = 0;

 protected:
  ~WebSocket() = default;
};

// Owned by the connection; destroyed after on_closed().
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  // First of all; `socket` may be kept until this handler is destroyed.
  virtual void on_open(WebSocket& socket) = 0;
  // Whole messages, valid during the call.
  virtual void on_text(std::string_view text) = 0;
  virtual void on_binary(Bytes bytes) = 0;
  // unsent() has fallen to zero after it had grown above HttpLimits::unsent_bytes_max.
  virtual void on_drained() = 0;
  // Last of all; nothing can be sent any more.
  virtual void on_closed(CloseCode code, std::string_view reason) = 0;
};

// Makes a handler for an upgrade, or says how it is refused.
using WebSocketFactory = std::function<std::expected<std::unique_ptr<WebSocketHandler>, Response>(const Request&)>;

}  // namespace artery::net
