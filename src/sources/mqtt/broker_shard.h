// One loop's part of the broker: its connections, their sweep for time-outs, its publisher. Everything but the counters
// happens on that loop. Internal to the broker.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sources/mqtt/broker.h"
#include "sources/mqtt/client_registry.h"
#include "sources/mqtt/connection.h"
#include "sources/mqtt/counters.h"
#include "sources/mqtt/publisher.h"

namespace artery::mqtt {

// What all shards of a broker use; nothing in it changes once it listens but what is thread-safe.
struct BrokerShared {
  Broker::Surroundings around;
  const BrokerSettings settings;
  ClientRegistry clients{};
  std::atomic<std::size_t> connections_open = 0;
  std::vector<BrokerShard*> shards{};
};

class BrokerShard {
 public:
  BrokerShard(const Broker::ShardParts& parts, std::size_t index, BrokerShared& shared);
  ~BrokerShard() = default;
  BrokerShard(const BrokerShard&) = delete;
  BrokerShard& operator=(const BrokerShard&) = delete;

  void adopt(std::unique_ptr<runtime::Connection> accepted);
  // Ends all sessions, publishes their wills and waits for what was submitted. After `grace` it cuts what is left and
  // tries nothing again. `done` runs on the loop.
  void stop(Duration grace, runtime::Work done);
  void list_clients(std::vector<BrokerClient>& into) const;

  // For BrokerConnection. remove() destroys it.
  void remove(std::uint64_t id);
  // Has it looked after from a later turn, if it is still there.
  void look_after_later(std::uint64_t id);
  // Whether the identifier is the connection's at once; otherwise it is told by claimed().
  bool claim(std::uint64_t id, std::string_view client_id);
  void release(std::uint64_t id, std::string_view client_id);
  // Releases when it is answered. The connection may be gone by then.
  void publish_will(std::uint64_t id, const Publisher::Sender& sender, const live::SharedMessage& will);

  [[nodiscard]] runtime::Loop& loop() const { return parts_.loop; }
  [[nodiscard]] live::RouterShard& router() const { return parts_.router; }
  [[nodiscard]] Publisher& publisher() { return publisher_; }
  [[nodiscard]] const BrokerSettings& settings() const { return shared_.settings; }
  [[nodiscard]] runtime::Clock& clock() const { return shared_.around.clock; }
  [[nodiscard]] admission::RejectionStore& rejections() const { return shared_.around.rejections; }
  [[nodiscard]] runtime::Random& random() const { return shared_.around.random; }
  [[nodiscard]] MqttCounters& counters() { return counters_; }
  [[nodiscard]] const MqttCounters& counters() const { return counters_; }

 private:
  // Runs `use` on the connection in a turn of this shard's loop, if it is there by then. Any thread.
  void post_to(std::uint64_t id, std::move_only_function<void(BrokerConnection&)> use);
  void on_published(const Publisher::Asker& asker, const Publisher::Answered& answered);
  template <class Visit>
  void visit_all(Visit visit);
  void sweep();
  void arm_sweep();
  void finish_stop_if_idle();

  const Broker::ShardParts parts_;
  const std::size_t index_;
  BrokerShared& shared_;
  MqttCounters counters_;
  Publisher publisher_;
  std::unordered_map<std::uint64_t, std::unique_ptr<BrokerConnection>> connections_;
  std::unordered_map<std::uint64_t, std::string> wills_;  // under way: the client identifiers to be released
  std::uint64_t last_id_ = 0;
  runtime::TimerId sweep_timer_;
  runtime::TimerId grace_timer_;
  runtime::Work stopped_;  // set while stopping
  bool stopping_ = false;
};

}  // namespace artery::mqtt
