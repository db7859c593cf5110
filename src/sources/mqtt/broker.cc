#include "sources/mqtt/broker.h"

#include <utility>

#include "base/assert.h"
#include "sources/mqtt/broker_shard.h"

namespace artery::mqtt {

Broker::Broker(const std::vector<ShardParts>& shards, const Surroundings& around, const BrokerSettings& settings)
    : shared_(std::make_unique<BrokerShared>(around, settings)) {
  ARTERY_ASSERT(!shards.empty());
  for (const ShardParts& parts : shards) {
    shards_.push_back(std::make_unique<BrokerShard>(parts, shards_.size(), *shared_));
    shared_->shards.push_back(shards_.back().get());
  }
}

Broker::~Broker() = default;

Result<runtime::Address> Broker::listen(const runtime::Address& address) {
  auto listener = shards_.front()->loop().listen(
      address, [this](std::unique_ptr<runtime::Connection> connection) { accept(std::move(connection)); });
  if (!listener) return std::move(listener.error());
  return listeners_.emplace_back(*std::move(listener))->address();
}

void Broker::accept(std::unique_ptr<runtime::Connection> connection) {
  BrokerShard& shard = *shards_[next_shard_++ % shards_.size()];
  shard.loop().post([&shard, accepted = std::move(connection)]() mutable { shard.adopt(std::move(accepted)); });
}

void Broker::stop(Duration grace, runtime::Work done) {
  ARTERY_ASSERT(!stopped_);
  stopped_ = std::move(done);
  listeners_.clear();
  shards_running_ = shards_.size();
  for (const auto& each : shards_) {
    // After the connections that accept() posted there.
    each->loop().post([this, grace, &shard = *each] {
      shard.stop(grace, [this] {
        shards_.front()->loop().post([this] {
          if (--shards_running_ == 0) std::exchange(stopped_, {})();
        });
      });
    });
  }
}

MqttCounts Broker::counts() const {
  MqttCounts sum;
  for (const auto& shard : shards_) std::as_const(*shard).counters().add_to(sum);
  return sum;
}

runtime::Task<std::vector<BrokerClient>> Broker::list_clients() {
  std::vector<BrokerClient> clients;
  for (const auto& shard : shards_) {
    co_await runtime::on(shard->loop());
    shard->list_clients(clients);
  }
  co_return clients;
}

}  // namespace artery::mqtt
