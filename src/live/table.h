// One shard's part of the router: its clients, their subscriptions, and the inbox for what other shards' clients
// publish. Private to live/. On the shard's loop but for put() and the counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "live/router.h"
#include "model/topic_filter.h"
#include "runtime/executor.h"
#include "runtime/task.h"

namespace artery::live {

class RouterShard::Table {
 public:
  // `number` of `shards`. All must outlive it.
  Table(runtime::Loop& home, Retained& retained, const RouterSettings& settings, std::uint64_t number,
        std::uint64_t shards)
      : home_(home), retained_(retained), settings_(settings), last_client_(number), shards_(shards) {}
  ~Table() = default;
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // Before the first publish().
  void set_others(std::vector<Table*> others) { others_ = std::move(others); }

  ClientNumber join(Outbox& outbox);
  void leave(ClientNumber number);
  Result<void> subscribe(ClientNumber number, std::string_view filter, const SubscribeOptions& options);
  bool unsubscribe(ClientNumber number, std::string_view filter);
  [[nodiscard]] std::size_t subscriptions(ClientNumber number) const { return clients_.at(number).filters.size(); }
  void resume(ClientNumber number);
  void publish(const SharedMessage& message);

  // Any thread.
  void put(const SharedMessage& message);
  void add_to(RouterCounters& sum) const;

 private:
  // The retained messages for one new subscription.
  struct CatchUp {
    std::uint64_t number = 0;
    std::string filter;
    SubscribeOptions options;
    bool found = false;
    std::vector<SharedMessage> messages;  // sorted by topic
    std::size_t next = 0;
    std::unordered_set<std::string> newer;  // topics that had a message since
  };
  struct Client {
    Outbox* outbox;
    std::set<std::string, std::less<>> filters;
    std::list<CatchUp> catch_ups;
  };
  struct Subscription {
    Client* client;
    SubscribeOptions options;
  };
  struct Match {
    ClientNumber number;
    const Subscription* subscription;
  };

  runtime::Task<void> find_retained(ClientNumber client, std::uint64_t number, std::string filter);
  void send_retained(Client& client);
  bool send_retained(Client& client, CatchUp& catch_up);
  static void note_newer(Client& client, const Message& message);
  void route(const SharedMessage& message);
  void deliver(std::span<const Match> matches, const SharedMessage& message);
  void drain();

  runtime::Loop& home_;
  Retained& retained_;
  const RouterSettings settings_;
  std::vector<Table*> others_;
  std::uint64_t last_client_;  // numbers are this shard's: they leave its number when divided by `shards_`
  const std::uint64_t shards_;
  std::uint64_t last_catch_up_ = 0;
  std::map<ClientNumber, Client> clients_;
  TopicTree<ClientNumber, Subscription> subscriptions_;
  std::vector<Match> matches_;      // of the present message
  std::vector<std::uint32_t> ids_;  // of the present delivery

  std::mutex inbox_mutex_;  // guards what follows
  std::vector<SharedMessage> inbox_;
  std::size_t inbox_bytes_ = 0;

  std::atomic<std::uint64_t> subscription_count_ = 0;
  std::atomic<std::uint64_t> client_count_ = 0;
  std::atomic<std::uint64_t> routed_ = 0;
  std::atomic<std::uint64_t> delivered_ = 0;
  std::atomic<std::uint64_t> dropped_outbox_ = 0;
  std::atomic<std::uint64_t> dropped_inbox_ = 0;
  std::atomic<std::uint64_t> retained_sent_ = 0;

  runtime::Scope scope_;  // last: its frames use what stands above
};

}  // namespace artery::live
