#include "net/websocket_session.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace artery::net {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

std::string frame(unsigned first_byte, std::string_view payload, bool masked = true) {
  std::string text(1, static_cast<char>(first_byte));
  const unsigned mask_bit = masked ? 0x80 : 0;
  if (payload.size() <= 125) {
    text += static_cast<char>(mask_bit | payload.size());
  } else if (payload.size() <= 0xFFFF) {
    text += {static_cast<char>(mask_bit | 126), static_cast<char>(payload.size() >> 8),
             static_cast<char>(payload.size() & 0xFF)};
  } else {
    text += static_cast<char>(mask_bit | 127);
    for (unsigned shift = 64; shift > 0; shift -= 8) text += static_cast<char>(payload.size() >> (shift - 8) & 0xFF);
  }
  if (!masked) return text.append(payload);
  const std::string_view mask = "\x11\xA2\x33\xF4";
  text += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) text += static_cast<char>(payload[i] ^ mask[i % 4]);
  return text;
}

std::string text_frame(std::string_view payload) { return frame(0x81, payload); }
std::string close_frame(unsigned code, std::string_view reason = "") {
  return frame(0x88, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)}.append(reason));
}

// A session whose handler notes what it hears.
class Talk final : WebSocketSession::Owner {
 public:
  explicit Talk(WebSocketLimits limits_to_use = {})
      : limits(limits_to_use), session(*this, limits, std::make_unique<Notes>(*this), now) {
    session.open();
  }

  Talk& say(std::string_view text) {
    session.receive(as_bytes(text), now);
    return *this;
  }
  Talk& wait(Duration time) {
    now = now + time;
    is_alive = session.tick(now) && is_alive;
    return *this;
  }

  std::vector<std::string> heard;
  std::string output;
  std::size_t unsent = 0;
  unsigned changes = 0;
  bool is_alive = true;
  WebSocket* socket = nullptr;
  Instant now{1'000'000'000'000};
  WebSocketLimits limits;
  WebSocketSession session;

 private:
  class Notes final : public WebSocketHandler {
   public:
    explicit Notes(Talk& talk) : talk_(talk) {}
    void on_open(WebSocket& opened) override { talk_.socket = &opened; }
    void on_text(std::string_view text) override { talk_.heard.push_back("text " + std::string(text)); }
    void on_binary(Bytes bytes) override { talk_.heard.push_back("binary " + std::string(as_text(bytes))); }
    void on_drained() override { talk_.heard.emplace_back("drained"); }
    void on_closed(CloseCode code, std::string_view reason) override {
      talk_.heard.push_back("closed " + std::to_string(static_cast<unsigned>(code)) + " " + std::string(reason));
    }

   private:
    Talk& talk_;
  };

  void on_output(Bytes bytes) override { output += as_text(bytes); }
  [[nodiscard]] std::size_t unsent_bytes() const override { return unsent; }
  void on_changed() override { ++changes; }
};

using Heard = std::vector<std::string>;

unsigned frame_code(std::string_view close) {
  const auto at = [&](std::size_t index) { return static_cast<unsigned>(static_cast<unsigned char>(close[index])); };
  return at(2) << 8U | at(3);
}

// The code that a frame that breaks the protocol is closed with.
unsigned closed_with(std::string_view input, WebSocketLimits limits = {}) {
  Talk talk(limits);
  talk.say(input);
  EXPECT_EQ(talk.session.state(), WebSocketSession::State::closed);
  EXPECT_EQ(talk.output.substr(0, 1), "\x88");
  if (talk.output.size() < 4) return 0;
  return frame_code(talk.output);
}

