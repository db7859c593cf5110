// What a request costs before and after its handler, without the socket.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>

#include "net/gzip.h"
#include "net/http_session.h"

namespace artery::net {
namespace {

class Sink final : HttpSession::Owner {
 public:
  void say(std::string_view text) { session_.receive(as_bytes(text), Instant(0)); }

 private:
  HttpSession::Verdict on_head(Request&, std::string&) override { return {std::nullopt, limits_.body_bytes_max}; }
  void on_request(const Request& request) override {
    benchmark::DoNotOptimize(request.body.data());
    session_.respond(json_response(R"({"signal":"a","time":"1","value":2})"), Instant(0));
  }
  void on_output(Bytes bytes) override { benchmark::DoNotOptimize(bytes.data()); }
  void on_status(unsigned) override {}
  std::string_view http_date() override { return "Sun, 06 Nov 1994 08:49:37 GMT"; }
  [[nodiscard]] bool is_congested() const override { return false; }

  HttpLimits limits_;
  BodyBudget bodies_{std::size_t{256} << 20};
  HttpSession session_{*this, limits_, bodies_, {"127.0.0.1", 1}, Instant(0)};
};

void small_get(benchmark::State& state) {
  Sink sink;
  const std::string request =
      "GET /api/v1/last?signal=acme%2Fpress7%2Fforce HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: bench\r\n"
      "Accept: */*\r\nAccept-Encoding: gzip\r\n\r\n";
  for (auto _ : state) sink.say(request);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(small_get);

// As loaders write: 300 KB of lines, arriving in pieces of 64 KiB.
void great_write(benchmark::State& state, bool packed) {
  std::string body;
  for (int i = 0; body.size() < 300'000; ++i)
    body += fmt::format("cpu,host=host_{} usage={}i,idle=91i 17000000\n", i, i);
  const std::size_t plain_bytes = body.size();
  if (packed) body = gzip(body);
  const std::string request = fmt::format("POST /write HTTP/1.1\r\nHost: localhost\r\n{}Content-Length: {}\r\n\r\n{}",
                                          packed ? "Content-Encoding: gzip\r\n" : "", body.size(), body);
  Sink sink;
  for (auto _ : state) {
    for (std::size_t at = 0; at < request.size(); at += 65'536) sink.say(std::string_view(request).substr(at, 65'536));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(plain_bytes));
}
BENCHMARK_CAPTURE(great_write, plain, false);
BENCHMARK_CAPTURE(great_write, gzip, true);

}  // namespace
}  // namespace artery::net
