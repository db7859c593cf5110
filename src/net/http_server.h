// The HTTP/1.1 and WebSocket server: listens on the first of the given loops, spreads connections over all of them
// (shards), admits requests by PageRules and calls the handlers of its routes on the connection's loop.
//
// Life: construct; add routes; listen(), from then on routes are immutable; stop() and wait for its `done`; destroy.
// (A crash in the simulator destroys it as it is.)
// The loops, the clock and the routes' captures must outlive that. Routes are added before listen() by one thread;
// listen() and stop() are called on the first loop; counts() from any thread, durations() too once it listens.
//
// TLS: all of this speaks to runtime::Socket alone, and HttpShard::adopt() is the one place where a connection becomes
// a socket. A TLS layer is a runtime::Socket that is put around that one.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.h"
#include "base/result.h"
#include "base/time.h"
#include "net/counters.h"
#include "net/http.h"
#include "net/router.h"
#include "net/websocket.h"
#include "runtime/clock.h"
#include "runtime/executor.h"

namespace artery::net {

class HttpShard;
struct HttpShared;

struct HttpServerSettings {
  HttpLimits limits{};
  WebSocketLimits websocket{};
  std::size_t connections_max = 4096;                     // over all shards; beyond, 503 and close
  std::size_t bodies_bytes_max = std::size_t{256} << 20;  // of requests, over all connections; beyond, 503 and close
  std::vector<std::string> host_names{};                  // see PageRules
  std::vector<std::string> origins{};
};

// How long the requests of one pattern took: from the last byte of the request, read and parsed, until the whole answer
// was given to the socket, which sends it at the end of the turn. For a write that spans its sync; for a WebSocket, the
// handshake alone. Router::no_pattern has those that were refused at their head.
struct RouteDurations {
  std::string_view pattern;  // lives as long as the server
  DurationCounts counts{};
};

class HttpServer {
 public:
  HttpServer(std::vector<runtime::Loop*> shards, const runtime::Clock& clock, HttpServerSettings settings);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Patterns: see Router.
  void handle(Method method, std::string_view pattern, Handler handler, RouteOptions options = {});
  void handle_websocket(std::string_view pattern, WebSocketFactory factory);

  // May be called for several addresses. Returns the address with the port that was really taken.
  Result<runtime::Address> listen(const runtime::Address& address);
  // Accepts no more; ends idle connections and those that have their answer, WebSockets with 1001; cuts what is left
  // after `grace`. `done` runs on the first loop when no connection is left.
  void stop(Duration grace, runtime::Work done);

  [[nodiscard]] const HttpLimits& limits() const;
  // The sum over all shards.
  [[nodiscard]] HttpCounts counts() const;
  [[nodiscard]] std::size_t shards() const { return shards_.size(); }
  [[nodiscard]] HttpCounts counts(std::size_t shard) const;
  // The sum over all shards, of every pattern there is.
  [[nodiscard]] std::vector<RouteDurations> durations() const;

 private:
  void make_durations();
  void accept(std::unique_ptr<runtime::Connection> connection);

  std::vector<runtime::Loop*> loops_;
  std::unique_ptr<HttpShared> shared_;
  std::vector<std::unique_ptr<HttpShard>> shards_;
  std::vector<std::unique_ptr<runtime::Listener>> listeners_;
  std::size_t next_shard_ = 0;
  std::size_t shards_running_ = 0;  // while stopping
  runtime::Work stopped_;
  bool running_ = false;
};

}  // namespace artery::net
