// One accepted connection: between its socket, its session, and the shard's router and publisher. Belongs to its shard,
// on that loop; destroyed by BrokerShard::remove(). Internal to the broker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "live/router.h"
#include "runtime/socket.h"
#include "sources/mqtt/broker.h"
#include "sources/mqtt/publisher.h"
#include "sources/mqtt/session.h"

namespace artery::mqtt {

class BrokerShard;

class BrokerConnection final : runtime::SocketHandler, SessionHost {
 public:
  BrokerConnection(BrokerShard& shard, std::uint64_t id, std::unique_ptr<runtime::Socket> socket);
  ~BrokerConnection() = default;
  BrokerConnection(const BrokerConnection&) = delete;
  BrokerConnection& operator=(const BrokerConnection&) = delete;

  // Begins to read. May destroy this, as the next five may.
  void start();
  void tick();
  void close(ReasonCode reason, std::string_view why);
  void claimed();
  void published(PublishNumber number, const Publisher::Answered& answered);
  // Does what a former turn left to do.
  void look_after();

  [[nodiscard]] std::uint64_t id() const { return id_; }
  // Whether it has a session now.
  [[nodiscard]] bool is_client() const { return number_ && !session_.is_over(); }
  // Only where is_client().
  [[nodiscard]] BrokerClient describe() const;

 private:
  // runtime::SocketHandler
  void on_data(Bytes bytes) override;
  void on_drained() override;
  void on_closed(std::string_view reason) override;

  // SessionHost
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] Time time() const override;
  void send(Bytes bytes) override;
  [[nodiscard]] std::size_t unsent() const override { return socket_->unsent(); }
  void claim(std::string_view client_id) override;
  bool publish(PublishNumber number, const live::SharedMessage& message) override;
  Result<void> subscribe(std::string_view filter, const live::SubscribeOptions& options) override;
  bool unsubscribe(std::string_view filter) override;
  void offer_retained() override;
  void refused(std::string_view reason, Bytes packet) override;
  void on_changed() override;

  // Runs `work` on the session, then settle(). May destroy this.
  template <class Work>
  void attend(Work work);
  void settle();
  void join();
  void end_session();

  BrokerShard& shard_;
  const std::uint64_t id_;
  std::unique_ptr<runtime::Socket> socket_;
  Publisher::Sender sender_;
  Session session_;
  std::optional<live::ClientNumber> number_;  // while it is the router's client
  Time since_;                                // when that began
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::uint64_t samples_accepted_ = 0;
  std::uint64_t samples_refused_ = 0;
  bool claims_ = false;  // its client identifier
  bool attending_ = false;
  bool settle_posted_ = false;
  bool paused_ = false;
  bool finishing_ = false;
};

}  // namespace artery::mqtt
