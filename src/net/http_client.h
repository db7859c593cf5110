// An HTTP/1.1 client: one connection to one server, kept open between calls, made again when it was lost. Knows no TLS,
// no redirection, no proxies.
//
// Belongs to one loop: every call on it and from it happens there. At most one call is under way.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/response_parser.h"
#include "runtime/executor.h"

namespace artery::net {

enum class ClientError {
  bad_url,      // not http://host:port with a numeric host or `localhost`
  unreachable,  // no connection was made: nothing was sent
  lost,         // the connection ended, or fell silent, before the answer was whole: the server may have done it or not
  malformed,    // the answer is no HTTP
};
inline std::string_view error_module(ClientError) { return "client"; }

struct ServerUrl {
  runtime::Address address;
  std::string host;  // for the Host header: "127.0.0.1:8080"
};
// Port 80 where none is named. Errors: ClientError::bad_url.
Result<ServerUrl> parse_server_url(std::string_view url);

struct ClientCall {
  std::string_view method;  // "GET", "POST"
  std::string_view target;  // "/write?precision=ns"
  std::string_view content_type;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;
};

// Takes the body of an answer of 2xx piece by piece, while it comes, however long it is; reading waits for it. An error
// ends the call with it.
using TakeBody = std::move_only_function<Result<void>(std::string_view piece)>;

class HttpClient final : runtime::SocketHandler {
 public:
  using Done = std::move_only_function<void(Result<ClientResponse>)>;
  static constexpr Duration silence_max_default = std::chrono::minutes(1);
  static constexpr std::size_t body_bytes_max = std::size_t{1} << 30;

  // An answer is waited for as long as it does not stop for `silence_max`.
  HttpClient(runtime::Loop& loop, ServerUrl server, Duration silence_max = silence_max_default);
  // What is under way is not answered any more. `loop` may go on, or have stopped.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Nothing of `call` needs to outlive this. `done` comes from a later turn, once, and may start the next call, or
  // destroy this. Any status is an answer. Errors: ClientError::unreachable, lost, malformed; and take_body's.
  void call(const ClientCall& call, Done done, TakeBody take_body = {});

 private:
  void on_data(Bytes bytes) override;
  void on_drained() override {}
  void on_closed(std::string_view reason) override;

  void send();
  void connect();
  void wait_for_more();
  void answer();
  bool hand_on_body();
  void finish(Result<ClientResponse> result);

  runtime::Loop& loop_;
  const ServerUrl server_;
  const Duration silence_max_;
  std::unique_ptr<runtime::Socket> socket_;
  ResponseParser parser_{body_bytes_max};
  std::string request_;
  Done done_;
  TakeBody take_body_;
  runtime::TimerId timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // connecting outlives us
};

}  // namespace artery::net
