// One accepted connection: between its socket, its HTTP or WebSocket session and the routes. Belongs to its shard, on
// that loop; destroyed by HttpShard::remove(). Internal to net.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "net/exchange.h"
#include "net/http_session.h"
#include "net/http_shard.h"
#include "net/websocket_session.h"
#include "runtime/socket.h"

namespace artery::net {

class ClientConnection final : runtime::SocketHandler, HttpSession::Owner, WebSocketSession::Owner, Exchange {
 public:
  ClientConnection(HttpShard& shard, std::uint64_t id, std::unique_ptr<runtime::Socket> socket);
  ~ClientConnection() override;
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  // Begins to read; on a full server says so and ends.
  void start(bool is_full);
  void tick(Instant now);
  void stop();
  // Does what a former turn left to do. May destroy this, as tick() and stop() may.
  void look_after();
  [[nodiscard]] std::uint64_t id() const { return id_; }

 private:
  // runtime::SocketHandler
  void on_data(Bytes bytes) override;
  void on_drained() override;
  bool on_peer_end() override;
  void on_closed(std::string_view reason) override;

  // HttpSession::Owner, WebSocketSession::Owner
  HttpSession::Verdict on_head(Request& request, std::string& storage) override;
  void on_request(const Request& request) override;
  void on_body_refused(const Request& request, const Refusal& refusal) override;
  void on_output(Bytes bytes) override;
  void on_status(unsigned status) override;
  [[nodiscard]] std::string_view http_date() override { return shard_.http_date(); }
  [[nodiscard]] std::size_t unsent_bytes() const override { return socket_->unsent(); }
  void on_changed() override;

  // Exchange
  void respond(Response response) override;
  void begin(const Response& head) override;
  void send(Bytes piece) override;
  [[nodiscard]] bool is_congested() const override;  // HttpSession::Owner's too
  void when_ready(runtime::Work work) override;
  void end() override;
  void abandon() override;

  [[nodiscard]] Instant now() const { return shard_.shared().clock.instant(); }
  [[nodiscard]] const HttpLimits& limits() const { return shard_.shared().settings.limits; }
  // Runs `work` on the sessions, then settle(). May destroy this.
  template <class Work>
  void attend(Work work);
  // What on_head() says, but for the count.
  HttpSession::Verdict admit(Request& request, std::string& storage);
  // The answer to the request in hand was given to the socket.
  void note_answered();
  void settle();
  void settle_later();
  void open_websocket(const Request& request);
  void feed_websocket();

  HttpShard& shard_;
  const std::uint64_t id_;
  std::unique_ptr<runtime::Socket> socket_;
  HttpSession http_;
  std::unique_ptr<WebSocketSession> websocket_;  // after the upgrade
  const Route* route_ = nullptr;                 // of the request in hand
  Instant asked_;                                // when that was complete
  std::optional<Instant> peer_ended_;            // its direction
  runtime::Work ready_;                          // waits for the client to catch up
  bool attending_ = false;
  bool settle_posted_ = false;
  bool paused_ = false;
  bool finishing_ = false;
  bool cut_ = false;
};

}  // namespace artery::net
