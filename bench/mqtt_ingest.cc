// MQTT publishes of a small JSON object at QoS 1, every PUBACK after its sync.
//
//   mqtt_ingest [--clients 100] [--window 20] [--seconds 10] [--rate 0] [--runs 3]
//
// `window` publishes of a client wait for their PUBACK at a time. With a rate (messages per second over all clients)
// publishes are paced and the time from publish to PUBACK is what counts.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/assert.h"
#include "bench/figures.h"
#include "bench/node_under_test.h"
#include "runtime/linux/linux_runtime.h"
#include "sources/mqtt/codec.h"

namespace {

using artery::Buffer;
using artery::Bytes;
using artery::Duration;
using artery::bench::Latencies;
using artery::bench::now_ns;
using artery::bench::option;
namespace mqtt = artery::mqtt;
namespace runtime = artery::runtime;

constexpr std::size_t packet_bytes_max = 1 << 16;
constexpr std::int64_t first_ms = 1'700'000'000'000;

class Client final : public runtime::SocketHandler {
 public:
  Client(std::size_t number, std::size_t window) : topic_(fmt::format("acme/press{}", number)), window_(window) {
    sent_at_.resize(65536);
  }

  void connected(std::unique_ptr<runtime::Socket> socket) {
    socket_ = std::move(socket);
    socket_->set_handler(*this);
    const std::string id = "bench-" + topic_;
    send(mqtt::Connect{.version = mqtt::ProtocolVersion::v3_1_1, .client_id = id});
  }
  // Publishes `count` messages, or what the window lets through.
  void publish(std::size_t count) {
    for (; count > 0 && ready_ && outstanding_ < window_; --count) {
      next_id_ = static_cast<std::uint16_t>(next_id_ == 65535 ? 1 : next_id_ + 1);
      const std::string payload = fmt::format(R"({{"force": {}.{}, "ts": {}}})", next_id_ % 97, next_id_ % 10, time_++);
      sent_at_[next_id_] = now_ns();
      send(mqtt::Publish{.qos = mqtt::Qos::at_least_once,
                         .packet_id = next_id_,
                         .topic = topic_,
                         .payload = mqtt::Binary{artery::as_bytes(payload)}});
      ++outstanding_;
    }
  }
  void keep_going(bool saturate) { saturate_ = saturate; }
  [[nodiscard]] bool ready() const { return ready_; }

  std::uint64_t acknowledged = 0;
  Latencies latencies;

 private:
  template <class P>
  void send(const P& packet) {
    scratch_.clear();
    mqtt::encode(packet, mqtt::ProtocolVersion::v3_1_1, scratch_);
    socket_->send(scratch_);
  }
  void on_data(Bytes bytes) override {
    input_.insert(input_.end(), bytes.begin(), bytes.end());
    std::size_t used = 0;
    while (true) {
      auto frame = mqtt::next_frame(Bytes(input_).subspan(used), packet_bytes_max);
      ARTERY_ASSERT(frame);
      if (!*frame) break;
      take(**frame);
      used += (*frame)->size;
    }
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used));
    if (saturate_) publish(window_);
  }
  void take(const mqtt::FrameView& frame) {
    if (frame.type == mqtt::PacketType::connack) ready_ = true;
    if (frame.type != mqtt::PacketType::puback) return;
    const auto packet = mqtt::decode(frame, mqtt::ProtocolVersion::v3_1_1);
    ARTERY_ASSERT(packet);
    latencies.add(Duration(now_ns() - sent_at_[std::get<mqtt::Puback>(*packet).packet_id]));
    ++acknowledged;
    --outstanding_;
  }
  void on_drained() override {}
  void on_closed(std::string_view reason) override {
    fmt::print("a client was closed: {}\n", reason);
    ready_ = false;
  }

  std::string topic_;
  std::size_t window_;
  std::unique_ptr<runtime::Socket> socket_;
  bool ready_ = false;
  bool saturate_ = false;
  std::size_t outstanding_ = 0;
  std::uint16_t next_id_ = 0;
  std::int64_t time_ = first_ms;
  std::vector<std::int64_t> sent_at_;
  Buffer input_;
  Buffer scratch_;
};

struct Plan {
  std::size_t clients;
  std::size_t window;
  double seconds;
  double rate;
};

