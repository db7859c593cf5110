// The server over real loops and sockets.
#include "net/http_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/linux/linux_runtime.h"
#include "runtime/linux/tcp_testing.h"

namespace artery::net {
namespace {

using namespace std::chrono_literals;
using runtime::testing::Client;
using runtime::testing::Event;
using runtime::testing::run_on;

constexpr std::size_t all = std::size_t{1} << 20;

class Fixture {
 public:
  explicit Fixture(HttpServerSettings settings = {}, unsigned shards = 2) : runtime_(runtime::make_linux_runtime()) {
    std::vector<runtime::Loop*> pointers;
    for (unsigned i = 0; i < shards; ++i) {
      loops_.push_back(runtime_->make_loop(fmt::format("shard {}", i)));
      pointers.push_back(loops_.back().get());
    }
    server.emplace(std::move(pointers), runtime_->clock(), std::move(settings));
  }
  ~Fixture() { stop(1s); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  void listen() {
    run_on(loop(0), [this] {
      auto bound = server->listen({"127.0.0.1", 0});
      ASSERT_TRUE(bound) << bound.error().message();
      address = *bound;
    });
  }
  void stop(Duration grace) {
    if (!server || address.port == 0) return;
    Event stopped;
    run_on(loop(0), [&] { server->stop(grace, [&] { stopped.set(); }); });
    stopped.wait();
    run_on(loop(0), [this] { server.reset(); });
  }
  // Sends, and reads until the server ends the connection.
  [[nodiscard]] std::string ask(std::string_view request) const {
    const Client client(address);
    client.send(request);
    return client.receive(all);
  }
  [[nodiscard]] std::string ask(std::string_view line, std::string_view headers, std::string_view body = "") const {
    return ask(fmt::format("{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}\r\n{}", line, headers, body));
  }
  runtime::Loop& loop(std::size_t index) { return *loops_[index]; }

 private:
  std::unique_ptr<runtime::Runtime> runtime_;
  std::vector<std::unique_ptr<runtime::Loop>> loops_;

 public:
  std::optional<HttpServer> server;
  runtime::Address address;
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }
std::string_view body_of(std::string_view answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }
unsigned status_of(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 ") ? static_cast<unsigned>(std::stoi(std::string(answer.substr(9, 3)))) : 0;
}

std::string receive_until(const Client& client, std::string_view end) {
  std::string text;
  while (!text.ends_with(end)) {
    const std::string more = client.receive(1);
    if (more.empty()) break;
    text += more;
  }
  return text;
}

void say_ok(const Request&, ResponseHandle handle) { handle.send(text_response("ok")); }

TEST(HttpServer, SpreadsConnectionsOverItsShards) {
  Fixture fixture;
  fixture.server->handle(Method::get, "/shard", [&](const Request& request, ResponseHandle handle) {
    EXPECT_TRUE(fixture.loop(request.shard).is_current());
    handle.send(text_response(fmt::format("{} {}", request.shard, request.peer.host)));
  });
  fixture.listen();
  EXPECT_EQ(body_of(fixture.ask("GET /shard", "")), "0 127.0.0.1");
  EXPECT_EQ(body_of(fixture.ask("GET /shard", "")), "1 127.0.0.1");
  EXPECT_EQ(body_of(fixture.ask("GET /shard", "")), "0 127.0.0.1");
  EXPECT_EQ(fixture.server->counts(1).responses[1], 1U);
  const HttpCounts counts = fixture.server->counts();
  EXPECT_EQ(counts.connections_accepted, 3U);
  EXPECT_EQ(counts.responses[1], 3U);
  EXPECT_GT(counts.bytes_in, 100U);
  EXPECT_GT(counts.bytes_out, 100U);
}

TEST(HttpServer, RefusesByItsRulesAndRoutes) {
  Fixture fixture;
  fixture.server->handle(Method::put, "/json", say_ok, {.only_json = true});
  fixture.server->handle(Method::post, "/small", say_ok, {.body_bytes_max = 4});
  fixture.listen();
  EXPECT_EQ(status_of(fixture.ask("GET /none", "")), 404U);
  const std::string wrong_method = fixture.ask("GET /json", "");
  EXPECT_EQ(status_of(wrong_method), 405U);
  EXPECT_TRUE(has(wrong_method, "Allow: PUT\r\n"));
  EXPECT_EQ(status_of(fixture.ask("PUT /json", "Content-Length: 2\r\n", "{}")), 415U);
  EXPECT_EQ(status_of(fixture.ask("PUT /json", "Content-Type: text/plain\r\n", "")), 415U);
  EXPECT_EQ(status_of(fixture.ask("PUT /json", "Content-Type: Application/JSON; charset=utf-8\r\n", "")), 200U);
  EXPECT_EQ(status_of(fixture.ask("POST /small", "Content-Length: 4\r\n", "1234")), 200U);
  EXPECT_EQ(status_of(fixture.ask("POST /small", "Content-Length: 5\r\n", "12345")), 413U);
  EXPECT_EQ(status_of(fixture.ask("POST /small", "Origin: http://evil.example\r\n")), 403U);
  EXPECT_EQ(status_of(fixture.ask("POST /small", "Origin: http://localhost\r\n")), 200U);
  EXPECT_EQ(status_of(fixture.ask("POST /small", "Origin: http://localhost:5173\r\n")), 403U);
  EXPECT_EQ(status_of(fixture.ask("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")), 421U);
  EXPECT_EQ(status_of(fixture.ask("GET /%zz", "")), 400U);
}

TEST(HttpServer, TimesRequestsByPatternUntilTheyAreAnswered) {
  Fixture fixture;
  std::promise<ResponseHandle> kept;
  fixture.server->handle(Method::get, "/things/{id}", say_ok);
  fixture.server->handle(Method::put, "/things/{id}", say_ok);
  fixture.server->handle(Method::get, "/later",
                         [&](const Request&, ResponseHandle handle) { kept.set_value(std::move(handle)); });
  fixture.listen();
  for (int i = 0; i < 3; ++i) (void)fixture.ask("GET /things/a", "");
  (void)fixture.ask("PUT /things/b", "");
  (void)fixture.ask("DELETE /things/a", "");
  (void)fixture.ask("GET /none", "");
  const Client client(fixture.address);
  client.send("GET /later HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  ResponseHandle handle = kept.get_future().get();
  const auto counts = [&](std::string_view pattern) {
    for (const RouteDurations& route : fixture.server->durations()) {
      if (route.pattern == pattern) return route.counts;
    }
    ADD_FAILURE() << pattern;
    return DurationCounts();
  };
  EXPECT_EQ(counts("/later").count(), 0U);
  const auto asked = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(2ms);  // it is what is measured
  const Duration held = std::chrono::steady_clock::now() - asked;
  run_on(fixture.loop(0), [&] { handle.send(text_response("ok")); });
  (void)client.receive(all);
  EXPECT_EQ(counts("/later").count(), 1U);
  EXPECT_GE(counts("/later").sum, held);
  EXPECT_EQ(counts("/things/{id}").count(), 4U);
  EXPECT_EQ(counts(Router::no_pattern).count(), 2U);
}

TEST(HttpServer, AnswersMayComeLaterAndKeepTheirOrder) {
  Fixture fixture;
  std::promise<ResponseHandle> kept;
  fixture.server->handle(Method::get, "/later",
                         [&](const Request&, ResponseHandle handle) { kept.set_value(std::move(handle)); });
  fixture.server->handle(Method::get, "/now", say_ok);
  fixture.listen();
  const Client client(fixture.address);
  client.send(
      "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\nGET /now HTTP/1.1\r\nHost: localhost\r\n"
      "Connection: close\r\n\r\n");
  ResponseHandle handle = kept.get_future().get();
  run_on(fixture.loop(0), [&] { handle.send(text_response("the first")); });
  const std::string answers = client.receive(all);
  EXPECT_LT(answers.find("the first"), answers.find("ok"));
  EXPECT_TRUE(answers.ends_with("ok"));
}

TEST(HttpServer, AClientThatEndsItsDirectionGetsItsAnswerLater) {
  Fixture fixture({}, 1);
  std::promise<ResponseHandle> kept;
  fixture.server->handle(Method::get, "/later",
                         [&](const Request&, ResponseHandle handle) { kept.set_value(std::move(handle)); });
  fixture.server->handle(Method::get, "/now", say_ok);
  fixture.listen();
  const Client client(fixture.address);
  client.send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.end();
  ResponseHandle handle = kept.get_future().get();
  EXPECT_EQ(body_of(fixture.ask("GET /now", "")), "ok");  // by then the loop has seen the end
  EXPECT_TRUE(run_on(fixture.loop(0), [&] { return handle.is_open(); }));
  run_on(fixture.loop(0), [&] { handle.send(text_response("here it is")); });
  EXPECT_TRUE(client.receive(all).ends_with("here it is"));
}

TEST(HttpServer, ADroppedHandleAnswers500) {
  Fixture fixture;
  fixture.server->handle(Method::get, "/drop", [](const Request&, const ResponseHandle&) {});
  fixture.listen();
  EXPECT_EQ(status_of(fixture.ask("GET /drop", "")), 500U);
}

TEST(HttpServer, AHandleIsHarmlessWhenItsConnectionDied) {
  Fixture fixture({}, 1);
  std::promise<ResponseHandle> kept;
  fixture.server->handle(Method::get, "/later",
                         [&](const Request&, ResponseHandle handle) { kept.set_value(std::move(handle)); });
  fixture.server->handle(Method::get, "/now", say_ok);
  fixture.listen();
  Client client(fixture.address);
  client.send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ResponseHandle handle = kept.get_future().get();
  EXPECT_TRUE(run_on(fixture.loop(0), [&] { return handle.is_open(); }));
  client.reset();
  while (fixture.server->counts().connections_open > 0) (void)fixture.ask("GET /now", "");
  EXPECT_FALSE(handle.is_open());
  handle.send(text_response("nobody hears this"));
}

// Waits until the answer need not be made any more.
void wait_until_left(const std::stop_token& left) {
  Event gone;
  const std::stop_callback tell(left, [&] { gone.set(); });
  gone.wait();
}

TEST(HttpServer, TellsAHandlerThatItsClientLeft) {
  Fixture fixture({}, 1);
  std::promise<std::pair<ResponseHandle, std::stop_token>> kept;
  fixture.server->handle(Method::get, "/later", [&](const Request&, ResponseHandle handle) {
    std::stop_token left = handle.left();
    kept.set_value({std::move(handle), std::move(left)});
  });
  fixture.server->handle(Method::get, "/now", say_ok);
  fixture.listen();
  for (const bool is_reset : {false, true}) {
    kept = {};
    Client client(fixture.address);
    client.send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    auto asked = kept.get_future().get();
    const std::stop_token& left = asked.second;
    EXPECT_EQ(body_of(fixture.ask("GET /now", "")), "ok");
    EXPECT_FALSE(left.stop_requested());
    if (is_reset) {
      client.reset();
    } else {
      client.end();
    }
    wait_until_left(left);
    run_on(fixture.loop(0), [&] { asked.first.send(text_response("too late")); });
  }
}

TEST(HttpServer, AnAnswerThatIsMadeIsNotStopped) {
  Fixture fixture({}, 1);
  std::stop_token former;
  fixture.server->handle(Method::get, "/", [&](const Request&, ResponseHandle handle) {
    EXPECT_FALSE(former.stop_requested());
    former = handle.left();
    handle.send(text_response("ok"));
  });
  fixture.listen();
  const Client client(fixture.address);
  const std::string_view twice = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send(twice);
  client.end();
  EXPECT_TRUE(client.receive(all).ends_with("ok"));
}

// Sends `left` pieces, each when the client is ready for it.
struct Stream {
  static void go_on(const std::shared_ptr<Stream>& self) {
    while (self->left > 0) {
      --self->left;
      if (self->writer.send(as_bytes(self->piece))) continue;
      ++self->waits;
      return self->writer.when_ready([self] { go_on(self); });
    }
    self->writer.done();
  }
  ResponseWriter writer;
  unsigned left;
  unsigned& waits;
  std::string piece = std::string(64 * 1024, 'x');
};

TEST(HttpServer, GreatAnswersWaitForASlowClient) {
  Fixture fixture({}, 1);
  unsigned waits = 0;
  fixture.server->handle(Method::get, "/great", [&](const Request&, ResponseHandle handle) {
    Stream::go_on(std::make_shared<Stream>(Stream{handle.stream(text_response("")), 512, waits}));
  });
  fixture.listen();
  const Client client(fixture.address);
  client.send("GET /great HTTP/1.0\r\n\r\n");
  const std::string answer = client.receive(std::size_t{64} << 20);
  EXPECT_EQ(body_of(answer).size(), std::size_t{512} * 64 * 1024);
  EXPECT_GT(waits, 10U);
}

TEST(HttpServer, AnAbandonedStreamIsCutNotEnded) {
  Fixture fixture;
  fixture.server->handle(Method::get, "/half", [](const Request&, ResponseHandle handle) {
    handle.stream(text_response("")).send(as_bytes("half"));
  });
  fixture.listen();
  EXPECT_FALSE(has(fixture.ask("GET /half", ""), "\r\n0\r\n\r\n"));
}

TEST(HttpServer, AFullServerSaysSo) {
  Fixture fixture({.connections_max = 1});
  fixture.server->handle(Method::get, "/", say_ok);
  fixture.listen();
  const Client first(fixture.address);
  first.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(first.receive(12).ends_with("200"));
  EXPECT_EQ(status_of(fixture.ask("")), 503U);
  EXPECT_EQ(fixture.server->counts().connections_refused, 1U);
}

// Echoes, and closes when told to.
class Echo final : public WebSocketHandler {
 public:
  explicit Echo(std::string* closed) : closed_(closed) {}
  void on_open(WebSocket& socket) override {
    socket_ = &socket;
    socket.send_text("welcome");
  }
  void on_text(std::string_view text) override {
    if (text == "close") return socket_->close(CloseCode::normal, "");
    socket_->send_text(text);
  }
  void on_binary(Bytes bytes) override { socket_->send_binary(bytes); }
  void on_drained() override {}
  void on_closed(CloseCode code, std::string_view) override { *closed_ = std::to_string(static_cast<unsigned>(code)); }

 private:
  WebSocket* socket_ = nullptr;
  std::string* closed_;
};

std::string upgrade(std::string_view path, std::string_view headers = "") {
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
      path, headers);
}

std::string masked(std::string_view head, std::string_view payload) {
  return std::string(head) + std::string(4, '\0') + std::string(payload);  // a mask of zeros
}

TEST(HttpServer, SpeaksWebSocketWithTheSameRules) {
  Fixture fixture({}, 1);
  std::string closed;
  fixture.server->handle_websocket(
      "/live", [&](const Request& request) -> std::expected<std::unique_ptr<WebSocketHandler>, Response> {
        if (request.query_value("pattern") == "bad") return std::unexpected(problem(400, {}, "a bad pattern"));
        return std::make_unique<Echo>(&closed);
      });
  fixture.listen();
  EXPECT_EQ(status_of(fixture.ask(upgrade("/live", "Origin: http://evil.example\r\nConnection: close\r\n"))), 403U);
  EXPECT_EQ(status_of(fixture.ask(upgrade("/live?pattern=bad", "Connection: close\r\n"))), 400U);
  EXPECT_EQ(status_of(fixture.ask("GET /live", "")), 426U);

  // What comes right behind the upgrade is not lost.
  const std::string answer = fixture.ask(upgrade("/live") + masked("\x81\x85", "hello") + masked("\x81\x85", "close") +
                                         masked("\x88\x82", "\x03\xE8"));
  EXPECT_EQ(status_of(answer), 101U);
  EXPECT_EQ(body_of(answer), "\x81\x07welcome\x81\x05hello\x88\x02\x03\xE8");
  while (fixture.server->counts().connections_open > 0) std::this_thread::yield();
  EXPECT_EQ(closed, "1000");
  EXPECT_EQ(fixture.server->counts().websockets_open, 0U);
}

TEST(HttpServer, StopsInOrder) {
  Fixture fixture;
  std::string closed;
  std::promise<ResponseHandle> kept;
  fixture.server->handle(Method::get, "/", say_ok);
  fixture.server->handle(Method::get, "/later",
                         [&](const Request&, ResponseHandle handle) { kept.set_value(std::move(handle)); });
  fixture.server->handle_websocket("/live", [&](const Request&) { return std::make_unique<Echo>(&closed); });
  fixture.listen();
  Client idle(fixture.address);  // shard 0
  idle.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(idle.receive(12).ends_with("200"));
  Client live(fixture.address);  // shard 1
  live.send(upgrade("/live"));
  EXPECT_TRUE(has(receive_until(live, "welcome"), " 101 "));
  Client busy(fixture.address);  // shard 0
  busy.send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ResponseHandle handle = kept.get_future().get();

  Event stopped;
  run_on(fixture.loop(0), [&] { fixture.server->stop(10s, [&] { stopped.set(); }); });
  EXPECT_TRUE(idle.receive(all).ends_with("ok"));
  idle.close();
  EXPECT_EQ(receive_until(live, "stops"), "\x88\x10\x03\xE9the node stops");
  live.send(masked("\x88\x82", "\x03\xE9"));
  EXPECT_TRUE(live.at_end());
  live.close();
  run_on(fixture.loop(0), [&] { handle.send(text_response("still answered")); });
  EXPECT_TRUE(busy.receive(all).ends_with("still answered"));
  busy.close();
  stopped.wait();
  fixture.address.port = 0;
  EXPECT_EQ(closed, "1001");
}

TEST(HttpServer, AnAddressThatIsTakenIsAnError) {
  Fixture first;
  first.listen();
  Fixture second;
  run_on(second.loop(0), [&] {
    const auto bound = second.server->listen(first.address);
    ASSERT_FALSE(bound);
    EXPECT_TRUE(bound.error().is(runtime::NetError::in_use));
  });
}

}  // namespace
}  // namespace artery::net
