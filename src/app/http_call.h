// One HTTP request to a node, for commands: waits for the whole answer. Knows no TLS, no redirection, no proxies.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "net/http_client.h"
#include "runtime/runtime.h"

namespace artery::app {

struct HttpCall {
  std::string method;  // "GET", "POST"
  std::string node;    // "http://127.0.0.1:8080"
  std::string target;  // "/api/v1/catalogue?format=csv"
  std::string content_type;
  std::string author;  // X-Artery-Author, where something is changed
  std::string body;
  Duration silence_max = std::chrono::minutes(1);  // so long the answer may stop, or keep its first byte waiting
};

struct HttpReply {
  unsigned status = 0;
  std::string body;
};

// Not on a loop. Where `take_body` is given it gets the body of an answer of 2xx while that comes, on another thread.
// Errors: net::ClientError (a wrong address, nobody listens there, the answer stops for too long or is no HTTP), and
// take_body's; every status is a reply.
Result<HttpReply> call(runtime::Runtime& runtime, const HttpCall& request, net::TakeBody take_body = {});

// As call(), but as long as nobody listens there, or the node is busy or has no room (429, 503, 507), it is asked
// again, for `wait_max`.
Result<HttpReply> call_patiently(runtime::Runtime& runtime, const HttpCall& request, Duration wait_max);

// What an answer's body tells a person: its "detail" (RFC 9457), its "error" or "message" (of the write routes), or the
// beginning of the body itself.
std::string reason_in(std::string_view body);

}  // namespace artery::app
