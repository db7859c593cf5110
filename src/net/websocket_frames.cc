#include "net/websocket_frames.h"

#include <algorithm>

#include "base/assert.h"
#include "base/utf8.h"

namespace artery::net {
namespace {

constexpr std::uint64_t control_bytes_max = 125;

unsigned at(const std::array<std::byte, 14>& head, std::size_t index) { return std::to_integer<unsigned>(head[index]); }

bool is_control(Opcode opcode) { return static_cast<unsigned>(opcode) >= 8; }

// RFC 6455 7.4: what a peer may send.
bool is_sendable(unsigned code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

}  // namespace

MessageReader::Event MessageReader::read(Bytes& bytes) {
  if (last_ == Event::failed || last_ == Event::close) {
    bytes = {};
    return Event::need_more;
  }
  // The former event's payload was valid until now.
  if (last_ == Event::text || last_ == Event::binary) {
    message_.clear();
    if (message_.capacity() > 64 * 1024) message_ = {};
  }
  payload_ = {};
  last_ = Event::need_more;
  while (true) {
    if (!in_payload_) {
      while (head_bytes_ < head_bytes_needed() && !bytes.empty()) {
        head_[head_bytes_++] = bytes.front();
        bytes = bytes.subspan(1);
      }
      if (head_bytes_ < head_bytes_needed()) return last_;
      if (!take_head()) return last_;
      in_payload_ = true;
    }
    take_payload(bytes);
    if (left_ > 0) return last_;
    in_payload_ = false;
    head_bytes_ = 0;
    last_ = finish_frame();
    if (last_ != Event::need_more) return last_;
  }
}

// Two bytes, then what they announce: an extended length and the mask.
std::size_t MessageReader::head_bytes_needed() const {
  if (head_bytes_ < 2) return 2;
  const unsigned length = at(head_, 1) & 0x7F;
  const std::size_t mask_bytes = (at(head_, 1) & 0x80) != 0 ? 4 : 0;
  return 2 + (length == 127 ? 8U : length == 126 ? 2U : 0U) + mask_bytes;
}

bool MessageReader::take_head() {
  std::uint64_t length = at(head_, 1) & 0x7F;
  std::size_t position = 2;
  const std::size_t extended_bytes = length == 127 ? 8 : length == 126 ? 2 : 0;
  if (extended_bytes > 0) length = 0;
  for (std::size_t i = 0; i < extended_bytes; ++i) length = length << 8 | at(head_, position++);

  const bool is_shortest = extended_bytes == 0 || (extended_bytes == 2 ? length > 125 : length > 0xFFFF);
  if (!is_shortest) return fail(CloseCode::protocol_error, "a length is not in its shortest form"), false;
  if (!check_head(length)) return false;
  std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(position), mask_.size(), mask_.begin());
  mask_at_ = 0;
  left_ = length;
  control_.clear();
  return true;
}

bool MessageReader::check_head(std::uint64_t length) {
  const auto refuse = [&](std::string_view why) { return fail(CloseCode::protocol_error, why), false; };
  if ((at(head_, 0) & 0x70) != 0) return refuse("a reserved bit is set, but no extension was agreed on");
  if ((at(head_, 1) & 0x80) == 0) return refuse("a client's frames must be masked");
  final_ = (at(head_, 0) & 0x80) != 0;
  const unsigned opcode = at(head_, 0) & 0x0F;
  if (opcode > 10 || (opcode > 2 && opcode < 8)) return refuse("an opcode is not defined");
  opcode_ = static_cast<Opcode>(opcode);

  if (is_control(opcode_)) {
    if (!final_) return refuse("a control frame must not be fragmented");
    if (length > control_bytes_max) return refuse("a control frame is longer than 125 bytes");
    return true;
  }
  const bool in_message = message_opcode_ != Opcode::continuation;
  if (opcode_ == Opcode::continuation && !in_message) return refuse("a continuation without a message");
  if (opcode_ != Opcode::continuation && in_message) return refuse("a message begins within another");
  if (!in_message) message_opcode_ = opcode_;
  if (length > message_bytes_max_ - message_.size()) {
    return fail(CloseCode::message_too_big, "a message is larger than is accepted"), false;
  }
  return true;
}

void MessageReader::take_payload(Bytes& bytes) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  Buffer& to = is_control(opcode_) ? control_ : message_;
  const std::size_t begin = to.size();
  to.insert(to.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
  bytes = bytes.subspan(count);
  left_ -= count;

  std::array<std::byte, 8> mask{};
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = mask_[(mask_at_ + i) % 4];
  mask_at_ = (mask_at_ + count) % 4;
  std::byte* payload = to.data() + begin;
  std::size_t done = 0;
  for (const auto eight = load<std::uint64_t>(mask.data()); count - done >= 8; done += 8) {
    store(payload + done, load<std::uint64_t>(payload + done) ^ eight);
  }
  for (; done < count; ++done) payload[done] ^= mask[done % 4];
}

MessageReader::Event MessageReader::finish_frame() {
  if (is_control(opcode_)) return finish_control();
  return final_ ? finish_message() : Event::need_more;
}

MessageReader::Event MessageReader::finish_message() {
  const bool is_text = message_opcode_ == Opcode::text;
  message_opcode_ = Opcode::continuation;
  if (is_text && !is_utf8(as_text(message_))) return fail(CloseCode::invalid_payload, "a text is not UTF-8");
  payload_ = message_;
  return is_text ? Event::text : Event::binary;
}

MessageReader::Event MessageReader::finish_control() {
  payload_ = control_;
  if (opcode_ == Opcode::ping) return Event::ping;
  if (opcode_ == Opcode::pong) return Event::pong;
  code_ = CloseCode::no_status;
  if (control_.empty()) return Event::close;
  if (control_.size() == 1) return fail(CloseCode::protocol_error, "a close code has two bytes");
  const unsigned code = std::to_integer<unsigned>(control_[0]) << 8 | std::to_integer<unsigned>(control_[1]);
  if (!is_sendable(code)) return fail(CloseCode::protocol_error, "a close code is not defined");
  payload_ = Bytes(control_).subspan(2);
  if (!is_utf8(as_text(payload_))) return fail(CloseCode::invalid_payload, "a close reason is not UTF-8");
  code_ = static_cast<CloseCode>(code);
  return Event::close;
}

MessageReader::Event MessageReader::fail(CloseCode code, std::string_view reason) {
  code_ = code;
  reason_ = reason;
  payload_ = {};
  return last_ = Event::failed;
}

FrameHead frame_head(Opcode opcode, std::size_t payload_bytes) {
  FrameHead head;
  const auto put = [&](std::size_t value) { head.bytes[head.size++] = static_cast<std::byte>(value & 0xFF); };
  put(0x80U | static_cast<unsigned>(opcode));
  if (payload_bytes <= 125) {
    put(payload_bytes);
  } else if (payload_bytes <= 0xFFFF) {
    put(126);
    put(payload_bytes >> 8);
    put(payload_bytes);
  } else {
    put(127);
    for (unsigned shift = 64; shift > 0; shift -= 8) put(payload_bytes >> (shift - 8));
  }
  return head;
}

}  // namespace artery::net
