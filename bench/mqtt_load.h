// MQTT clients that publish small JSON objects at QoS 1, saturating or paced; all of a run on one loop, with a thread
// of its own. Client `n` publishes to acme/press`n` an object with `force` and a `ts` that grows by a millisecond each
// time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/figures.h"
#include "runtime/runtime.h"
#include "runtime/socket.h"
#include "sources/mqtt/codec.h"

namespace artery::bench {

struct MqttPlan {
  std::size_t clients;
  std::size_t window;  // publishes of a client that wait for their PUBACK at a time
  double seconds;      // of a run
  double rate;         // messages per second over all clients; 0: as many as the window lets through
};

// One connection; belongs to the load's loop.
class MqttClient final : public runtime::SocketHandler {
 public:
  MqttClient(std::size_t number, std::size_t window);

  void connected(std::unique_ptr<runtime::Socket> socket);
  // Publishes `count` messages, or what the window lets through.
  void publish(std::size_t count);
  void keep_going(bool saturate) { saturate_ = saturate; }
  [[nodiscard]] bool ready() const { return ready_; }
  // When the message with this `ts` was given to the socket; the newest 65,535 are known.
  [[nodiscard]] std::int64_t sent_at(std::int64_t ts_ms) const;

  std::uint64_t acknowledged = 0;
  Latencies latencies;  // publish to PUBACK

 private:
  template <class P>
  void send(const P& packet);
  void on_data(Bytes bytes) override;
  void on_drained() override {}
  void on_closed(std::string_view reason) override;
  void take(const mqtt::FrameView& frame);

  std::string topic_;
  std::size_t window_;
  std::unique_ptr<runtime::Socket> socket_;
  bool ready_ = false;
  bool saturate_ = false;
  std::size_t outstanding_ = 0;
  std::uint64_t published_ = 0;
  std::vector<std::int64_t> sent_at_;  // by packet identifier
  Buffer input_;
  Buffer scratch_;
};

// The clients of one run.
class MqttLoad {
 public:
  // Connects them, and waits until all are.
  MqttLoad(runtime::Runtime& machine, const MqttPlan& plan, std::uint16_t port);
  ~MqttLoad();
  MqttLoad(const MqttLoad&) = delete;
  MqttLoad& operator=(const MqttLoad&) = delete;

  // From now on they publish.
  void begin();
  std::uint64_t acknowledged();
  // Empties what was measured so far.
  Latencies take_latencies();

  [[nodiscard]] runtime::Loop& loop() { return *loop_; }
  [[nodiscard]] const MqttClient& client(std::size_t number) const { return *clients_[number]; }
  // What `work` returns on the loop; waits for it.
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

 private:
  void pace();

  MqttPlan plan_;
  std::int64_t started_ = 0;
  std::uint64_t paced_ = 0;
  std::vector<std::unique_ptr<MqttClient>> clients_;
  std::unique_ptr<runtime::Loop> loop_;
};

}  // namespace artery::bench
