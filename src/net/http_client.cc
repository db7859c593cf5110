#include "net/http_client.h"

#include <fmt/format.h>

#include <charconv>

#include "base/assert.h"

namespace artery::net {

namespace {

std::string said(Duration silence) {
  if (silence == HttpClient::silence_max_default) return "a minute";
  return fmt::format("{} s", std::chrono::duration_cast<std::chrono::seconds>(silence).count());
}

}  // namespace

Result<ServerUrl> parse_server_url(std::string_view url) {
  const auto bad = [&] {
    return Error(ClientError::bad_url,
                 fmt::format("'{}' is no node's address; write it with numbers, like http://127.0.0.1:8080", url));
  };
  constexpr std::string_view scheme = "http://";
  std::string_view rest = url;
  if (!rest.starts_with(scheme)) return bad();
  rest.remove_prefix(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  ServerUrl server;
  server.address.port = 80;
  server.host = rest;
  const std::size_t colon = rest.ends_with(']') ? std::string_view::npos : rest.rfind(':');
  if (colon != std::string_view::npos) {
    const std::string_view port = rest.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), server.address.port);
    if (error != std::errc() || end != port.data() + port.size()) return bad();
    rest = rest.substr(0, colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  if (rest == "localhost") rest = "127.0.0.1";
  // Names are not looked up.
  const bool is_numeric = rest.contains(':') || rest.find_first_not_of("0123456789.") == std::string_view::npos;
  if (rest.empty() || !is_numeric) return bad();
  server.address.host = rest;
  return server;
}

HttpClient::HttpClient(runtime::Loop& loop, ServerUrl server, Duration silence_max)
    : loop_(loop), server_(std::move(server)), silence_max_(silence_max) {}

HttpClient::~HttpClient() {
  *alive_ = false;
  if (done_) loop_.cancel(timer_);
}

void HttpClient::call(const ClientCall& call, Done done, TakeBody take_body) {
  ARTERY_ASSERT(!done_);
  done_ = std::move(done);
  take_body_ = std::move(take_body);
  if (take_body_) parser_.allow_any_length();
  request_ = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n", call.method, call.target, server_.host,
                         call.body.size());
  if (!call.content_type.empty()) request_.append(fmt::format("Content-Type: {}\r\n", call.content_type));
  for (const auto& [name, value] : call.headers) request_.append(fmt::format("{}: {}\r\n", name, value));
  request_.append("\r\n").append(call.body);
  if (socket_) return send();
  connect();
}

void HttpClient::connect() {
  loop_.connect(server_.address, [this, alive = alive_](Result<std::unique_ptr<runtime::Socket>> socket) {
    if (!*alive) return;
    if (!socket) return finish(Error(ClientError::unreachable, socket.error().message()));
    socket_ = std::move(*socket);
    socket_->set_handler(*this);
    send();
  });
}

void HttpClient::send() {
  socket_->send(as_bytes(request_));
  request_.clear();
  wait_for_more();
}

void HttpClient::wait_for_more() {
  loop_.cancel(timer_);
  timer_ = loop_.after(silence_max_, [this] {
    socket_.reset();
    finish(Error(ClientError::lost, fmt::format("{}: no answer for {}", server_.host, said(silence_max_))));
  });
}

void HttpClient::on_data(Bytes bytes) {
  if (!done_) {  // an answer without a question
    socket_.reset();
    return;
  }
  wait_for_more();
  const auto progress = parser_.parse(bytes);
  if (!hand_on_body()) return;
  if (progress == ResponseParser::Progress::complete) return answer();
  if (progress == ResponseParser::Progress::need_more) return;
  socket_.reset();
  finish(Error(ClientError::malformed, fmt::format("{}: the answer is no HTTP", server_.host)));
}

// False where it was not taken: then the call is over.
bool HttpClient::hand_on_body() {
  const auto status = take_body_ ? parser_.status() : std::nullopt;
  if (!status || *status / 100 != 2) return true;
  const std::string piece = parser_.take_body();
  const Result<void> taken = piece.empty() ? Result<void>() : take_body_(piece);
  if (taken) return true;
  socket_.reset();
  finish(taken.error());
  return false;
}

void HttpClient::answer() {
  if (!parser_.keep_alive()) socket_.reset();
  finish(parser_.take());
}

void HttpClient::on_closed(std::string_view reason) {
  socket_.reset();
  if (!done_) return;
  if (parser_.end() == ResponseParser::Progress::complete) return finish(parser_.take());
  finish(Error(ClientError::lost,
               fmt::format("{}: the connection ended before the answer did ({})", server_.host, reason)));
}

void HttpClient::finish(Result<ClientResponse> result) {
  loop_.cancel(timer_);
  if (!result) parser_.take();  // what it had begun with
  Done done = std::move(done_);
  done_ = nullptr;
  done(std::move(result));
}

}  // namespace artery::net
