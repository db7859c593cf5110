// One connection's WebSocket after its upgrade, sans-I/O: bytes and time in; messages to the handler, bytes out through
// the owner. Owns the handler. Belongs to one loop. The owner looks at state() after each call, and from a later turn
// after on_changed().
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "net/websocket.h"
#include "net/websocket_frames.h"

namespace artery::net {

class WebSocketSession final : public WebSocket {
 public:
  class Owner {
   public:
    // Bytes for the client, valid during the call.
    virtual void on_output(Bytes bytes) = 0;
    [[nodiscard]] virtual std::size_t unsent_bytes() const = 0;
    // The handler closed from outside of receive() and tick(): the state changed.
    virtual void on_changed() = 0;

   protected:
    ~Owner() = default;
  };

  enum class State { open, closing, closed };

  WebSocketSession(Owner& owner, const WebSocketLimits& limits, std::unique_ptr<WebSocketHandler> handler, Instant now);
  // Tells the handler, where that has not been told yet, that the connection ended abnormally.
  ~WebSocketSession();
  WebSocketSession(const WebSocketSession&) = delete;
  WebSocketSession& operator=(const WebSocketSession&) = delete;

  // Calls the handler's on_open().
  void open();
  void receive(Bytes bytes, Instant now);
  void drained() { handler_->on_drained(); }
  // Keep-alive and the time-out of the closing handshake. Call about once a second. False: cut the connection.
  [[nodiscard]] bool tick(Instant now);
  // The connection ended.
  void lost(std::string_view reason);

  bool send_text(std::string_view text) override;
  bool send_binary(Bytes bytes) override;
  [[nodiscard]] std::size_t unsent() const override { return owner_.unsent_bytes(); }
  void close(CloseCode code, std::string_view reason) override;

  // closed: finish the connection.
  [[nodiscard]] State state() const { return state_; }

 private:
  bool send_message(Opcode opcode, Bytes payload);
  void send_frame(Opcode opcode, Bytes payload);
  void send_close(CloseCode code, std::string_view reason);
  void handle(MessageReader::Event event);
  void enter(State state);
  void tell_closed(CloseCode code, std::string_view reason);

  Owner& owner_;
  const WebSocketLimits& limits_;
  std::unique_ptr<WebSocketHandler> handler_;
  MessageReader reader_;
  State state_ = State::open;
  bool told_ = false;
  bool pinged_ = false;
  CloseCode our_code_ = CloseCode::no_status;
  std::string our_reason_;
  Instant heard_;          // when the peer's last bytes came
  Instant now_;            // of the last receive() or tick()
  Instant closing_since_;  // when the state ceased to be open
};

// The upgrade's header lines (Upgrade, Sec-WebSocket-Accept), or why it is refused. No extension is ever agreed on, and
// no subprotocol.
[[nodiscard]] std::expected<std::string, Response> websocket_upgrade(const Request& request);

}  // namespace artery::net
