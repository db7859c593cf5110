// From an MQTT publish to the WebSocket frame that brings its sample: QoS 1, synced before anybody sees it, one client
// of /api/v1/live that follows every sample of all signals.
//
//   publish_to_websocket [--clients 100] [--seconds 10] [--rate 0] [--runs 3]
//
// One signal per MQTT client; paced at --rate messages per second, by default at 1,000 and at 10,000. Publishers and
// WebSocket are one thread of this process with one clock, from just before a publish is given to its socket until the
// bytes of the frame were read: what this thread needs to send, read and parse is in the figure.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/assert.h"
#include "bench/figures.h"
#include "bench/mqtt_load.h"
#include "bench/node_under_test.h"
#include "runtime/linux/linux_runtime.h"

namespace {

using artery::Duration;
using artery::bench::Latencies;
using artery::bench::MqttLoad;
using artery::bench::MqttPlan;
using artery::bench::now_ns;
using artery::bench::option;
namespace runtime = artery::runtime;

constexpr std::string_view handshake =
    "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
constexpr std::string_view wish = R"({"op":"subscribe","id":"a","signals":["acme/#"],"every":"sample"})";

std::int64_t number_at(std::string_view text) {
  std::int64_t number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// What was received and not looked at yet.
struct Seen {
  std::uint64_t dropped = 0;
  Latencies latencies;
};

// The client of /api/v1/live; belongs to the load's loop.
class Live final : public runtime::SocketHandler {
 public:
  explicit Live(const MqttLoad& load) : load_(load) {}

  void connected(std::unique_ptr<runtime::Socket> socket) {
    socket_ = std::move(socket);
    socket_->set_handler(*this);
    socket_->send(artery::as_bytes(handshake));
  }
  [[nodiscard]] bool subscribed() const { return subscribed_; }
  Seen take() { return std::exchange(seen_, {}); }

 private:
  void on_data(artery::Bytes bytes) override {
    const std::int64_t now = now_ns();
    input_ += artery::as_text(bytes);
    if (!upgraded_) return take_handshake();
    std::string_view rest = input_;
    while (take_frame(rest, now)) {
    }
    input_.erase(0, input_.size() - rest.size());
  }
  void on_drained() override {}
  void on_closed(std::string_view reason) override { fmt::print("the WebSocket was closed: {}\n", reason); }

  void take_handshake() {
    const std::size_t end = input_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    ARTERY_ASSERT(input_.starts_with("HTTP/1.1 101 ") && end + 4 == input_.size());
    input_.clear();
    upgraded_ = true;
    static_assert(wish.size() < 126);
    std::string frame = {'\x81', static_cast<char>(0x80 | wish.size()), 0, 0, 0, 0};  // a mask that changes nothing
    frame += wish;
    socket_->send(artery::as_bytes(frame));
  }
  // RFC 6455 5.2, as a server sends it: whole messages without masks.
  bool take_frame(std::string_view& rest, std::int64_t now) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
    if (rest.size() < 2) return false;
    const std::size_t length_bytes = byte(1) == 126 ? 2 : byte(1) == 127 ? 8 : 0;
    if (rest.size() < 2 + length_bytes) return false;
    std::size_t length = length_bytes == 0 ? byte(1) : 0;
    for (std::size_t i = 0; i < length_bytes; ++i) length = length << 8 | byte(2 + i);
    if (rest.size() < 2 + length_bytes + length) return false;
    if (byte(0) == 0x81) take_message(rest.substr(2 + length_bytes, length), now);
    rest.remove_prefix(2 + length_bytes + length);
    return true;
  }
  // {"op":"samples",...,"samples":[["acme/press7/force","1700000000000000000",3.1,0],...],"dropped":0}
  void take_message(std::string_view text, std::int64_t now) {
    if (text.starts_with(R"({"op":"subscribed")")) subscribed_ = true;
    constexpr std::string_view begin = "[\"acme/press";
    constexpr std::string_view middle = "/force\",\"";
    for (std::size_t at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at)) {
      at += begin.size();
      const auto client = static_cast<std::size_t>(number_at(text.substr(at)));
      at = text.find(middle, at) + middle.size();
      const std::int64_t sent = load_.client(client).sent_at(number_at(text.substr(at)) / 1'000'000);
      seen_.latencies.add(Duration(now - sent));
    }
    constexpr std::string_view dropped = "\"dropped\":";
    const std::size_t at = text.rfind(dropped);
    if (at != std::string_view::npos) {
      seen_.dropped += static_cast<std::uint64_t>(number_at(text.substr(at + dropped.size())));
    }
  }

  const MqttLoad& load_;
  std::unique_ptr<runtime::Socket> socket_;
  std::string input_;
  bool upgraded_ = false;
  bool subscribed_ = false;
  Seen seen_;
};

void run(runtime::Runtime& machine, const MqttPlan& plan) {
  artery::bench::NodeUnderTest node;
  MqttLoad load(machine, plan, node.mqtt_port());
  auto live = std::make_unique<Live>(load);
  load.loop().post([&] {
    load.loop().connect({.host = "127.0.0.1", .port = node.http_port()}, [&](auto socket) {
      ARTERY_ASSERT(socket);
      live->connected(std::move(*socket));
    });
  });
  while (!load.on_loop([&] { return live->subscribed(); })) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  load.begin();
  std::this_thread::sleep_for(std::chrono::seconds(1));  // names are created, caches are warm
  (void)load.on_loop([&] { return live->take(); });
  const std::uint64_t acknowledged = load.acknowledged();
  const double cpu = node.cpu_seconds();
  std::this_thread::sleep_for(std::chrono::duration<double>(plan.seconds));
  Seen seen = load.on_loop([&] { return live->take(); });
  const double cpu_used = node.cpu_seconds() - cpu;
  const std::uint64_t messages = load.acknowledged() - acknowledged;
  fmt::print(
      "{} messages acknowledged, {} samples received, {} dropped; publish to frame p50 {:.2f} ms p99 {:.2f} ms "
      "p99.9 {:.2f} ms; {:.1f} CPU s per million\n",
      messages, seen.latencies.count(), seen.dropped, seen.latencies.percentile_ms(0.5),
      seen.latencies.percentile_ms(0.99), seen.latencies.percentile_ms(0.999),
      cpu_used / (static_cast<double>(messages) / 1e6));
  load.on_loop([&] {
    live.reset();
    return true;
  });
}

}  // namespace

int main(int argc, char** argv) {
  const auto machine = runtime::make_linux_runtime({.journal_from = runtime::Severity::warning});
  const double rate = option(argc, argv, "rate", 0);
  const int runs = static_cast<int>(option(argc, argv, "runs", 3));
  MqttPlan plan{.clients = static_cast<std::size_t>(option(argc, argv, "clients", 100)),
                .window = 10'000,  // none that would hold back what is due
                .seconds = option(argc, argv, "seconds", 10),
                .rate = rate};
  for (const double paced : {1'000.0, 10'000.0}) {
    plan.rate = rate > 0 ? rate : paced;
    fmt::print("publish to WebSocket: {} signals, {:.0f} messages/s\n", plan.clients, plan.rate);
    for (int i = 0; i < runs; ++i) run(*machine, plan);
    if (rate > 0) break;
  }
}
