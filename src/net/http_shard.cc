#include "net/http_shard.h"

#include <chrono>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "net/client_connection.h"

namespace artery::net {
namespace {

constexpr Duration sweep_interval = std::chrono::seconds(1);
constexpr std::size_t refusals_max = 128;  // connections that are told at one time that the server is full

}  // namespace

HttpShard::HttpShard(runtime::Loop& loop, unsigned index, HttpShared& shared)
    : loop_(loop), index_(index), shared_(shared) {
  make_durations(shared.router.patterns().size());
}

HttpShard::~HttpShard() = default;

void HttpShard::adopt(std::unique_ptr<runtime::Connection> accepted) {
  ARTERY_ASSERT(loop_.is_current());
  if (stopped_) return;
  const std::size_t open = shared_.connections_open.fetch_add(1);
  const bool is_full = open >= shared_.settings.connections_max;
  count(is_full ? counters_.connections_refused : counters_.connections_accepted);
  if (open >= shared_.settings.connections_max + refusals_max) {
    shared_.connections_open.fetch_sub(1);
    return;
  }
  const std::uint64_t id = ++next_id_;
  count(counters_.connections_open);
  auto& connection = connections_[id];
  connection = std::make_unique<ClientConnection>(*this, id, loop_.attach(std::move(accepted)));
  arm_sweep();
  connection->start(is_full);
}

std::string_view HttpShard::http_date() {
  const std::int64_t second = shared_.clock.now().value() / 1'000'000'000;
  if (second != date_second_) {
    date_second_ = second;
    date_ = net::http_date(shared_.clock.now());
  }
  return date_;
}

void HttpShard::remove(std::uint64_t id) {
  {
    // Its end may be told to handlers that look at this shard, so it leaves the table first.
    const auto node = connections_.extract(id);
    if (node.empty()) return;
    shared_.connections_open.fetch_sub(1);
    uncount(counters_.connections_open);
  }
  if (stopped_ && connections_.empty()) finish_stop();
}

void HttpShard::look_after_later(std::uint64_t id) {
  loop_.post([this, id] {
    if (const auto found = connections_.find(id); found != connections_.end()) found->second->look_after();
  });
}

// Visiting may remove connections.
template <class Visit>
void HttpShard::visit_all(Visit visit) {
  std::vector<std::uint64_t> ids;
  ids.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) ids.push_back(id);
  for (const std::uint64_t id : ids) {
    if (const auto found = connections_.find(id); found != connections_.end()) visit(*found->second);
  }
}

void HttpShard::arm_sweep() {
  if (sweep_timer_ != runtime::TimerId()) return;
  sweep_timer_ = loop_.after(sweep_interval, [this] { sweep(); });
}

// One timer for all connections: time-outs need no finer clock, and requests need not touch any timer.
void HttpShard::sweep() {
  sweep_timer_ = {};
  const Instant now = shared_.clock.instant();
  visit_all([&](ClientConnection& connection) { connection.tick(now); });
  if (!connections_.empty()) arm_sweep();
}

void HttpShard::stop(Duration grace, runtime::Work done) {
  ARTERY_ASSERT(loop_.is_current() && !stopped_);
  stopped_ = std::move(done);
  if (connections_.empty()) return finish_stop();
  grace_timer_ = loop_.after(grace, [this] {
    grace_timer_ = {};
    visit_all([this](ClientConnection& connection) { remove(connection.id()); });
  });
  visit_all([](ClientConnection& connection) { connection.stop(); });
}

void HttpShard::finish_stop() {
  loop_.cancel(sweep_timer_);
  loop_.cancel(grace_timer_);
  // A later turn: this may be called by one of the connections, and `done` may lead to our destruction.
  loop_.post(std::exchange(stopped_, [] {}));
}

}  // namespace artery::net
