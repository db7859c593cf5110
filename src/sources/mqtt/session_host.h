// What a session asks of the connection that carries it. Two implementations: Connection, and the tests' fake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "base/time.h"
#include "live/message.h"
#include "live/router.h"

namespace artery::mqtt {

// Counts a session's publishes, from 0.
struct PublishNumberTag;
using PublishNumber = Strong<PublishNumberTag, std::uint64_t>;

enum class PublishOutcome : std::uint8_t {
  done,          // what must outlive the process is on the disk
  not_retained,  // the same, but there are as many retained messages as there may be
  full,          // no room on the disk: nothing is kept for sure
  failed,        // the node is stopping
};

class SessionHost {
 public:
  [[nodiscard]] virtual Instant now() const = 0;
  // By the wall clock.
  [[nodiscard]] virtual Time time() const = 0;

  // Takes a copy and sends it at the end of the turn, in order.
  virtual void send(Bytes bytes) = 0;
  // Bytes that the client has not read yet. Session::drained() is called when they have fallen to zero from above
  // SessionSettings::outbox_bytes_max.
  [[nodiscard]] virtual std::size_t unsent() const = 0;

  // Ends the session that uses this identifier now, if there is one. Session::claimed() is called when its will is
  // published and the identifier is free, maybe from within.
  virtual void claim(std::string_view client_id) = 0;
  // Routes the message and stores what must be. Session::published() answers once, maybe from within. False where
  // nothing further may be read before the answer.
  virtual bool publish(PublishNumber number, const live::SharedMessage& message) = 0;
  virtual Result<void> subscribe(std::string_view filter, const live::SubscribeOptions& options) = 0;
  virtual bool unsubscribe(std::string_view filter) = 0;
  // Retained messages that were not taken are to be delivered now.
  virtual void offer_retained() = 0;

  // A packet that is not as the standard wants it, from its first byte on, or as much as there is of it. To be shown.
  virtual void refused(std::string_view reason, Bytes packet) = 0;

  // is_over() or wants_pause() may say something else than before.
  virtual void on_changed() = 0;

 protected:
  ~SessionHost() = default;
};

}  // namespace artery::mqtt
