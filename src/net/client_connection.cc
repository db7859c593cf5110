#include "net/client_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "base/utf8.h"

namespace artery::net {
namespace {

bool is_json(const Request& request) {
  const std::string_view type = request.header("content-type").value_or("");
  return equals_ignoring_case(trim(type.substr(0, type.find(';'))), "application/json");
}

Response not_routed(const Router::Missing& missing, const Request& request) {
  if (missing.malformed) return problem(400, {}, "the path cannot be decoded: '%' needs two hexadecimal digits, UTF-8");
  if (!missing.path_exists)
    return problem(404, {}, fmt::format("there is nothing at {}", is_utf8(request.path) ? request.path : "this path"));
  Response response = problem(405, {}, fmt::format("this path answers {}", missing.allowed));
  response.headers.emplace_back("Allow", missing.allowed);
  return response;
}

}  // namespace

ClientConnection::ClientConnection(HttpShard& shard, std::uint64_t id, std::unique_ptr<runtime::Socket> socket)
    : shard_(shard),
      id_(id),
      socket_(std::move(socket)),
      http_(*this, limits(), shard.bodies(), socket_->peer(), now()) {}

ClientConnection::~ClientConnection() {
  if (websocket_) uncount(shard_.counters().websockets_open);
  // From a later turn: by then the stream that waits can see that nobody listens.
  if (ready_) shard_.loop().post(std::move(ready_));
}

void ClientConnection::start(bool is_full) {
  attend([&] {
    socket_->tell_when_drained(limits().unsent_bytes_max);
    socket_->set_handler(*this);
    if (is_full) http_.refuse({.status = 503, .detail = "the server has as many connections as it is allowed"});
  });
}

template <class Work>
void ClientConnection::attend(Work work) {
  ARTERY_ASSERT(shard_.loop().is_current() && !attending_);
  attending_ = true;
  work();
  feed_websocket();
  attending_ = false;
  settle();
}

void ClientConnection::on_data(Bytes bytes) {
  count(shard_.counters().bytes_in, bytes.size());
  attend([&] {
    if (websocket_) {
      websocket_->receive(bytes, now());
    } else {
      http_.receive(bytes, now());
    }
  });
}

void ClientConnection::on_drained() {
  attend([&] {
    if (ready_) std::exchange(ready_, {})();
    if (websocket_) {
      websocket_->drained();
    } else {
      http_.resume(now());
    }
  });
}

// A WebSocket has nothing to say to a peer that cannot even close it.
bool ClientConnection::on_peer_end() {
  if (websocket_) return false;
  peer_ended_ = now();
  attend([&] {
    http_.end_of_input();
    http_.resume(now());
  });
  return true;
}

void ClientConnection::on_closed(std::string_view reason) {
  if (websocket_) websocket_->lost(reason);
  shard_.remove(id_);
}

void ClientConnection::tick(Instant now) {
  attend([&] {
    const bool is_alive = websocket_ ? websocket_->tick(now) : http_.tick(now, socket_->unsent());
    if (!is_alive) cut_ = true;
    if (peer_ended_ && now - *peer_ended_ >= client_left_after) has_left();
  });
}

void ClientConnection::stop() {
  attend([&] {
    if (websocket_) {
      websocket_->close(CloseCode::going_away, "the node stops");
    } else {
      http_.stop();
    }
  });
}

void ClientConnection::look_after() {
  settle_posted_ = false;
  attend([&] {
    if (!websocket_) http_.resume(now());
  });
}

void ClientConnection::settle_later() {
  if (attending_ || std::exchange(settle_posted_, true)) return;
  shard_.look_after_later(id_);
}

void ClientConnection::settle() {
  if (cut_) return shard_.remove(id_);
  const bool is_over = websocket_ ? websocket_->state() == WebSocketSession::State::closed
                                  : http_.state() == HttpSession::State::closing;
  if (is_over && !std::exchange(finishing_, true)) socket_->finish();
  if (finishing_) return;
  const bool wants_pause = is_congested() || (!websocket_ && http_.wants_pause());
  if (wants_pause == paused_) return;
  paused_ = wants_pause;
  if (paused_) {
    socket_->pause();
  } else {
    socket_->resume();
  }
}

HttpSession::Verdict ClientConnection::on_head(Request& request, std::string& storage) {
  const Instant began = now();
  HttpSession::Verdict verdict = admit(request, storage);
  if (verdict.refusal) shard_.durations(0).add(now() - began);
  return verdict;
}

HttpSession::Verdict ClientConnection::admit(Request& request, std::string& storage) {
  const HttpShared& shared = shard_.shared();
  request.shard = shard_.index();
  if (const auto refusal = shared.rules.check(request, socket_->local().host)) return {problem(*refusal), 0};
  const auto found = shared.router.find(request, storage);
  if (const auto* missing = std::get_if<Router::Missing>(&found)) return {not_routed(*missing, request), 0};
  route_ = std::get<const Route*>(found);
  const RouteOptions& options = route_->options;
  if (options.only_json && !is_json(request)) {
    return {problem(415, {}, "this path takes Content-Type: application/json"), 0};
  }
  return {std::nullopt, std::min(options.body_bytes_max, shared.settings.limits.body_bytes_max)};
}

void ClientConnection::on_request(const Request& request) {
  asked_ = now();
  if (route_->factory) {
    open_websocket(request);
    return note_answered();
  }
  route_->handler(request, ResponseHandle(*this));
}

void ClientConnection::on_body_refused(const Request& request, const Refusal& refusal) {
  if (route_->options.refused) route_->options.refused(request, refusal);
}

void ClientConnection::open_websocket(const Request& request) {
  const auto header_lines = websocket_upgrade(request);
  if (!header_lines) return http_.respond(header_lines.error(), now());
  auto handler = route_->factory(request);
  if (!handler) return http_.respond(std::move(handler.error()), now());
  http_.upgrade(*header_lines);
  count(shard_.counters().websockets_open);
  websocket_ = std::make_unique<WebSocketSession>(static_cast<WebSocketSession::Owner&>(*this),
                                                  shard_.shared().settings.websocket, *std::move(handler), now());
  websocket_->open();
}

// What a client sent right behind its upgrade.
void ClientConnection::feed_websocket() {
  if (!websocket_ || !http_.has_unread()) return;
  const Buffer rest = http_.take_unread();
  websocket_->receive(rest, now());
}

void ClientConnection::on_output(Bytes bytes) {
  count(shard_.counters().bytes_out, bytes.size());
  socket_->send(bytes);
}

void ClientConnection::on_status(unsigned status) {
  auto& responses = shard_.counters().responses;
  ARTERY_ASSERT(status >= 100 && status < 100 * (responses.size() + 1));
  count(responses[status / 100 - 1]);
}

void ClientConnection::note_answered() { shard_.durations(route_->pattern).add(now() - asked_); }

void ClientConnection::on_changed() { settle_later(); }

void ClientConnection::respond(Response response) {
  ARTERY_ASSERT(shard_.loop().is_current());
  http_.respond(std::move(response), now());
  note_answered();
  settle_later();
}

void ClientConnection::begin(const Response& head) {
  ARTERY_ASSERT(shard_.loop().is_current());
  http_.begin(head);
}

void ClientConnection::send(Bytes piece) {
  ARTERY_ASSERT(shard_.loop().is_current());
  http_.send(piece);
}

bool ClientConnection::is_congested() const { return socket_->unsent() > limits().unsent_bytes_max; }

void ClientConnection::when_ready(runtime::Work work) {
  ARTERY_ASSERT(shard_.loop().is_current() && !ready_);
  if (!is_congested()) return shard_.loop().post(std::move(work));
  ready_ = std::move(work);
}

void ClientConnection::end() {
  ARTERY_ASSERT(shard_.loop().is_current());
  http_.end(now());
  note_answered();
  settle_later();
}

void ClientConnection::abandon() {
  ARTERY_ASSERT(shard_.loop().is_current());
  cut_ = true;
  settle_later();
}

}  // namespace artery::net
