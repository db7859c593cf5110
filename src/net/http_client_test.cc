#include "net/http_client.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>

#include "net/http_server.h"
#include "net/response_parser.h"
#include "runtime/file.h"
#include "runtime/linux/linux_runtime.h"

namespace artery::net {
namespace {

using Progress = ResponseParser::Progress;

TEST(ResponseParser, TakesAnAnswerInAnyPieces) {
  const std::string answer =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (std::size_t piece = 1; piece <= answer.size(); ++piece) {
    ResponseParser parser(100);
    auto progress = Progress::need_more;
    for (std::size_t at = 0; at < answer.size(); at += piece) {
      EXPECT_EQ(progress, Progress::need_more);
      progress = parser.parse(as_bytes(std::string_view(answer).substr(at, piece)));
    }
    ASSERT_EQ(progress, Progress::complete);
    EXPECT_TRUE(parser.keep_alive());
    const ClientResponse response = parser.take();
    EXPECT_EQ(response.status, 503U);
    EXPECT_EQ(response.body, "abc");
    EXPECT_EQ(response.retry_after_s, 7U);
  }
}

TEST(ResponseParser, AnEndBeforeTheAnswerIsNoAnswer) {
  ResponseParser silent(100);
  EXPECT_EQ(silent.end(), Progress::failed);
  ResponseParser cut(100);
  EXPECT_EQ(cut.parse(as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab")), Progress::need_more);
  EXPECT_EQ(cut.end(), Progress::failed);
  ResponseParser open_ended(100);
  EXPECT_EQ(open_ended.parse(as_bytes("HTTP/1.1 200 OK\r\n\r\nab")), Progress::need_more);
  EXPECT_EQ(open_ended.end(), Progress::complete);
  EXPECT_FALSE(open_ended.keep_alive());
  EXPECT_EQ(open_ended.take().body, "ab");
}

TEST(ResponseParser, WhatIsNoHttpOrTooLongFails) {
  ResponseParser other(100);
  EXPECT_EQ(other.parse(as_bytes("SSH-2.0-OpenSSH_9.2\r\n\r\n")), Progress::failed);
  ResponseParser small(2);
  EXPECT_EQ(small.parse(as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")), Progress::failed);
}

TEST(ServerUrl, IsAHostAndAPort) {
  const auto plain = parse_server_url("http://localhost:8080/");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->address, (runtime::Address{"127.0.0.1", 8080}));
  EXPECT_EQ(plain->host, "localhost:8080");
  const auto v6 = parse_server_url("http://[::1]:81");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->address, (runtime::Address{"::1", 81}));
  EXPECT_EQ(parse_server_url("http://10.0.0.7")->address.port, 80);
  for (const std::string_view wrong :
       {"", "http://", "https://127.0.0.1", "127.0.0.1:8080", "http://h:99999", "http://h:"}) {
    const auto url = parse_server_url(wrong);
    ASSERT_FALSE(url) << wrong;
    EXPECT_TRUE(url.error().is(ClientError::bad_url));
  }
}

// Answers by rote, on one connection after the other; an empty answer hangs up.
class Server final : runtime::SocketHandler {
 public:
  Server(runtime::Loop& loop, std::vector<std::string> answers) : loop_(loop), answers_(std::move(answers)) {
    auto listener = loop.listen({"127.0.0.1", 0}, [this](std::unique_ptr<runtime::Connection> connection) {
      socket_ = loop_.attach(std::move(connection));
      socket_->set_handler(*this);
      ++connections;
    });
    listener_ = std::move(*listener);
  }
  [[nodiscard]] ServerUrl url() const { return {listener_->address(), "test"}; }
  void close() {
    socket_.reset();
    listener_.reset();
  }
  std::string asked;
  unsigned connections = 0;

 private:
  void on_data(Bytes bytes) override {
    asked.append(as_text(bytes));
    if (!asked.ends_with("body")) return;
    const std::string answer = answers_.front();
    answers_.erase(answers_.begin());
    if (answer.empty()) return socket_.reset();
    socket_->send(as_bytes(answer));
  }
  void on_drained() override {}
  void on_closed(std::string_view) override { socket_.reset(); }

  runtime::Loop& loop_;
  std::vector<std::string> answers_;
  std::unique_ptr<runtime::Listener> listener_;
  std::unique_ptr<runtime::Socket> socket_;
};

class HttpClientTest : public testing::Test {
 protected:
  // Calls once for each answer, one call after the other; what came of them.
  std::vector<Result<ClientResponse>> call(std::vector<std::string> answers) {
    const std::size_t calls = answers.size();
    std::vector<Result<ClientResponse>> results;
    std::promise<void> done;
    std::unique_ptr<HttpClient> client;
    std::move_only_function<void()> next = [&] {
      const auto take = [&](Result<ClientResponse> result) {
        results.push_back(std::move(result));
        if (results.size() < calls) return next();
        client.reset();
        server_->close();
        done.set_value();
      };
      client->call({"POST", "/write", "text/plain", {{"X-Name", "value"}}, "body"}, take, take_body_);
    };
    loop_->post([&] {
      server_ = std::make_unique<Server>(*loop_, std::move(answers));
      client = std::make_unique<HttpClient>(*loop_, server_->url());
      next();
    });
    done.get_future().get();
    return results;
  }

  std::function<Result<void>(std::string_view)> take_body_;  // of every call
  std::unique_ptr<runtime::Runtime> runtime_ = runtime::make_linux_runtime();
  std::unique_ptr<Server> server_;
  std::unique_ptr<runtime::Loop> loop_ = runtime_->make_loop("test");
};

const std::string good = "HTTP/1.1 204 No Content\r\n\r\n";

TEST_F(HttpClientTest, AsksManyTimesOverOneConnection) {
  const auto results = call({good, "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno", good});
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0]->status, 204U);
  EXPECT_EQ(results[1]->status, 400U);
  EXPECT_EQ(results[1]->body, "no");
  EXPECT_EQ(server_->connections, 1U);
  EXPECT_TRUE(server_->asked.starts_with(
      "POST /write HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n"
      "X-Name: value\r\n\r\nbody"));
}

TEST_F(HttpClientTest, ALostConnectionIsToldAndTheNextCallMakesAnother) {
  const auto results = call({good, "", good});
  ASSERT_FALSE(results[1]);
  EXPECT_TRUE(results[1].error().is(ClientError::lost));
  ASSERT_TRUE(results[2]);
  EXPECT_EQ(server_->connections, 2U);
}

TEST_F(HttpClientTest, AServerThatClosesIsAskedAgainOverAnotherConnection) {
  const auto results = call({"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", good});
  ASSERT_TRUE(results[0] && results[1]);
  EXPECT_EQ(server_->connections, 2U);
}

TEST_F(HttpClientTest, ABodyIsTakenPieceByPieceAndThatOfAnErrorIsTheAnswers) {
  std::string taken;
  take_body_ = [&taken](std::string_view piece) {
    taken += piece;
    return Result<void>();
  };
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  const auto results = call({chunked, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", chunked});
  ASSERT_TRUE(results[0] && results[1] && results[2]);
  EXPECT_EQ(taken, "abcdeabcde");
  EXPECT_EQ(results[0]->body + results[2]->body, "");
  EXPECT_EQ(results[1]->body, "no");
  EXPECT_EQ(server_->connections, 1U);
}

TEST_F(HttpClientTest, WhoTakesNoMoreOfABodyEndsTheCallWithHisReason) {
  take_body_ = [](std::string_view) { return Error(runtime::FileError::no_space, "full"); };
  const auto results = call({"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", good});
  ASSERT_FALSE(results[0]);
  EXPECT_TRUE(results[0].error().is(runtime::FileError::no_space));
  EXPECT_TRUE(results[1]);
  EXPECT_EQ(server_->connections, 2U);
}

TEST_F(HttpClientTest, WhereNobodyListensNothingWasSent) {
  std::promise<Result<ClientResponse>> done;
  std::unique_ptr<HttpClient> client;
  loop_->post([&] {
    auto listener = loop_->listen({"127.0.0.1", 0}, [](std::unique_ptr<runtime::Connection>) {});
    const runtime::Address address = (*listener)->address();
    listener->reset();
    client = std::make_unique<HttpClient>(*loop_, ServerUrl{address, "test"});
    client->call({"GET", "/", "", {}, ""}, [&](Result<ClientResponse> result) {
      client.reset();
      done.set_value(std::move(result));
    });
  });
  const auto result = done.get_future().get();
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().is(ClientError::unreachable));
}

}  // namespace
}  // namespace artery::net
