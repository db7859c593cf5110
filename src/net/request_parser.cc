#include "net/request_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "net/gzip.h"
#include "net/url.h"

namespace artery::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

constexpr std::size_t body_reserve_max = std::size_t{1} << 20;  // a length announced is not yet a length sent
constexpr std::string_view end_of_head = "\r\n\r\n";

Method method_of(http::verb verb) {
  // The standard's methods, not Beast's thirty.
  if (verb == http::verb::get) return Method::get;
  if (verb == http::verb::head) return Method::head;
  if (verb == http::verb::post) return Method::post;
  if (verb == http::verb::put) return Method::put;
  if (verb == http::verb::patch) return Method::patch;
  if (verb == http::verb::delete_) return Method::remove;
  if (verb == http::verb::options) return Method::options;
  return Method::other;
}

std::string_view to_view(string_view text) { return {text.data(), text.size()}; }

std::optional<std::size_t> length_of(std::string_view digits) {
  if (digits.empty() || digits.size() > 18) return std::nullopt;
  std::size_t length = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    length = length * 10 + static_cast<std::size_t>(c - '0');
  }
  return length;
}

// "http://host:1/path?query" becomes {"host:1", "/path?query"}.
std::optional<std::pair<std::string_view, std::string_view>> split_absolute(std::string_view target) {
  const std::size_t scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = target.substr(0, scheme_end);
  if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) return std::nullopt;
  const std::string_view rest = target.substr(scheme_end + 3);
  const std::size_t path_begin = std::min(rest.find_first_of("/?"), rest.size());
  return std::pair(rest.substr(0, path_begin), rest.substr(path_begin));
}

}  // namespace

// One request's worth of Beast: it cannot be used again, so it is made anew in place.
class RequestParser::Beast {
 public:
  void restart(RequestParser& owner) {
    parser_.emplace(owner);
    parser_->eager(true);
    parser_->body_limit(boost::none);
    // The head is given whole and its size was checked before.
    parser_->header_limit(static_cast<std::uint32_t>(owner.limits_.header_bytes_max + end_of_head.size()));
  }
  void body_limit(std::size_t bytes_max) { parser_->body_limit(bytes_max); }
  std::size_t put(std::string_view text, error_code& error) {
    return parser_->put(boost::asio::const_buffer(text.data(), text.size()), error);
  }
  [[nodiscard]] bool is_done() const { return parser_->is_done(); }
  [[nodiscard]] bool keep_alive() const { return parser_->keep_alive(); }

 private:
  class Parser final : public http::basic_parser<true> {
   public:
    explicit Parser(RequestParser& owner) : owner_(owner) {}

   private:
    void on_request_impl(http::verb verb, string_view, string_view target, int version, error_code&) override {
      owner_.request_.method = method_of(verb);
      owner_.request_.target = to_view(target);
      owner_.http_1_1_ = version == 11;
    }
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
      if (owner_.stage_ != Stage::head) return;  // trailers
      owner_.request_.headers.push_back({to_view(name), to_view(value)});
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view text, error_code&) override { return append(text); }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view text, error_code&) override { return append(text); }
    void on_finish_impl(error_code&) override {}

    std::size_t append(string_view text) {
      const Bytes bytes = as_bytes(to_view(text));
      owner_.body_.insert(owner_.body_.end(), bytes.begin(), bytes.end());
      return text.size();
    }

    RequestParser& owner_;
  };

  std::optional<Parser> parser_;
};

RequestParser::RequestParser(const HttpLimits& limits, BodyBudget& bodies, runtime::Address peer)
    : limits_(limits), beast_(std::make_unique<Beast>()), share_(bodies) {
  request_.peer = std::move(peer);
}

RequestParser::~RequestParser() = default;

void RequestParser::next() {
  request_.method = Method::get;
  request_.headers.clear();
  request_.query.clear();
  request_.parameters.clear();
  request_.host = {};
  drop_body();
  decoded_.clear();
  stage_ = Stage::head;
  content_length_ = 0;
  has_body_ = gzipped_ = false;
}

