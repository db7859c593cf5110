// The router takes a published message, at receipt and from memory, to every client whose subscriptions select it.
//
// Each shard has a table of its own clients' subscriptions. publish() delivers to the publisher's shard at once and
// puts the message into the inbox of every other shard that has any subscription. The messages of one shard, and so
// those of one publisher, arrive everywhere in their order. An inbox is bounded; what does not fit is dropped and
// counted.
//
// A client gets a message once, however many of its subscriptions match: with the greatest of their QoS and all their
// identifiers (MQTT 5, 3.3.4 allows that or one copy each). Retain-as-published counts where any of them has it; a
// subscription with no-local does not match its client's own messages.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "live/error.h"
#include "live/message.h"
#include "live/outbox.h"
#include "live/retained.h"
#include "runtime/executor.h"

namespace artery::live {

struct RouterSettings {
  std::size_t subscriptions_per_client_max = 10'000;
  std::size_t inbox_messages_max = 100'000;  // waiting for a shard's next turn
  std::size_t inbox_bytes_max = 64ULL << 20;
};

enum class RetainHandling : std::uint8_t { send = 0, send_if_new = 1, never = 2 };  // MQTT 5, 3.8.3.1

struct SubscribeOptions {
  std::uint8_t qos = 0;
  bool no_local = false;
  bool retain_as_published = false;
  RetainHandling retain_handling = RetainHandling::send;
  std::uint32_t id = 0;  // 0: none
};

struct RouterCounters {
  std::uint64_t routed = 0;          // messages given to publish()
  std::uint64_t delivered = 0;       // taken by an outbox; retained ones too
  std::uint64_t dropped_outbox = 0;  // not taken by an outbox: the client is slow
  std::uint64_t dropped_inbox = 0;   // another shard is behind: once for each shard that missed the message
  std::uint64_t retained_sent = 0;   // because of a new subscription
  std::uint64_t clients = 0;
  std::uint64_t subscriptions = 0;
};

// One shard's part. Every function on its loop.
class RouterShard {
 public:
  ~RouterShard();
  RouterShard(const RouterShard&) = delete;
  RouterShard& operator=(const RouterShard&) = delete;

  // `outbox` gets what the client's subscriptions select, until leave().
  ClientNumber join(Outbox& outbox);
  void leave(ClientNumber client);

  // Replaces an equal filter's options. What was published before the call and acknowledged, or announced to Retained,
  // comes as a retained message where `retain_handling` says so; later turns bring it, so answer the client first. A
  // topic that had a newer message delivered meanwhile is left out. Errors: LiveError::bad_filter, too_many.
  Result<void> subscribe(ClientNumber client, std::string_view filter, const SubscribeOptions& options);
  // False where there was none.
  bool unsubscribe(ClientNumber client, std::string_view filter);
  // How many it has now; of a client that has joined.
  [[nodiscard]] std::size_t subscriptions(ClientNumber client) const;
  // The client's outbox has room again: retained messages that it did not take are offered again.
  void resume(ClientNumber client);

  // Retained ones are announced to Retained before.
  void publish(const SharedMessage& message);

 private:
  friend class Router;
  class Table;
  explicit RouterShard(std::unique_ptr<Table> table);
  std::unique_ptr<Table> table_;
};

class Router {
 public:
  // Loops and store must outlive it. One loop may be named more than once.
  Router(const std::vector<runtime::Loop*>& shards, Retained& retained, const RouterSettings& settings);
  // When the loops run no more of its work.
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  [[nodiscard]] RouterShard& shard(std::size_t index) { return *shards_[index]; }
  // Any thread.
  [[nodiscard]] RouterCounters counters() const;

 private:
  std::vector<std::unique_ptr<RouterShard>> shards_;
};

}  // namespace artery::live
