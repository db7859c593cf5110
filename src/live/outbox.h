// Where the router puts a client's messages. Implemented by the session of each protocol, which bounds what it holds.
#pragma once

#include <cstdint>
#include <span>

#include "live/message.h"

namespace artery::live {

struct Delivery {
  std::uint8_t qos = 0;  // the lesser of the message's and the greatest granted
  bool retain = false;   // the flag to send
  std::span<const std::uint32_t>
      subscription_ids;  // of all subscriptions that match, those that have one; for the call
  bool waits = false;    // a retained message, because of a new subscription: not taken, it is offered again
};

// Used on the client's shard. Must outlive its membership (RouterShard::join to leave).
class Outbox {
 public:
  // Takes the message or says that there is no room, at once; never waits. A message that is not taken is dropped and
  // counted by the router; a retained one, sent because of a new subscription, waits for RouterShard::resume(). Must
  // not call the router.
  virtual bool deliver(const SharedMessage& message, const Delivery& delivery) = 0;

 protected:
  ~Outbox() = default;
};

}  // namespace artery::live
