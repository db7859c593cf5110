#include "app/http_call.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <chrono>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "app/error.h"

namespace artery::app {
namespace {

namespace http = boost::beast::http;

constexpr Duration silence_max = std::chrono::minutes(1);

Error no_answer(const HttpCall& request, std::string_view why) {
  return {AppError::no_answer, fmt::format("{}: {}", request.node, why)};
}

std::optional<runtime::Address> address_of(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return std::nullopt;
  url.remove_prefix(scheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  runtime::Address address{.host = {}, .port = 80};
  const std::size_t colon = url.ends_with(']') ? std::string_view::npos : url.rfind(':');
  if (colon != std::string_view::npos) {
    const std::string_view port = url.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
    url = url.substr(0, colon);
  }
  if (url.starts_with('[') && url.ends_with(']')) url = url.substr(1, url.size() - 2);
  address.host = url == "localhost" ? "127.0.0.1" : std::string(url);
  return address;
}

std::string request_text(const HttpCall& request) {
  http::request<http::string_body> message;
  message.method_string(request.method);
  message.target(request.target);
  message.set(http::field::host, std::string_view(request.node).substr(std::string_view("http://").size()));
  message.set(http::field::connection, "close");
  if (!request.content_type.empty()) message.set(http::field::content_type, request.content_type);
  if (!request.author.empty()) message.set("X-Artery-Author", request.author);
  message.body() = request.body;
  message.prepare_payload();
  std::ostringstream out;
  out << message;
  return std::move(out).str();
}

// One request under way, on its loop.
class Exchange final : runtime::SocketHandler {
 public:
  Exchange(runtime::Loop& loop, const HttpCall& request) : loop_(loop), request_(request) {
    parser_.body_limit(std::numeric_limits<std::uint64_t>::max());
  }

  void start(const runtime::Address& address) {
    loop_.connect(address, [this](Result<std::unique_ptr<runtime::Socket>> socket) {
      if (!socket) return finish(no_answer(request_, socket.error().message()));
      socket_ = std::move(*socket);
      socket_->set_handler(*this);
      socket_->send(as_bytes(request_text(request_)));
      wait_for_more();
    });
  }
  std::future<Result<HttpReply>> answer() { return answer_.get_future(); }

 private:
  void on_data(Bytes bytes) override {
    wait_for_more();
    pending_.append(as_text(bytes));
    boost::system::error_code error;
    // The parser takes a header as a whole, and says how much of the rest it has taken.
    for (std::size_t used = 1; used > 0 && !pending_.empty() && !parser_.is_done();) {
      used = parser_.put(boost::asio::buffer(pending_), error);
      pending_.erase(0, used);
      if (error && error != http::error::need_more) return finish(no_answer(request_, "the answer is no HTTP"));
    }
    if (parser_.is_done()) finish(HttpReply{parser_.get().result_int(), std::move(parser_.get().body())});
  }
  void on_drained() override {}
  void on_closed(std::string_view reason) override {
    boost::system::error_code error;
    parser_.put_eof(error);
    if (!error && parser_.is_done()) {
      return finish(HttpReply{parser_.get().result_int(), std::move(parser_.get().body())});
    }
    finish(no_answer(request_, fmt::format("the connection ended before the answer did ({})", reason)));
  }

  void wait_for_more() {
    loop_.cancel(timer_);
    timer_ = loop_.after(silence_max, [this] { finish(no_answer(request_, "no answer for a minute")); });
  }
  void finish(Result<HttpReply> reply) {
    if (std::exchange(finished_, true)) return;
    loop_.cancel(timer_);
    loop_.post([this] { socket_.reset(); });
    loop_.post([this, told = std::move(reply)]() mutable { answer_.set_value(std::move(told)); });
  }

  runtime::Loop& loop_;
  const HttpCall& request_;
  std::unique_ptr<runtime::Socket> socket_;
  http::response_parser<http::string_body> parser_;
  std::string pending_;
  runtime::TimerId timer_;
  bool finished_ = false;
  std::promise<Result<HttpReply>> answer_;
};

}  // namespace

Result<HttpReply> call(runtime::Runtime& runtime, const HttpCall& request) {
  const auto address = address_of(request.node);
  if (!address) {
    return Error(AppError::no_answer,
                 fmt::format("'{}' is no node's address; write it like http://127.0.0.1:8080", request.node));
  }
  auto loop = runtime.make_loop("call");
  Exchange exchange(*loop, request);
  auto answer = exchange.answer();
  loop->post([&] { exchange.start(*address); });
  auto reply = answer.get();
  loop.reset();  // its thread has let go of the exchange
  return reply;
}

}  // namespace artery::app
