// WebSocket frames (RFC 6455 5), sans-I/O: a server's reading end, and the writing of frame headers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "net/websocket.h"

namespace artery::net {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Joins frames to messages and checks all that a server must: masks, reserved bits, order, lengths, UTF-8, close codes.
class MessageReader {
 public:
  enum class Event { need_more, text, binary, ping, pong, close, failed };

  explicit MessageReader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // Removes from the front of `bytes` what it used. After `failed` and `close` nothing more is read.
  Event read(Bytes& bytes);

  // Of the event read() returned last; valid until it is called again. For `close` the reason.
  [[nodiscard]] Bytes payload() const { return payload_; }
  // For `close` the peer's code or no_status, for `failed` ours.
  [[nodiscard]] CloseCode code() const { return code_; }
  // For `failed`.
  [[nodiscard]] std::string_view reason() const { return reason_; }

 private:
  static constexpr std::size_t head_bytes_max = 14;

  [[nodiscard]] std::size_t head_bytes_needed() const;
  bool take_head();
  bool check_head(std::uint64_t length);
  void take_payload(Bytes& bytes);
  Event finish_frame();
  Event finish_control();
  Event finish_message();
  Event fail(CloseCode code, std::string_view reason);

  std::size_t message_bytes_max_;
  std::array<std::byte, head_bytes_max> head_{};
  std::size_t head_bytes_ = 0;
  bool in_payload_ = false;

  // The frame in hand.
  Opcode opcode_ = Opcode::continuation;
  bool final_ = false;
  std::array<std::byte, 4> mask_{};
  std::size_t mask_at_ = 0;
  std::uint64_t left_ = 0;

  // The message in hand.
  Opcode message_opcode_ = Opcode::continuation;  // continuation: none
  Buffer message_;
  Buffer control_;

  Event last_ = Event::need_more;
  Bytes payload_;
  CloseCode code_ = CloseCode::no_status;
  std::string_view reason_;
};

// An unmasked final frame's header, as servers send it.
struct FrameHead {
  std::array<std::byte, 10> bytes{};
  std::size_t size = 0;
};
[[nodiscard]] FrameHead frame_head(Opcode opcode, std::size_t payload_bytes);

}  // namespace artery::net
