#include "app/http_call.h"

#include <simdjson.h>

#include <array>
#include <future>
#include <memory>

namespace artery::app {

Result<HttpReply> call(runtime::Runtime& runtime, const HttpCall& request, net::TakeBody take_body) {
  auto server = net::parse_server_url(request.node);
  if (!server) return server.error();
  auto loop = runtime.make_loop("call");
  auto client = std::make_unique<net::HttpClient>(*loop, std::move(*server), request.silence_max);
  std::promise<Result<net::ClientResponse>> answer;
  loop->post([&] {
    net::ClientCall call{request.method, request.target, request.content_type, {}, request.body};
    if (!request.author.empty()) call.headers.emplace_back("X-Artery-Author", request.author);
    call.headers.emplace_back("Connection", "close");
    const auto done = [&](Result<net::ClientResponse> response) {
      client.reset();  // on its loop
      answer.set_value(std::move(response));
    };
    client->call(call, done, std::move(take_body));
  });
  auto response = answer.get_future().get();
  loop.reset();  // its thread has let go of the client
  if (!response) return std::move(response).error().at(request.node);
  return HttpReply{response->status, std::move(response->body)};
}

Result<HttpReply> call_patiently(runtime::Runtime& runtime, const HttpCall& request, Duration wait_max) {
  constexpr Duration pause = std::chrono::milliseconds(500);
  const Instant began = runtime.clock().instant();
  while (true) {
    auto reply = call(runtime, request);
    const bool may_come_again = reply ? reply->status == 429 || reply->status == 503 || reply->status == 507
                                      : !reply.error().is(net::ClientError::bad_url);
    if (!may_come_again || runtime.clock().instant() - began + pause > wait_max) return reply;
    std::promise<void> rested;
    const auto loop = runtime.make_loop("rest");
    loop->post([&] { loop->after(pause, [&] { rested.set_value(); }); });
    rested.get_future().wait();
  }
}

std::string reason_in(std::string_view body) {
  constexpr std::array<std::string_view, 3> members{"detail", "error", "message"};
  constexpr std::size_t bytes_max = 200;
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  std::string_view reason;
  const bool is_json = parser.parse(simdjson::padded_string(body)).get(document) == simdjson::SUCCESS;
  for (const std::string_view member : members) {
    if (is_json && document[member].get(reason) == simdjson::SUCCESS) return std::string(reason);
  }
  return std::string(body.substr(0, bytes_max));
}

}  // namespace artery::app
