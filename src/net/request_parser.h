// Bytes to one request after the other. Around Boost.Beast's parser, with what it leaves open decided strictly, so that
// no proxy before us can see other borders between requests than we do: one Content-Length of digits only, or
// Transfer-Encoding "chunked" alone in HTTP/1.1, never both, no folded headers.
//
// Sans-I/O; belongs to one connection. The request's texts are valid until next().
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "net/body_budget.h"
#include "net/http.h"

namespace artery::net {

class RequestParser {
 public:
  enum class Progress {
    need_more,  // what is left of the bytes must be given again, with more behind it
    head,       // the header is there; call expect_body(), then go on
    complete,   // request() is whole; call next() before going on
    failed,     // refusal() says why; what came of the body stays until drop_body(), nothing can follow
  };

  RequestParser(const HttpLimits& limits, BodyBudget& bodies, runtime::Address peer);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Removes from the front of `bytes` what it used.
  Progress parse(Bytes& bytes);
  // After `head`: how many bytes of body are welcome. False where more are announced already (then failed, 413).
  bool expect_body(std::size_t bytes_max);
  void next();
  // After `complete` and `failed`: lets go of the body before the rest.
  void drop_body();

  [[nodiscard]] Request& request() { return request_; }
  [[nodiscard]] const Request& request() const { return request_; }
  // Where the router puts decoded path parameters; has room for the whole path.
  [[nodiscard]] std::string& storage() { return decoded_; }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  // From `head` on.
  [[nodiscard]] bool has_body() const { return has_body_; }
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  [[nodiscard]] bool is_http_1_1() const { return http_1_1_; }
  [[nodiscard]] std::size_t body_bytes() const { return body_.size(); }

 private:
  class Beast;  // keeps Boost out of this header: it costs seconds to compile
  enum class Stage { head, judged, body, complete, failed };

  Progress parse_head(Bytes& bytes);
  Progress parse_body(Bytes& bytes);
  bool take_target();
  bool take_framing();
  bool inflate();
  Progress fail(unsigned status, std::string detail);
  Progress fail_for_room();

  const HttpLimits& limits_;
  std::unique_ptr<Beast> beast_;
  Request request_;
  Refusal refusal_;
  std::string head_;     // the header as it came; the request's views show it
  std::string decoded_;  // reserved to the target's length, so that views of it stay
  Buffer body_;
  BodyShare share_;  // what it holds
  Stage stage_ = Stage::head;
  std::size_t body_bytes_max_ = 0;
  std::size_t content_length_ = 0;
  bool has_body_ = false;
  bool keep_alive_ = false;
  bool http_1_1_ = false;
  bool gzipped_ = false;
};

}  // namespace artery::net
