// One connection's HTTP/1.1, sans-I/O: bytes and time in; requests and bytes out through the owner. Requests are
// handled strictly in order, one at a time: the next is parsed when the former's response is complete.
//
// Belongs to one loop, as its owner does. The owner may answer within on_request() or at any time later; after a later
// answer it calls resume(). It looks at state() after each call: closing means finish the connection, upgraded means
// that take_unread() and all further bytes are no longer HTTP.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/time.h"
#include "net/http.h"
#include "net/request_parser.h"

namespace artery::net {

class HttpSession {
 public:
  // What is decided when a header is there and its body is not.
  struct Verdict {
    std::optional<Response> refusal;  // sent instead of calling on_request()
    std::size_t body_bytes_max = 0;
  };

  class Owner {
   public:
    // `storage` is where decoded path parameters may be put that `request` shall show.
    virtual Verdict on_head(Request& request, std::string& storage) = 0;
    // The request is whole; valid until the call returns.
    virtual void on_request(const Request& request) = 0;
    // Its head was taken, its body is not; the answer follows. The body is what came of it, as it was sent.
    virtual void on_body_refused(const Request& /*request*/, const Refusal& /*refusal*/) {}
    // Bytes for the client, valid during the call.
    virtual void on_output(Bytes bytes) = 0;
    // A response was begun.
    virtual void on_status(unsigned status) = 0;
    // The time of day, for the Date header; valid until the next call.
    [[nodiscard]] virtual std::string_view http_date() = 0;
    // Whether the client must first take what was sent before another request is begun.
    [[nodiscard]] virtual bool is_congested() const = 0;

   protected:
    ~Owner() = default;
  };

  enum class State { idle, head, body, handling, streaming, closing, upgraded };

  // `limits` and `bodies` must outlive it.
  HttpSession(Owner& owner, const HttpLimits& limits, BodyBudget& bodies, runtime::Address peer, Instant now);

  void receive(Bytes bytes, Instant now);
  // The client sends no more: what of its requests is whole is answered, then closes.
  void end_of_input();
  // Goes on with what was received while a request was answered or the client was congested.
  void resume(Instant now);
  // Time-outs. `unsent` is what the client has not yet taken of the output. Call about once a second. False: the
  // client takes nothing; cut the connection.
  [[nodiscard]] bool tick(Instant now, std::size_t unsent);

  // The whole answer to the request in hand (state handling).
  void respond(Response response, Instant now);
  // An answer in pieces: begin(), send()..., end(). The head's body is ignored. In HTTP/1.0 the end closes.
  void begin(const Response& head);
  void send(Bytes piece);
  void end(Instant now);
  // Answers 101 with these header lines (each ended by CRLF); state becomes upgraded.
  void upgrade(std::string_view header_lines);
  // No further request is begun; closes at once where none is in hand.
  void stop();
  // Answers without any request and closes: 503 on a full server.
  void refuse(const Refusal& refusal);

  [[nodiscard]] State state() const { return state_; }
  // Too much waits behind the request in hand: stop reading until resume().
  [[nodiscard]] bool wants_pause() const {
    return (state_ == State::handling || state_ == State::streaming) && unread_.size() > limits_.pipeline_bytes_max;
  }
  // Bytes wait for resume().
  [[nodiscard]] bool has_unread() const { return !unread_.empty(); }
  [[nodiscard]] Buffer take_unread() { return std::exchange(unread_, {}); }

 private:
  void advance(Bytes& bytes, Instant now);
  void take_head(Instant now);
  void close();
  void finish_response(Instant now);
  void write_head(const Response& response, std::optional<std::size_t> length);
  void write_answer(Response response);
  void compress(Response& response) const;
  void output(std::string_view text);

  Owner& owner_;
  const HttpLimits& limits_;
  RequestParser parser_;
  State state_ = State::idle;
  Buffer unread_;
  std::string scratch_;  // a response's head, kept for its capacity
  Instant since_;        // when the state was entered (idle, head, body)
  bool keep_alive_ = true;
  bool stopping_ = false;
  bool input_ended_ = false;
  bool chunked_ = false;
  bool answered_ = false;  // the parser still holds a request that is done with
  std::size_t given_ = 0;  // bytes of output so far
  std::size_t taken_ = 0;  // of those, taken by the client when it last made progress
  Instant progress_;       // when that was
};

}  // namespace artery::net
