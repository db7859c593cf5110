#include "net/http_server.h"

#include <utility>

#include "base/assert.h"
#include "net/http_shard.h"

namespace artery::net {

HttpServer::HttpServer(std::vector<runtime::Loop*> shards, const runtime::Clock& clock, HttpServerSettings settings)
    : loops_(std::move(shards)), shared_(std::make_unique<HttpShared>(clock, std::move(settings))) {
  ARTERY_ASSERT(!loops_.empty());
  for (runtime::Loop* loop : loops_) {
    shards_.push_back(std::make_unique<HttpShard>(*loop, static_cast<unsigned>(shards_.size()), *shared_));
  }
}

HttpServer::~HttpServer() = default;

void HttpServer::handle(Method method, std::string_view pattern, Handler handler, RouteOptions options) {
  ARTERY_ASSERT(!running_);
  shared_->router.add(method, pattern, std::move(handler), std::move(options));
  make_durations();
}

void HttpServer::handle_websocket(std::string_view pattern, WebSocketFactory factory) {
  ARTERY_ASSERT(!running_);
  shared_->router.add_websocket(pattern, std::move(factory));
  make_durations();
}

void HttpServer::make_durations() {
  for (const auto& shard : shards_) shard->make_durations(shared_->router.patterns().size());
}

Result<runtime::Address> HttpServer::listen(const runtime::Address& address) {
  auto listener = loops_.front()->listen(
      address, [this](std::unique_ptr<runtime::Connection> connection) { accept(std::move(connection)); });
  if (!listener) return std::move(listener.error());
  running_ = true;
  return listeners_.emplace_back(*std::move(listener))->address();
}

void HttpServer::accept(std::unique_ptr<runtime::Connection> connection) {
  const std::size_t next = next_shard_++ % shards_.size();
  loops_[next]->post(
      [&shard = *shards_[next], accepted = std::move(connection)]() mutable { shard.adopt(std::move(accepted)); });
}

void HttpServer::stop(Duration grace, runtime::Work done) {
  ARTERY_ASSERT(!stopped_);
  stopped_ = std::move(done);
  listeners_.clear();
  shards_running_ = shards_.size();
  for (const auto& each : shards_) {
    // After the connections that accept() posted there.
    each->loop().post([this, grace, &shard = *each] {
      shard.stop(grace, [this] {
        loops_.front()->post([this] {
          if (--shards_running_ > 0) return;
          running_ = false;
          std::exchange(stopped_, {})();
        });
      });
    });
  }
}

const HttpLimits& HttpServer::limits() const { return shared_->settings.limits; }

HttpCounts HttpServer::counts() const {
  HttpCounts sum;
  for (const auto& shard : shards_) shard->counters().add_to(sum);
  sum.bodies_bytes = shared_->bodies.held();
  sum.bodies_refused = shared_->bodies.refused();
  return sum;
}

HttpCounts HttpServer::counts(std::size_t shard) const {
  HttpCounts sum;
  std::as_const(*shards_[shard]).counters().add_to(sum);
  return sum;
}

std::vector<RouteDurations> HttpServer::durations() const {
  std::vector<RouteDurations> all;
  for (const std::string& pattern : shared_->router.patterns()) {
    RouteDurations& route = all.emplace_back(RouteDurations{.pattern = pattern});
    for (const auto& shard : shards_) shard->durations(all.size() - 1).add_to(route.counts);
  }
  return all;
}

}  // namespace artery::net
