// The MQTT broker of a node: accepts connections on the first loop and spreads them over all. Each connection, its
// session and its timers live on one loop; what clients say to one another goes through live's router.
//
//   Broker broker(shards, around, settings);
//   auto address = broker.listen({"127.0.0.1", 1883});
//   ...
//   broker.stop(2s, [&] { ... destroy the broker ... });
//
// Threads: listen() and stop() on the first loop; counts() from any; list_clients() says its own. Everything given must
// outlive the broker, which is destroyed after stop() has called its `done`, or when the loops run no more of its work.
//
// TLS: all of this speaks to runtime::Socket alone, and BrokerShard::adopt() is the one place where a connection
// becomes a socket. A TLS layer is a runtime::Socket that is put around that one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "admission/rejection.h"
#include "base/result.h"
#include "base/time.h"
#include "live/retained.h"
#include "live/router.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/random.h"
#include "runtime/task.h"
#include "sources/mqtt/counters.h"
#include "sources/mqtt/packet.h"
#include "sources/mqtt/payload.h"
#include "sources/mqtt/session_settings.h"

namespace artery::mqtt {

class BrokerShard;
struct BrokerShared;

struct BrokerSettings {
  SessionSettings session{};
  PayloadSettings payload{};
  std::size_t connections_max = 10'000;  // over all shards; beyond, a connection is closed at once
};

// Who is connected. The counts are of this connection and only grow.
struct BrokerClient {
  std::string client_id;
  runtime::Address remote{};
  ProtocolVersion version = ProtocolVersion::v5;
  Time since{};                    // its session
  Time heard{};                    // when bytes last came from it
  std::uint64_t messages_in = 0;   // PUBLISH packets
  std::uint64_t messages_out = 0;  // the same
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t samples_accepted = 0;  // that are on the disk
  std::uint64_t samples_refused = 0;
  std::uint64_t dropped = 0;  // QoS 0 messages that it read too slowly for
  std::size_t subscriptions = 0;
};

class Broker {
 public:
  struct ShardParts {
    runtime::Loop& loop;
    admission::Admission& admission;
    live::RouterShard& router;
  };
  struct Surroundings {
    runtime::Clock& clock;
    runtime::Random& random;
    live::Retained& retained;
    admission::RejectionStore& rejections;  // packets that are not as the standard wants them
  };
  Broker(const std::vector<ShardParts>& shards, const Surroundings& around, const BrokerSettings& settings);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // May be called for several addresses. Returns the address with the port that was really taken.
  Result<runtime::Address> listen(const runtime::Address& address);
  // Accepts no more, ends all sessions (DISCONNECT 0x8B) and publishes their wills; cuts what is left after `grace`.
  // `done` runs on the first loop when no connection is left and everything submitted to admission was answered.
  void stop(Duration grace, runtime::Work done);

  // The sum over all shards.
  [[nodiscard]] MqttCounts counts() const;
  // Whoever is connected now, in no order: of each shard at a moment of its own. Starts on any thread and ends on one
  // of the loops.
  [[nodiscard]] runtime::Task<std::vector<BrokerClient>> list_clients();

 private:
  void accept(std::unique_ptr<runtime::Connection> connection);

  std::unique_ptr<BrokerShared> shared_;
  std::vector<std::unique_ptr<BrokerShard>> shards_;
  std::vector<std::unique_ptr<runtime::Listener>> listeners_;
  std::size_t next_shard_ = 0;
  std::size_t shards_running_ = 0;  // while stopping
  runtime::Work stopped_;
};

}  // namespace artery::mqtt