// The clients of one run, all on one loop.
class Load {
 public:
  Load(runtime::Runtime& machine, const Plan& plan, std::uint16_t port)
      : plan_(plan), loop_(machine.make_loop("load")) {
    for (std::size_t i = 0; i < plan.clients; ++i) clients_.push_back(std::make_unique<Client>(i, plan.window));
    loop_->post([this, port] {
      for (auto& client : clients_) {
        loop_->connect({.host = "127.0.0.1", .port = port}, [&client](auto socket) {
          ARTERY_ASSERT(socket);
          client->connected(std::move(*socket));
        });
      }
    });
    while (!on_loop([this] { return std::ranges::all_of(clients_, [](auto& c) { return c->ready(); }); })) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    loop_->post([this] { begin(); });
  }
  ~Load() {
    on_loop([this] {
      clients_.clear();
      return true;
    });
  }
  std::uint64_t acknowledged() {
    return on_loop([this] {
      std::uint64_t sum = 0;
      for (auto& client : clients_) sum += client->acknowledged;
      return sum;
    });
  }
  // Empties what was measured so far.
  Latencies take_latencies() {
    return on_loop([this] {
      Latencies all;
      for (auto& client : clients_) all.add_all(std::exchange(client->latencies, {}));
      return all;
    });
  }

 private:
  template <class F>
  auto on_loop(F work) -> decltype(work()) {
    std::atomic<bool> done = false;
    decltype(work()) result{};
    loop_->post([&] {
      result = work();
      done = true;
      done.notify_one();
    });
    done.wait(false);
    return result;
  }
  void begin() {
    if (plan_.rate > 0) {
      started_ = now_ns();
      return pace();
    }
    for (auto& client : clients_) {
      client->keep_going(true);
      client->publish(plan_.window);
    }
  }
  // Every millisecond what is due by then, to the clients in turn.
  void pace() {
    const auto due = static_cast<std::uint64_t>(static_cast<double>(now_ns() - started_) / 1e9 * plan_.rate);
    for (; paced_ < due; ++paced_) clients_[paced_ % clients_.size()]->publish(1);
    loop_->after(std::chrono::milliseconds(1), [this] {
      if (!clients_.empty()) pace();
    });
  }

  Plan plan_;
  std::int64_t started_ = 0;
  std::uint64_t paced_ = 0;
  std::vector<std::unique_ptr<Client>> clients_;
  std::unique_ptr<runtime::Loop> loop_;
};

void run(runtime::Runtime& machine, const Plan& plan) {
  artery::bench::NodeUnderTest node;
  Load load(machine, plan, node.mqtt_port());
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // names are created, caches are warm
  (void)load.take_latencies();
  const double cpu = node.cpu_seconds();
  const std::uint64_t before = load.acknowledged();
  const std::int64_t start = now_ns();
  std::this_thread::sleep_for(std::chrono::duration<double>(plan.seconds));
  const auto messages = static_cast<double>(load.acknowledged() - before);
  const double took = static_cast<double>(now_ns() - start) / 1e9;
  const double cpu_used = node.cpu_seconds() - cpu;
  Latencies latencies = load.take_latencies();
  fmt::print(
      "{:.0f} messages/s, {:.2f} CPU s per million, publish to PUBACK p50 {:.2f} ms p99 {:.2f} ms p99.9 {:.2f} ms, "
      "{:.0f} MiB resident\n",
      messages / took, cpu_used / (messages / 1e6), latencies.percentile_ms(0.5), latencies.percentile_ms(0.99),
      latencies.percentile_ms(0.999), node.resident_mib());
}

}  // namespace

int main(int argc, char** argv) {
  const auto machine = runtime::make_linux_runtime({.journal_from = runtime::Severity::warning});
  Plan plan{.clients = static_cast<std::size_t>(option(argc, argv, "clients", 100)),
            .window = static_cast<std::size_t>(option(argc, argv, "window", 20)),
            .seconds = option(argc, argv, "seconds", 10),
            .rate = option(argc, argv, "rate", 0)};
  const int runs = static_cast<int>(option(argc, argv, "runs", 3));
  fmt::print("MQTT: {} clients, JSON at QoS 1, synced before the PUBACK, window {}\n", plan.clients, plan.window);
  for (int i = 0; i < runs; ++i) run(*machine, plan);
  if (plan.rate > 0) return 0;
  plan.rate = 10'000;
  fmt::print("MQTT: the same, paced at 10,000 messages/s\n");
  for (int i = 0; i < runs; ++i) run(*machine, plan);
}
