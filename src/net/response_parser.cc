#include "net/response_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <limits>
#include <utility>

namespace artery::net {

namespace http = boost::beast::http;

class ResponseParser::Beast {
 public:
  explicit Beast(std::size_t body_bytes_max) { parser.body_limit(body_bytes_max); }
  http::response_parser<http::string_body> parser;
  std::string pending;  // Beast takes a header as a whole
};

ResponseParser::ResponseParser(std::size_t body_bytes_max)
    : body_bytes_max_(body_bytes_max), beast_(std::make_unique<Beast>(body_bytes_max)) {}
ResponseParser::~ResponseParser() = default;

ResponseParser::Progress ResponseParser::parse(Bytes bytes) {
  std::string& pending = beast_->pending;
  pending.append(as_text(bytes));
  boost::system::error_code error;
  for (std::size_t used = 1; used > 0 && !pending.empty() && !beast_->parser.is_done();) {
    used = beast_->parser.put(boost::asio::buffer(pending), error);
    pending.erase(0, used);
    if (error && error != http::error::need_more) return Progress::failed;
  }
  return beast_->parser.is_done() ? Progress::complete : Progress::need_more;
}

ResponseParser::Progress ResponseParser::end() {
  if (!beast_->parser.is_header_done()) return Progress::failed;  // Beast takes nothing at all for a whole answer
  boost::system::error_code error;
  beast_->parser.put_eof(error);
  return !error && beast_->parser.is_done() ? Progress::complete : Progress::failed;
}

// What came behind the answer belongs to no question: such a connection is not to be trusted with another.
bool ResponseParser::keep_alive() const { return beast_->parser.keep_alive() && beast_->pending.empty(); }

std::optional<unsigned> ResponseParser::status() const {
  if (!beast_->parser.is_header_done()) return std::nullopt;
  return beast_->parser.get().result_int();
}

void ResponseParser::allow_any_length() { beast_->parser.body_limit(std::numeric_limits<std::uint64_t>::max()); }

std::string ResponseParser::take_body() { return std::exchange(beast_->parser.get().body(), {}); }

ClientResponse ResponseParser::take() {
  auto& message = beast_->parser.get();
  ClientResponse response{.status = message.result_int(), .body = std::move(message.body()), .retry_after_s = 0};
  const auto header = message[http::field::retry_after];
  std::from_chars(header.data(), header.data() + header.size(), response.retry_after_s);
  beast_ = std::make_unique<Beast>(body_bytes_max_);
  return response;
}

}  // namespace artery::net
