#include "sources/mqtt/broker_shard.h"

#include <chrono>
#include <utility>

#include "base/assert.h"

namespace artery::mqtt {
namespace {

constexpr Duration sweep_interval = std::chrono::seconds(1);

}  // namespace

BrokerShard::BrokerShard(const Broker::ShardParts& parts, std::size_t index, BrokerShared& shared)
    : parts_(parts),
      index_(index),
      shared_(shared),
      publisher_({parts.loop, parts.admission, parts.router, shared.around.retained, counters_},
                 shared.settings.payload, [this](const Publisher::Asker& asker, const Publisher::Answered& answered) {
                   on_published(asker, answered);
                 }) {}

void BrokerShard::adopt(std::unique_ptr<runtime::Connection> accepted) {
  ARTERY_ASSERT(loop().is_current());
  if (stopping_) return;
  if (shared_.connections_open.fetch_add(1) >= settings().connections_max) {
    // Before its CONNECT there is nothing that could be said to it.
    shared_.connections_open.fetch_sub(1);
    return count(counters_.connections_refused);
  }
  const std::uint64_t id = ++last_id_;
  count(counters_.connections_open);
  count(counters_.connections_accepted);
  auto& connection = connections_[id];
  connection = std::make_unique<BrokerConnection>(*this, id, loop().attach(std::move(accepted)));
  arm_sweep();
  connection->start();
}

void BrokerShard::remove(std::uint64_t id) {
  if (connections_.erase(id) == 0) return;
  shared_.connections_open.fetch_sub(1);
  uncount(counters_.connections_open);
  finish_stop_if_idle();
}

void BrokerShard::look_after_later(std::uint64_t id) {
  post_to(id, [](BrokerConnection& connection) { connection.look_after(); });
}

void BrokerShard::post_to(std::uint64_t id, std::move_only_function<void(BrokerConnection&)> use) {
  loop().post([this, id, work = std::move(use)]() mutable {
    if (const auto found = connections_.find(id); found != connections_.end()) work(*found->second);
  });
}

bool BrokerShard::claim(std::uint64_t id, std::string_view client_id) {
  const ClientRegistry::Claim claim = shared_.clients.claim(client_id, {.shard = index_, .connection = id});
  if (claim.displaced) {
    count(counters_.sessions_taken_over);
    shared_.shards[claim.displaced->shard]->post_to(claim.displaced->connection, [](BrokerConnection& connection) {
      connection.close(ReasonCode::session_taken_over, "another connection uses this client identifier");
    });
  }
  return claim.granted;
}

void BrokerShard::release(std::uint64_t id, std::string_view client_id) {
  const auto next = shared_.clients.release(client_id, {.shard = index_, .connection = id});
  if (!next) return;
  shared_.shards[next->shard]->post_to(next->connection, [](BrokerConnection& connection) { connection.claimed(); });
}

void BrokerShard::publish_will(std::uint64_t id, const Publisher::Sender& sender, const live::SharedMessage& will) {
  wills_.emplace(id, sender.client_id);
  publisher_.publish(will, sender, {.connection = id, .number = {}});
}

void BrokerShard::on_published(const Publisher::Asker& asker, const Publisher::Answered& answered) {
  if (asker.number) {
    const auto found = connections_.find(asker.connection);
    if (found != connections_.end()) found->second->published(*asker.number, answered);
  } else {
    const auto will = wills_.extract(asker.connection);
    release(asker.connection, will.mapped());
  }
  finish_stop_if_idle();
}

// Visiting may remove connections.
template <class Visit>
void BrokerShard::visit_all(Visit visit) {
  std::vector<std::uint64_t> ids;
  ids.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) ids.push_back(id);
  for (const std::uint64_t id : ids) {
    if (const auto found = connections_.find(id); found != connections_.end()) visit(*found->second);
  }
}

void BrokerShard::arm_sweep() {
  if (sweep_timer_ != runtime::TimerId()) return;
  sweep_timer_ = loop().after(sweep_interval, [this] { sweep(); });
}

// One timer for all connections: time-outs need no finer clock, and packets need not touch any timer.
void BrokerShard::sweep() {
  sweep_timer_ = {};
  visit_all([](BrokerConnection& connection) { connection.tick(); });
  if (!connections_.empty()) arm_sweep();
}

void BrokerShard::list_clients(std::vector<BrokerClient>& into) const {
  for (const auto& [id, connection] : connections_) {
    if (connection->is_client()) into.push_back(connection->describe());
  }
}

void BrokerShard::stop(Duration grace, runtime::Work done) {
  ARTERY_ASSERT(loop().is_current() && !stopping_);
  stopping_ = true;
  stopped_ = std::move(done);
  grace_timer_ = loop().after(grace, [this] {
    grace_timer_ = {};
    publisher_.give_up();
    visit_all([this](BrokerConnection& connection) { remove(connection.id()); });
  });
  visit_all(
      [](BrokerConnection& connection) { connection.close(ReasonCode::server_shutting_down, "the node is stopping"); });
  finish_stop_if_idle();
}

void BrokerShard::finish_stop_if_idle() {
  if (!stopped_ || !connections_.empty() || !publisher_.idle()) return;
  loop().cancel(sweep_timer_);
  loop().cancel(grace_timer_);
  // A later turn: this may be called by one of the connections, and `done` may lead to our destruction.
  loop().post(std::exchange(stopped_, {}));
}

}  // namespace artery::mqtt
