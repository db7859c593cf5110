#include "live/router.h"

#include <utility>

#include "live/table.h"

namespace artery::live {

RouterShard::RouterShard(std::unique_ptr<Table> table) : table_(std::move(table)) {}

RouterShard::~RouterShard() = default;

ClientNumber RouterShard::join(Outbox& outbox) { return table_->join(outbox); }

void RouterShard::leave(ClientNumber client) { table_->leave(client); }

Result<void> RouterShard::subscribe(ClientNumber client, std::string_view filter, const SubscribeOptions& options) {
  return table_->subscribe(client, filter, options);
}

bool RouterShard::unsubscribe(ClientNumber client, std::string_view filter) {
  return table_->unsubscribe(client, filter);
}

std::size_t RouterShard::subscriptions(ClientNumber client) const { return table_->subscriptions(client); }

void RouterShard::resume(ClientNumber client) { table_->resume(client); }

void RouterShard::publish(const SharedMessage& message) { table_->publish(message); }

Router::Router(const std::vector<runtime::Loop*>& shards, Retained& retained, const RouterSettings& settings) {
  std::vector<RouterShard::Table*> tables;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    auto table = std::make_unique<RouterShard::Table>(*shards[i], retained, settings, i, shards.size());
    tables.push_back(table.get());
    shards_.push_back(std::unique_ptr<RouterShard>(new RouterShard(std::move(table))));
  }
  for (RouterShard::Table* table : tables) {
    std::vector<RouterShard::Table*> others = tables;
    std::erase(others, table);
    table->set_others(std::move(others));
  }
}

Router::~Router() = default;

RouterCounters Router::counters() const {
  RouterCounters sum;
  for (const auto& shard : shards_) shard->table_->add_to(sum);
  return sum;
}

}  // namespace artery::live
