// GET /api/v1/live: signals as they change, over a WebSocket. Texts of JSON, each way an object with "op".
//
// The client sends
//   {"op": "subscribe", "id": "a", "signals": ["acme/+/force"], "every": "interval", "interval_ms": 100}
//   {"op": "unsubscribe", "id": "a"}
// `id` is the client's own name for the subscription. `every` is "interval" (the default: the newest value of each
// signal, at most once in `interval_ms`) or "sample" (each sample, late and corrected ones too).
//
// It gets
//   {"op": "subscribed", "id": "a"}                       before anything of that subscription
//   {"op": "unsubscribed", "id": "a"}
//   {"op": "samples", "id": "a", "samples": [[signal, time, value, quality], ...], "dropped": 0}
//   {"op": "error", "id": "a", "detail": "..."}           the request had no effect
// First come the newest values. A client that is slower than its signals gets fewer values of each with "interval";
// with "sample" what it missed is counted in `dropped`.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "net/http_server.h"
#include "serve/http/node_view.h"

namespace artery::serve {

// Both must outlive the server.
void add_live_to(net::HttpServer& server, const NodeView& node, const ApiSettings& settings);

// One connection. Belongs to it, on its shard.
class LiveSocket final : public net::WebSocketHandler {
 public:
  // A client is behind when it has not taken `behind_bytes`: the server's HttpLimits::unsent_bytes_max, above which
  // on_drained() comes.
  LiveSocket(live::Newest& newest, runtime::Executor& home, std::size_t behind_bytes, const ApiSettings& settings);
  ~LiveSocket() override;
  LiveSocket(const LiveSocket&) = delete;
  LiveSocket& operator=(const LiveSocket&) = delete;

  void on_open(net::WebSocket& socket) override { socket_ = &socket; }
  void on_text(std::string_view text) override;
  void on_binary(Bytes bytes) override;
  void on_drained() override;
  void on_closed(net::CloseCode code, std::string_view reason) override;

 private:
  class Subscription;
  struct Wish;

  void subscribe(const Wish& wish);
  void unsubscribe(const std::string& id);
  void tell(std::string_view op, std::string_view id);
  void fail(std::string_view id, std::string_view detail);
  // To what the client asked. Who does not read the answers is cut off.
  void answer(std::string_view text);
  // Sends, or keeps what a slow client has no room for and lets the subscriptions wait until it has.
  void send(std::string text);
  void end();
  [[nodiscard]] bool is_behind() const { return !waiting_.empty() || socket_->unsent() > behind_bytes_; }

  live::Newest& newest_;
  runtime::Executor& home_;
  const std::size_t behind_bytes_;
  const ApiSettings& settings_;
  net::WebSocket* socket_ = nullptr;  // nullptr: closed
  std::map<std::string, std::unique_ptr<Subscription>, std::less<>> subscriptions_;
  std::deque<std::string> waiting_;  // at most what the subscriptions told before they were paused
  bool paused_ = false;
};

}  // namespace artery::serve
