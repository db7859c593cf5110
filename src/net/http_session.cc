#include "net/http_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/assert.h"
#include "net/gzip.h"

namespace artery::net {
namespace {

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

bool has_no_body(unsigned status) { return status == 204 || status == 304; }

// A header's value cannot end its line, whatever it was made from.
void append_value(std::string& to, std::string_view value) {
  for (const char c : value) to += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
}

bool is_compressible(std::string_view type) {
  constexpr std::array types = {std::string_view("text/"), std::string_view("application/json"),
                                std::string_view("application/javascript"), std::string_view("application/openmetrics"),
                                std::string_view("image/svg+xml")};
  return std::ranges::any_of(types, [&](std::string_view prefix) { return type.starts_with(prefix); });
}

bool is_negotiated(const Response& response) {
  return std::ranges::any_of(response.headers, [](const auto& header) { return header.first == "Vary"; });
}

}  // namespace

HttpSession::HttpSession(Owner& owner, const HttpLimits& limits, BodyBudget& bodies, runtime::Address peer, Instant now)
    : owner_(owner), limits_(limits), parser_(limits, bodies, std::move(peer)), since_(now), progress_(now) {}

void HttpSession::receive(Bytes bytes, Instant now) {
  if (state_ == State::closing) return;
  if (!unread_.empty()) {
    unread_.insert(unread_.end(), bytes.begin(), bytes.end());
    return resume(now);
  }
  advance(bytes, now);  // the usual case: parsed where it lies
  if (state_ != State::closing) unread_.assign(bytes.begin(), bytes.end());
}

void HttpSession::end_of_input() {
  input_ended_ = true;
  if (!unread_.empty()) return;  // whole requests may wait: resume() comes to the end of them
  if (state_ == State::idle || state_ == State::head || state_ == State::body) return close();
  keep_alive_ = false;
}

void HttpSession::resume(Instant now) {
  Bytes rest = unread_;
  advance(rest, now);
  if (state_ == State::closing) return unread_.clear();
  unread_.erase(unread_.begin(), unread_.end() - static_cast<std::ptrdiff_t>(rest.size()));
}

void HttpSession::advance(Bytes& bytes, Instant now) {
  while (state_ == State::idle || state_ == State::head || state_ == State::body) {
    if (std::exchange(answered_, false)) parser_.next();
    if (state_ != State::body && owner_.is_congested()) return;
    switch (parser_.parse(bytes)) {
      case RequestParser::Progress::need_more:
        if (state_ == State::idle && !bytes.empty()) {
          state_ = State::head;
          since_ = now;
        }
        if (input_ended_) close();
        return;
      case RequestParser::Progress::head:
        take_head(now);
        break;
      case RequestParser::Progress::complete:
        state_ = State::handling;
        owner_.on_request(parser_.request());
        parser_.drop_body();  // the answer may take long
        break;
      case RequestParser::Progress::failed:
        if (state_ == State::body) owner_.on_body_refused(parser_.request(), parser_.refusal());
        parser_.drop_body();
        refuse(parser_.refusal());
        break;
    }
  }
}

void HttpSession::take_head(Instant now) {
  keep_alive_ = parser_.keep_alive() && !stopping_;
  Verdict verdict = owner_.on_head(parser_.request(), parser_.storage());
  if (verdict.refusal) {
    // What of the body is on its way cannot be told from a next request without reading it all.
    if (parser_.has_body()) keep_alive_ = false;
    state_ = State::handling;
    return respond(*std::move(verdict.refusal), now);
  }
  const auto expectation = parser_.request().header("expect");
  if (expectation && !equals_ignoring_case(*expectation, "100-continue")) {
    return refuse({.status = 417, .detail = "only the expectation 100-continue is understood"});
  }
  if (!parser_.expect_body(verdict.body_bytes_max)) {
    owner_.on_body_refused(parser_.request(), parser_.refusal());
    return refuse(parser_.refusal());
  }
  state_ = State::body;
  since_ = now;
  if (expectation && parser_.has_body() && parser_.is_http_1_1()) output(go_on);
}

bool HttpSession::tick(Instant now, std::size_t unsent) {
  const std::size_t taken = given_ - std::min(unsent, given_);
  if (unsent == 0 || taken - taken_ >= limits_.write_bytes_min) {
    taken_ = taken;
    progress_ = now;
  } else if (now - progress_ >= limits_.write_timeout) {
    return false;
  }
  const Duration waited = now - since_;
  if (state_ == State::idle && waited >= limits_.idle_timeout && unsent == 0) close();
  if (state_ == State::head && waited >= limits_.header_timeout) {
    refuse({.status = 408, .detail = "the request's header did not come in time"});
  }
  if (state_ == State::body) {
    const auto seconds = static_cast<std::int64_t>(parser_.body_bytes() / limits_.body_bytes_per_second_min);
    if (waited >= limits_.body_timeout + std::chrono::seconds(seconds)) {
      refuse({.status = 408, .detail = "the request's body did not come in time"});
    }
  }
  return true;
}

void HttpSession::close() {
  state_ = State::closing;
  keep_alive_ = false;
}

void HttpSession::stop() {
  stopping_ = true;
  keep_alive_ = false;
  if (state_ == State::idle) close();
}

void HttpSession::refuse(const Refusal& refusal) {
  keep_alive_ = false;
  Response response = problem(refusal);
  if (refusal.status == 503) response.headers.emplace_back("Retry-After", "1");
  write_answer(std::move(response));
  close();
}

void HttpSession::respond(Response response, Instant now) {
  ARTERY_ASSERT(state_ == State::handling);
  if (response.close) keep_alive_ = false;
  write_answer(std::move(response));
  finish_response(now);
}

void HttpSession::finish_response(Instant now) {
  if (!keep_alive_) return close();
  answered_ = true;  // the handler may still look at the request
  state_ = State::idle;
  since_ = now;
}

void HttpSession::write_answer(Response response) {
  compress(response);
  if (has_no_body(response.status)) response.body.clear();
  write_head(response, response.body.size());
  const bool is_small = response.body.size() <= 4096;  // then one call is cheaper than one copy less
  const bool wants_body = parser_.request().method != Method::head && !response.body.empty();
  if (wants_body && is_small) scratch_ += response.body;
  output(scratch_);
  if (wants_body && !is_small) output(response.body);
}

void HttpSession::compress(Response& response) const {
  const std::size_t size = response.body.size();
  if (size < limits_.gzip_bytes_min || size > limits_.gzip_bytes_max || !is_compressible(response.content_type)) return;
  if (is_negotiated(response)) return;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!accepts_coding(parser_.request().header("accept-encoding").value_or(""), "gzip")) return;
  std::string packed = gzip(response.body);
  if (packed.empty()) return;
  response.body = std::move(packed);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

void HttpSession::write_head(const Response& response, std::optional<std::size_t> length) {
  owner_.on_status(response.status);
  scratch_.clear();
  const auto to = std::back_inserter(scratch_);
  fmt::format_to(to, "HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  fmt::format_to(to, "Date: {}\r\n", owner_.http_date());
  if (!response.content_type.empty()) {
    scratch_ += "Content-Type: ";
    append_value(scratch_, response.content_type);
    scratch_ += "\r\n";
  }
  for (const auto& [name, value] : response.headers) {
    append_value(scratch_, name);
    scratch_ += ": ";
    append_value(scratch_, value);
    scratch_ += "\r\n";
  }
  if (length && !has_no_body(response.status)) fmt::format_to(to, "Content-Length: {}\r\n", *length);
  if (!length && chunked_) scratch_ += "Transfer-Encoding: chunked\r\n";
  if (!keep_alive_) {
    scratch_ += "Connection: close\r\n";
  } else if (!parser_.is_http_1_1()) {
    scratch_ += "Connection: keep-alive\r\n";
  }
  scratch_ += "\r\n";
}

void HttpSession::begin(const Response& head) {
  ARTERY_ASSERT(state_ == State::handling);
  chunked_ = parser_.is_http_1_1();
  if (head.close || !chunked_) keep_alive_ = false;
  write_head(head, std::nullopt);
  output(scratch_);
  state_ = State::streaming;
}

void HttpSession::send(Bytes piece) {
  ARTERY_ASSERT(state_ == State::streaming);
  if (piece.empty() || parser_.request().method == Method::head) return;  // an empty chunk would end the answer
  if (!chunked_) return output(as_text(piece));
  std::array<char, 24> size{};
  const auto end = fmt::format_to(size.begin(), "{:x}\r\n", piece.size());
  output({size.begin(), end});
  output(as_text(piece));
  output("\r\n");
}

void HttpSession::end(Instant now) {
  ARTERY_ASSERT(state_ == State::streaming);
  if (chunked_ && parser_.request().method != Method::head) output("0\r\n\r\n");
  finish_response(now);
}

void HttpSession::upgrade(std::string_view header_lines) {
  ARTERY_ASSERT(state_ == State::handling);
  owner_.on_status(101);
  scratch_.assign("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n");
  scratch_ += header_lines;
  scratch_ += "\r\n";
  output(scratch_);
  state_ = State::upgraded;
}

void HttpSession::output(std::string_view text) {
  given_ += text.size();
  owner_.on_output(as_bytes(text));
}

}  // namespace artery::net