TEST(WebSocket, MakesTheSameMessagesHoweverTheyAreSplit) {  // RFC 6455 5.4, 5.5
  const std::string input = text_frame("Hello") + frame(0x82, std::string(300, 'b')) + frame(0x01, "frag\xE4") +
                            frame(0x89, "ping!") + frame(0x00, "\xB8") + frame(0x8A, "pong") + frame(0x80, "\xAD.") +
                            text_frame("") + frame(0x82, std::string(70'000, 'c')) + text_frame("end");
  const Heard expected = {"text Hello", "binary " + std::string(300, 'b'),    "text frag中.",
                          "text ",      "binary " + std::string(70'000, 'c'), "text end"};
  Talk bytewise;
  for (const char c : input) bytewise.say({&c, 1});
  EXPECT_EQ(bytewise.heard, expected);
  EXPECT_EQ(bytewise.output, "\x8A\x05ping!");
  for (std::size_t at = 0; at < 800; ++at) {
    Talk split;
    split.say(input.substr(0, at)).say(input.substr(at));
    ASSERT_EQ(split.heard, expected) << at;
    ASSERT_EQ(split.output, "\x8A\x05ping!") << at;
  }
}

TEST(WebSocket, RefusesWhatBreaksTheProtocol) {
  EXPECT_EQ(closed_with(frame(0x81, "bare", false)), 1002U);  // RFC 6455 5.1: masks
  EXPECT_EQ(closed_with(frame(0xC1, "x")), 1002U);            // 5.2: reserved bits
  EXPECT_EQ(closed_with(frame(0x83, "x")), 1002U);            // 5.2: opcodes
  EXPECT_EQ(closed_with(frame(0x8B, "x")), 1002U);
  EXPECT_EQ(closed_with(frame(0x09, "x")), 1002U);                        // 5.4: control frames are whole
  EXPECT_EQ(closed_with(frame(0x89, std::string(126, 'x'))), 1002U);      // 5.5: and short
  EXPECT_EQ(closed_with(frame(0x80, "x")), 1002U);                        // 5.4: nothing to continue
  EXPECT_EQ(closed_with(frame(0x01, "a") + frame(0x81, "b")), 1002U);     // 5.4: within another
  EXPECT_EQ(closed_with("\x81\xFE\x00\x05"s + "mask" + "hello"), 1002U);  // 5.2: shortest length
  EXPECT_EQ(closed_with("\x81\xFF\x00\x00\x00\x00\x00\x00\xFF\xFFmask"s), 1002U);
  EXPECT_EQ(closed_with("\x81\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFmask"s), 1009U);
  EXPECT_EQ(closed_with(frame(0x88, "x")), 1002U);  // 5.5.1: one byte is no code
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U}) {
    EXPECT_EQ(closed_with(close_frame(code)), 1002U) << code;
  }
}

TEST(WebSocket, TextsAndReasonsMustBeUtf8) {  // RFC 6455 8.1
  EXPECT_EQ(closed_with(text_frame("\xC0\x80")), 1007U);
  EXPECT_EQ(closed_with(frame(0x01, "\xE4") + frame(0x80, "\xB8")), 1007U);
  EXPECT_EQ(closed_with(close_frame(1000, "\xFF")), 1007U);
  Talk talk;
  talk.say(frame(0x82, "\xFF"));
  EXPECT_EQ(talk.heard, Heard{"binary \xFF"});
}

TEST(WebSocket, BoundsMessagesHoweverManyFramesTheyHave) {
  const WebSocketLimits limits{.message_bytes_max = 10};
  EXPECT_EQ(closed_with(text_frame("eleven byte"), limits), 1009U);
  EXPECT_EQ(closed_with(frame(0x01, "sixsix") + frame(0x80, "fives"), limits), 1009U);
  Talk talk(limits);
  talk.say(text_frame("ten bytes.")).say(text_frame("ten bytes."));
  EXPECT_EQ(talk.heard.size(), 2U);
}

TEST(WebSocket, AnswersAClose) {  // RFC 6455 5.5.1
  Talk talk;
  talk.say(close_frame(1001, "bye") + text_frame("late"));
  EXPECT_EQ(talk.output, "\x88\x02\x03\xE9");
  EXPECT_EQ(talk.heard, Heard{"closed 1001 bye"});
  EXPECT_EQ(talk.session.state(), WebSocketSession::State::closed);
  EXPECT_FALSE(talk.socket->send_text("no more"));

  Talk silent;
  silent.say(frame(0x88, ""));
  EXPECT_EQ(silent.output, "\x88\x00"s);
  EXPECT_EQ(silent.heard, Heard{"closed 1005 "});
}

TEST(WebSocket, ClosesAndWaitsForTheAnswer) {  // RFC 6455 7.1.2
  Talk talk;
  talk.socket->close(CloseCode::going_away, "the node stops");
  EXPECT_EQ(talk.output, "\x88\x10\x03\xE9the node stops");
  EXPECT_EQ(talk.changes, 1U);
  EXPECT_FALSE(talk.socket->send_text("x"));
  talk.say(text_frame("ignored"));
  EXPECT_EQ(talk.session.state(), WebSocketSession::State::closing);
  talk.say(close_frame(1001));
  EXPECT_EQ(talk.session.state(), WebSocketSession::State::closed);
  EXPECT_EQ(talk.heard, Heard{"closed 1001 the node stops"});

  Talk unanswered;
  unanswered.socket->close(CloseCode::normal, std::string(122, 'x') + "中");
  EXPECT_EQ(unanswered.output.size(), 2 + 2 + 122U);  // a reason is cut between characters
  unanswered.wait(4s);
  EXPECT_TRUE(unanswered.is_alive);
  unanswered.wait(1s);
  EXPECT_FALSE(unanswered.is_alive);
}

TEST(WebSocket, PingsASilentPeerAndGivesItUp) {
  Talk talk;
  talk.wait(29s);
  EXPECT_EQ(talk.output, "");
  talk.wait(1s).wait(1s);
  EXPECT_EQ(talk.output, "\x89\x00"s);
  talk.say(frame(0x8A, "")).wait(29s);
  EXPECT_EQ(talk.output, "\x89\x00"s);
  talk.wait(1s);
  EXPECT_EQ(talk.output, "\x89\x00\x89\x00"s);
  talk.wait(29s);
  EXPECT_TRUE(talk.is_alive);
  talk.wait(1s);
  EXPECT_FALSE(talk.is_alive);
}

TEST(WebSocket, TakesNoMessageBeyondItsOutbox) {
  Talk talk({.unsent_bytes_max = 100});
  EXPECT_TRUE(talk.socket->send_text("hello"));
  EXPECT_TRUE(talk.socket->send_binary(as_bytes("bytes")));
  EXPECT_EQ(talk.output,
            "\x81\x05hello\x82\x05"
            "bytes");
  talk.unsent = 99;
  EXPECT_FALSE(talk.socket->send_text("xx"));
  EXPECT_TRUE(talk.socket->send_text("x"));
  EXPECT_EQ(talk.socket->unsent(), 99U);
}

TEST(WebSocket, SendsLengthsInTheirShortestForm) {  // RFC 6455 5.2
  Talk talk;
  for (const std::size_t size : {std::size_t{125}, std::size_t{126}, std::size_t{65'535}, std::size_t{65'536}}) {
    talk.socket->send_text(std::string(size, 'x'));
  }
  EXPECT_EQ(talk.output.substr(0, 2), "\x81\x7D");
  EXPECT_EQ(talk.output.substr(127, 4), "\x81\x7E\x00\x7E"s);
  EXPECT_EQ(talk.output.substr(257, 4), "\x81\x7E\xFF\xFF"s);
  EXPECT_EQ(talk.output.substr(65'796, 10), "\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST(WebSocket, TellsTheHandlerOnceThatItIsOver) {
  Heard heard;
  {
    Talk talk;
    talk.session.lost("reset by peer");
    talk.session.lost("again");
    heard = talk.heard;
  }
  EXPECT_EQ(heard, Heard{"closed 1006 reset by peer"});
}

Request upgrade_request() {
  Request request;
  request.headers = {{"Connection", "keep-alive, Upgrade"},
                     {"Upgrade", "WebSocket"},
                     {"Sec-WebSocket-Version", "13"},
                     {"Sec-WebSocket-Extensions", "permessage-deflate"},
                     {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  return request;
}

TEST(WebSocketUpgrade, AcceptsTheExampleOfTheStandardWithoutExtensions) {  // RFC 6455 1.3
  const auto lines = websocket_upgrade(upgrade_request());
  ASSERT_TRUE(lines);
  EXPECT_EQ(*lines, "Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
}

TEST(WebSocketUpgrade, RefusesWhatIsNoUpgrade) {  // RFC 6455 4.2.1
  const auto status_without = [](std::size_t index, std::string_view value) {
    Request request = upgrade_request();
    request.headers[index].value = value;
    const auto lines = websocket_upgrade(request);
    return lines ? 101U : lines.error().status;
  };
  EXPECT_EQ(status_without(0, "keep-alive"), 426U);
  EXPECT_EQ(status_without(1, "h2c"), 426U);
  EXPECT_EQ(status_without(2, "8"), 426U);
  EXPECT_EQ(status_without(4, "short"), 400U);
  EXPECT_EQ(status_without(4, "dGhlIHNhbXBsZSBub25jZQ!="), 400U);
}

}  // namespace
}  // namespace artery::net