void RequestParser::drop_body() {
  request_.body = {};
  body_.clear();
  if (body_.capacity() > body_reserve_max) body_ = {};  // one great body must not stay for the connection's life
  share_.release();
}

RequestParser::Progress RequestParser::fail_for_room() {
  return fail(503, "the bodies of all requests together hold as much memory as they may; try again soon");
}

RequestParser::Progress RequestParser::fail(unsigned status, std::string detail) {
  request_.body = body_;
  stage_ = Stage::failed;
  keep_alive_ = false;
  refusal_ = {.status = status, .detail = std::move(detail)};
  return Progress::failed;
}

RequestParser::Progress RequestParser::parse(Bytes& bytes) {
  ARTERY_ASSERT(stage_ != Stage::judged && stage_ != Stage::complete);
  if (stage_ == Stage::failed) return Progress::failed;
  return stage_ == Stage::head ? parse_head(bytes) : parse_body(bytes);
}

RequestParser::Progress RequestParser::parse_head(Bytes& bytes) {
  // RFC 9112 2.2: empty lines before a request are skipped.
  while (bytes.size() >= 2 && as_text(bytes.first(2)) == "\r\n") bytes = bytes.subspan(2);
  const std::string_view text = as_text(bytes);
  if (text.empty()) return Progress::need_more;
  // Other protocols (TLS's first byte is 0x16) would otherwise wait for the header time-out.
  const char first = text.front();
  const bool is_letter = (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
  if (!is_letter && first != '\r') return fail(400, "this is not HTTP/1.1: a request begins with a method");

  const std::size_t end = text.substr(0, limits_.header_bytes_max).find(end_of_head);
  if (end == std::string_view::npos) {
    if (text.size() < limits_.header_bytes_max) return Progress::need_more;
    return fail(431, fmt::format("the header is larger than {} bytes", limits_.header_bytes_max));
  }
  head_.assign(text.substr(0, end + end_of_head.size()));
  bytes = bytes.subspan(head_.size());
  // Beast would join such lines in a buffer of its own, where the request's views could not stay.
  if (head_.find("\r\n ") != std::string::npos || head_.find("\r\n\t") != std::string::npos) {
    return fail(400, "a header folded over several lines is not accepted (RFC 9112 5.2)");
  }

  beast_->restart(*this);
  error_code error;
  const std::size_t used = beast_->put(head_, error);
  if (error == http::error::bad_version) return fail(505, "HTTP/1.0 and HTTP/1.1 are understood here");
  if (error) return fail(400, fmt::format("the request's header is malformed: {}", error.message()));
  if (used != head_.size()) return fail(400, "the request's header is malformed");
  keep_alive_ = beast_->keep_alive();
  if (!take_framing() || !take_target()) return Progress::failed;
  stage_ = Stage::judged;
  return Progress::head;
}

bool RequestParser::take_framing() {
  unsigned lengths = 0;
  unsigned codings = 0;
  for (const auto& [name, value] : request_.headers) {
    if (equals_ignoring_case(name, "content-length")) {
      const auto length = length_of(value);
      if (!length) return fail(400, "Content-Length must be one decimal number"), false;
      content_length_ = *length;
      ++lengths;
    } else if (equals_ignoring_case(name, "transfer-encoding")) {
      if (!equals_ignoring_case(value, "chunked")) {
        return fail(501, "only the transfer encoding \"chunked\" is understood"), false;
      }
      ++codings;
    } else if (equals_ignoring_case(name, "content-encoding") && !equals_ignoring_case(value, "identity")) {
      gzipped_ = equals_ignoring_case(value, "gzip") || equals_ignoring_case(value, "x-gzip");
      if (!gzipped_) return fail(415, "only the content encoding gzip is understood"), false;
    }
  }
  if (lengths + codings > 1) {
    return fail(400, "the body's length is given more than once (Content-Length, Transfer-Encoding)"), false;
  }
  if (codings > 0 && !http_1_1_) return fail(400, "HTTP/1.0 has no Transfer-Encoding"), false;
  has_body_ = !beast_->is_done();
  return true;
}

bool RequestParser::take_target() {
  unsigned hosts = 0;
  for (const auto& [name, value] : request_.headers) {
    if (!equals_ignoring_case(name, "host")) continue;
    request_.host = value;
    ++hosts;
  }
  if (hosts > 1 || (hosts == 0 && http_1_1_)) return fail(400, "exactly one Host header is needed"), false;

  std::string_view local = request_.target;
  if (const auto absolute = split_absolute(local)) {
    if (hosts > 0 && !equals_ignoring_case(request_.host, absolute->first)) {
      return fail(400, "the request's target and its Host header name different hosts"), false;
    }
    request_.host = absolute->first;
    local = absolute->second;
  }
  if (const std::size_t fragment = local.find('#'); fragment != std::string_view::npos) {
    return fail(400, "a request's target has no fragment ('#')"), false;
  }
  const std::size_t path_end = std::min(local.find('?'), local.size());
  request_.path = local.substr(0, path_end);
  if (request_.path.empty()) request_.path = "/";
  decoded_.reserve(request_.target.size());
  if (!parse_query(local.substr(std::min(path_end + 1, local.size())), request_.query, decoded_)) {
    return fail(400, "the query cannot be decoded: '%' needs two hexadecimal digits, the text must be UTF-8"), false;
  }
  return true;
}

bool RequestParser::expect_body(std::size_t bytes_max) {
  ARTERY_ASSERT(stage_ == Stage::judged);
  body_bytes_max_ = bytes_max;
  if (content_length_ > bytes_max) {
    fail(413, fmt::format("the body has {} bytes; at most {} are accepted", content_length_, bytes_max));
    return false;
  }
  if (has_body_) {
    beast_->body_limit(bytes_max);
    body_.reserve(std::min(content_length_, body_reserve_max));
  }
  stage_ = Stage::body;
  return true;
}

RequestParser::Progress RequestParser::parse_body(Bytes& bytes) {
  if (!beast_->is_done()) {
    if (bytes.empty()) return Progress::need_more;
    error_code error;
    bytes = bytes.subspan(beast_->put(as_text(bytes), error));
    if (error == http::error::body_limit) {
      return fail(413, fmt::format("the body has more than {} bytes", body_bytes_max_));
    }
    if (error && error != http::error::need_more) {
      return fail(400, fmt::format("the request's body is malformed: {}", error.message()));
    }
    if (!share_.hold(body_.size())) return fail_for_room();
    if (!beast_->is_done()) {
      // Only the line before a chunk, or the trailer, is left waiting.
      if (bytes.size() <= limits_.header_bytes_max) return Progress::need_more;
      return fail(400, "the line before a chunk, or the trailer, is too long");
    }
  }
  if (gzipped_ && !body_.empty() && !inflate()) return Progress::failed;
  request_.body = body_;
  stage_ = Stage::complete;
  return Progress::complete;
}

bool RequestParser::inflate() {
  const std::size_t bytes_max = std::min(limits_.inflated_bytes_max, body_bytes_max_);
  auto plain = gunzip(body_, bytes_max, [&](std::size_t bytes) { return share_.hold(body_.size() + bytes); });
  if (plain) {
    body_ = *std::move(plain);
    return share_.hold(body_.size());  // not more than before
  }
  if (plain.error() == GunzipFailure::no_room) {
    fail_for_room();
  } else if (plain.error() == GunzipFailure::too_large) {
    fail(413, fmt::format("the body inflates to more than {} bytes", bytes_max));
  } else {
    fail(400, "the body is not gzip, though Content-Encoding says so");
  }
  return false;
}

}  // namespace artery::net
