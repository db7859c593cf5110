#include "net/websocket_session.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <utility>

#include "base/assert.h"

namespace artery::net {
namespace {

constexpr std::string_view key_suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 1.3
constexpr std::size_t close_reason_bytes_max = 123;

bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") &&
         key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == 22;
}

std::string accept_of(std::string_view key) {
  const std::string text = fmt::format("{}{}", key, key_suffix);
  std::array<unsigned char, 20> digest{};
  ARTERY_ASSERT(EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) == 1);
  std::array<unsigned char, 32> base64{};
  const int size = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return {base64.begin(), base64.begin() + size};
}

// Cut where a character begins.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

}  // namespace

std::expected<std::string, Response> websocket_upgrade(const Request& request) {
  const auto refuse = [](unsigned status, std::string_view why) {
    Response response = problem(status, {}, why);
    if (status == 426) {
      response.headers.emplace_back("Upgrade", "websocket");
      response.headers.emplace_back("Sec-WebSocket-Version", "13");
    }
    return std::unexpected(std::move(response));
  };
  if (!has_token(request.header("connection").value_or(""), "upgrade") ||
      !has_token(request.header("upgrade").value_or(""), "websocket")) {
    return refuse(426, "this path speaks WebSocket: the request must ask for the upgrade");
  }
  if (request.header("sec-websocket-version") != "13") return refuse(426, "WebSocket version 13 is understood");
  const auto key = request.header("sec-websocket-key");
  if (!key || !is_key(*key)) return refuse(400, "Sec-WebSocket-Key must be 16 bytes in base64");
  return fmt::format("Upgrade: websocket\r\nSec-WebSocket-Accept: {}\r\n", accept_of(*key));
}

WebSocketSession::WebSocketSession(Owner& owner, const WebSocketLimits& limits,
                                   std::unique_ptr<WebSocketHandler> handler, Instant now)
    : owner_(owner),
      limits_(limits),
      handler_(std::move(handler)),
      reader_(limits.message_bytes_max),
      heard_(now),
      now_(now) {}

WebSocketSession::~WebSocketSession() { lost("the connection ended"); }

void WebSocketSession::open() { handler_->on_open(*this); }

void WebSocketSession::receive(Bytes bytes, Instant now) {
  heard_ = now_ = now;
  pinged_ = false;
  while (state_ != State::closed) {
    const auto event = reader_.read(bytes);
    if (event == MessageReader::Event::need_more) return;
    handle(event);
  }
}

void WebSocketSession::handle(MessageReader::Event event) {
  using Event = MessageReader::Event;
  const bool is_open = state_ == State::open;  // after our close, messages are no longer for the handler
  switch (event) {
    case Event::text:
      if (is_open) handler_->on_text(as_text(reader_.payload()));
      break;
    case Event::binary:
      if (is_open) handler_->on_binary(reader_.payload());
      break;
    case Event::ping:
      if (is_open) send_frame(Opcode::pong, reader_.payload());
      break;
    case Event::close:
      if (is_open) send_close(reader_.code(), {});
      enter(State::closed);
      tell_closed(is_open ? reader_.code() : our_code_, is_open ? as_text(reader_.payload()) : our_reason_);
      break;
    case Event::failed:
      if (is_open) send_close(reader_.code(), reader_.reason());
      enter(State::closed);
      tell_closed(reader_.code(), reader_.reason());
      break;
    case Event::pong:
    case Event::need_more:
      break;
  }
}

bool WebSocketSession::tick(Instant now) {
  now_ = now;
  if (state_ != State::open) return now - closing_since_ < limits_.close_timeout;
  const Duration silence = now - heard_;
  if (silence >= limits_.ping_interval + limits_.pong_timeout) return false;
  if (silence >= limits_.ping_interval && !std::exchange(pinged_, true)) send_frame(Opcode::ping, {});
  return true;
}

void WebSocketSession::enter(State state) {
  state_ = state;
  closing_since_ = now_;
}

void WebSocketSession::lost(std::string_view reason) {
  enter(State::closed);
  tell_closed(CloseCode::abnormal, reason);
}

void WebSocketSession::tell_closed(CloseCode code, std::string_view reason) {
  if (!std::exchange(told_, true)) handler_->on_closed(code, reason);
}

bool WebSocketSession::send_text(std::string_view text) { return send_message(Opcode::text, artery::as_bytes(text)); }

bool WebSocketSession::send_binary(Bytes bytes) { return send_message(Opcode::binary, bytes); }

bool WebSocketSession::send_message(Opcode opcode, Bytes payload) {
  if (state_ != State::open || unsent() + payload.size() > limits_.unsent_bytes_max) return false;
  send_frame(opcode, payload);
  return true;
}

void WebSocketSession::send_frame(Opcode opcode, Bytes payload) {
  const FrameHead head = frame_head(opcode, payload.size());
  owner_.on_output(Bytes(head.bytes).first(head.size));
  if (!payload.empty()) owner_.on_output(payload);
}

void WebSocketSession::send_close(CloseCode code, std::string_view reason) {
  if (code == CloseCode::no_status || code == CloseCode::abnormal) return send_frame(Opcode::close, {});
  const auto number = static_cast<unsigned>(code);
  std::string payload{static_cast<char>(number >> 8), static_cast<char>(number & 0xFF)};
  payload += cut(reason, close_reason_bytes_max);
  send_frame(Opcode::close, artery::as_bytes(payload));
}

void WebSocketSession::close(CloseCode code, std::string_view reason) {
  if (state_ != State::open) return;
  send_close(code, reason);
  our_code_ = code;
  our_reason_ = reason;
  enter(State::closing);
  owner_.on_changed();
}

}  // namespace artery::net
