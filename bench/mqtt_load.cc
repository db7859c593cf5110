#include "bench/mqtt_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/assert.h"

namespace artery::bench {
namespace {

constexpr std::size_t packet_bytes_max = 1 << 16;
constexpr std::int64_t first_ms = 1'700'000'000'000;
constexpr std::uint64_t packet_ids = 65'535;  // from 1

std::uint16_t packet_id(std::uint64_t number) { return static_cast<std::uint16_t>(number % packet_ids + 1); }

}  // namespace

MqttClient::MqttClient(std::size_t number, std::size_t window)
    : topic_(fmt::format("acme/press{}", number)), window_(window), sent_at_(packet_ids + 1) {}

void MqttClient::connected(std::unique_ptr<runtime::Socket> socket) {
  socket_ = std::move(socket);
  socket_->set_handler(*this);
  const std::string id = "bench-" + topic_;
  send(mqtt::Connect{.version = mqtt::ProtocolVersion::v3_1_1, .client_id = id});
}

void MqttClient::publish(std::size_t count) {
  for (; count > 0 && ready_ && outstanding_ < window_; --count) {
    const std::uint64_t number = published_++;
    const std::uint16_t id = packet_id(number);
    const std::string payload =
        fmt::format(R"({{"force": {}.{}, "ts": {}}})", id % 97, id % 10, first_ms + static_cast<std::int64_t>(number));
    sent_at_[id] = now_ns();
    send(mqtt::Publish{
        .qos = mqtt::Qos::at_least_once, .packet_id = id, .topic = topic_, .payload = mqtt::Binary{as_bytes(payload)}});
    ++outstanding_;
  }
}

std::int64_t MqttClient::sent_at(std::int64_t ts_ms) const {
  return sent_at_[packet_id(static_cast<std::uint64_t>(ts_ms - first_ms))];
}

template <class P>
void MqttClient::send(const P& packet) {
  scratch_.clear();
  mqtt::encode(packet, mqtt::ProtocolVersion::v3_1_1, scratch_);
  socket_->send(scratch_);
}

void MqttClient::on_data(Bytes bytes) {
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

void MqttClient::take(const mqtt::FrameView& frame) {
  if (frame.type == mqtt::PacketType::connack) ready_ = true;
  if (frame.type != mqtt::PacketType::puback) return;
  const auto packet = mqtt::decode(frame, mqtt::ProtocolVersion::v3_1_1);
  ARTERY_ASSERT(packet);
  latencies.add(Duration(now_ns() - sent_at_[std::get<mqtt::Puback>(*packet).packet_id]));
  ++acknowledged;
  --outstanding_;
}

void MqttClient::on_closed(std::string_view reason) {
  fmt::print("a client was closed: {}\n", reason);
  ready_ = false;
}

MqttLoad::MqttLoad(runtime::Runtime& machine, const MqttPlan& plan, std::uint16_t port)
    : plan_(plan), loop_(machine.make_loop("load")) {
  for (std::size_t i = 0; i < plan.clients; ++i) clients_.push_back(std::make_unique<MqttClient>(i, plan.window));
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
}

MqttLoad::~MqttLoad() {
  on_loop([this] {
    clients_.clear();
    return true;
  });
}

std::uint64_t MqttLoad::acknowledged() {
  return on_loop([this] {
    std::uint64_t sum = 0;
    for (auto& client : clients_) sum += client->acknowledged;
    return sum;
  });
}

Latencies MqttLoad::take_latencies() {
  return on_loop([this] {
    Latencies all;
    for (auto& client : clients_) all.add_all(std::exchange(client->latencies, {}));
    return all;
  });
}

void MqttLoad::begin() {
  loop_->post([this] {
    if (plan_.rate > 0) {
      started_ = now_ns();
      return pace();
    }
    for (auto& client : clients_) {
      client->keep_going(true);
      client->publish(plan_.window);
    }
  });
}

// Every millisecond what is due by then, to the clients in turn.
void MqttLoad::pace() {
  const auto due = static_cast<std::uint64_t>(static_cast<double>(now_ns() - started_) / 1e9 * plan_.rate);
  for (; paced_ < due; ++paced_) clients_[paced_ % clients_.size()]->publish(1);
  loop_->after(std::chrono::milliseconds(1), [this] {
    if (!clients_.empty()) pace();
  });
}

}  // namespace artery::bench
