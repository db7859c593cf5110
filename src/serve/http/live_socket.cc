#include "serve/http/live_socket.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "serve/http/sample_json.h"

namespace artery::serve {

namespace {

constexpr std::size_t message_bytes = 64 * 1024;  // about where a message is ended and another begun
constexpr std::size_t id_bytes_max = 64;
constexpr std::uint64_t interval_ms_min = 10;
constexpr std::uint64_t interval_ms_max = 3'600'000;

}  // namespace

// What a client asks for.
struct LiveSocket::Wish {
  std::string op;
  std::string id;
  live::SignalSelection selection;

  // The fault in words, or nothing.
  std::optional<std::string> read(std::string_view text);

 private:
  using Member = simdjson::dom::element;
  std::optional<std::string> read_member(std::string_view name, Member value);
  std::optional<std::string> read_signals(Member value);
};

std::optional<std::string> LiveSocket::Wish::read(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS) return "not a JSON object";
  for (const auto [name, value] : object) {
    if (auto fault = read_member(name, value)) return fault;
  }
  if (op != "subscribe" && op != "unsubscribe") return R"("op" must be "subscribe" or "unsubscribe")";
  if (id.size() > id_bytes_max) return fmt::format("\"id\" is longer than {} bytes", id_bytes_max);
  if (op == "subscribe" && selection.filters.empty()) return R"("signals" is missing)";
  return std::nullopt;
}

std::optional<std::string> LiveSocket::Wish::read_member(std::string_view name, Member value) {
  std::string_view text;
  const bool is_text = value.get(text) == simdjson::SUCCESS;
  if (name == "op" && is_text) return op = text, std::nullopt;
  if (name == "id" && is_text) return id = text, std::nullopt;
  if (name == "signals") return read_signals(value);
  if (name == "every" && (text == "sample" || text == "interval")) {
    selection.every = text == "sample" ? live::Every::sample : live::Every::interval;
    return std::nullopt;
  }
  std::uint64_t ms = 0;
  if (name == "interval_ms" && value.get(ms) == simdjson::SUCCESS && ms >= interval_ms_min && ms <= interval_ms_max) {
    selection.interval = std::chrono::milliseconds(ms);
    return std::nullopt;
  }
  if (name == "op" || name == "id") return fmt::format("\"{}\" must be a text", name);
  if (name == "every") return R"("every" must be "interval" or "sample")";
  if (name == "interval_ms") {
    return fmt::format("\"interval_ms\" must be a number from {} to {}", interval_ms_min, interval_ms_max);
  }
  return fmt::format("\"{}\" is not known here", name);
}

std::optional<std::string> LiveSocket::Wish::read_signals(Member value) {
  constexpr std::string_view wrong = R"("signals" must be a list of patterns like "acme/+/force")";
  simdjson::dom::array patterns;
  if (value.get(patterns) != simdjson::SUCCESS) return std::string(wrong);
  for (const Member one : patterns) {
    std::string_view pattern;
    if (one.get(pattern) != simdjson::SUCCESS) return std::string(wrong);
    selection.filters.emplace_back(pattern);
  }
  return std::nullopt;
}

// Tells one client what one subscription brings.
class LiveSocket::Subscription final : public live::SignalSubscriber {
 public:
  Subscription(LiveSocket& owner, std::string id) : owner_(owner), id_(std::move(id)) {}
  virtual ~Subscription() = default;
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  Result<void> start(const live::SignalSelection& selection) {
    auto subscribed = owner_.newest_.subscribe(selection, *this, owner_.home_);
    if (!subscribed) return subscribed.error();
    subscription_ = std::move(*subscribed);
    return {};
  }
  void pause() { subscription_->pause(); }
  void resume() { subscription_->resume(); }

 private:
  void on_updates(std::span<const live::Update> updates, std::uint64_t dropped) override {
    while (!updates.empty() || dropped > 0) {
      std::string text;
      JsonWriter json(text);
      json.start_object().member("op", "samples").member("id", id_).key("samples").start_array();
      std::size_t written = 0;
      for (; written < updates.size() && text.size() < message_bytes; ++written) {
        const live::Update& update = updates[written];
        json.start_array().text(*update.name).time(update.time);
        write_value(json, view_of(update.value));
        json.number(update.quality.value()).end_array();
      }
      updates = updates.subspan(written);
      const std::uint64_t told = updates.empty() ? std::exchange(dropped, 0) : 0;
      json.end_array().member("dropped", told).end_object();
      owner_.send(std::move(text));
    }
  }
  void on_ended() override { owner_.end(); }

  LiveSocket& owner_;
  const std::string id_;
  std::unique_ptr<live::SignalSubscription> subscription_;
};

LiveSocket::LiveSocket(live::Newest& newest, runtime::Executor& home, std::size_t behind_bytes,
                       const ApiSettings& settings)
    : newest_(newest), home_(home), behind_bytes_(behind_bytes), settings_(settings) {}

LiveSocket::~LiveSocket() = default;

void LiveSocket::on_text(std::string_view text) {
  Wish wish;
  if (const auto fault = wish.read(text)) return fail(wish.id, *fault);
  if (wish.op == "subscribe") return subscribe(wish);
  unsubscribe(wish.id);
}

void LiveSocket::on_binary(Bytes) { socket_->close(net::CloseCode::unsupported_data, "texts of JSON only"); }

void LiveSocket::subscribe(const Wish& wish) {
  if (subscriptions_.contains(wish.id)) return fail(wish.id, "this id is subscribed already");
  if (subscriptions_.size() >= settings_.subscriptions_max) {
    return fail(wish.id, fmt::format("a connection may have {} subscriptions", settings_.subscriptions_max));
  }
  auto subscription = std::make_unique<Subscription>(*this, wish.id);
  if (const auto started = subscription->start(wish.selection); !started) {
    return fail(wish.id, started.error().message());
  }
  if (paused_) subscription->pause();
  subscriptions_.emplace(wish.id, std::move(subscription));
  tell("subscribed", wish.id);
}

void LiveSocket::unsubscribe(const std::string& id) {
  if (subscriptions_.erase(id) == 0) return fail(id, "this id is not subscribed");
  tell("unsubscribed", id);
}

void LiveSocket::tell(std::string_view op, std::string_view id) {
  std::string text;
  JsonWriter(text).start_object().member("op", op).member("id", id).end_object();
  answer(text);
}

void LiveSocket::fail(std::string_view id, std::string_view detail) {
  std::string text;
  JsonWriter(text).start_object().member("op", "error").member("id", id).member("detail", detail).end_object();
  answer(text);
}

void LiveSocket::answer(std::string_view text) {
  if (waiting_.empty() && socket_->send_text(text)) return;
  socket_->close(net::CloseCode::policy, "it asks, and does not read the answers");
}

void LiveSocket::send(std::string text) {
  if (socket_ == nullptr) return;
  if (!waiting_.empty() || !socket_->send_text(text)) waiting_.push_back(std::move(text));
  if (paused_ || !is_behind()) return;
  paused_ = true;
  for (const auto& [id, subscription] : subscriptions_) subscription->pause();
}

void LiveSocket::on_drained() {
  while (!waiting_.empty() && socket_->unsent() <= behind_bytes_) {
    if (!socket_->send_text(waiting_.front())) break;
    waiting_.pop_front();
  }
  if (is_behind() || !std::exchange(paused_, false)) return;
  for (const auto& [id, subscription] : subscriptions_) subscription->resume();
}

void LiveSocket::on_closed(net::CloseCode, std::string_view) {
  socket_ = nullptr;
  subscriptions_.clear();
}

void LiveSocket::end() {
  if (socket_ != nullptr) socket_->close(net::CloseCode::going_away, "the node stops");
}

void add_live_to(net::HttpServer& server, const NodeView& node, const ApiSettings& settings) {
  server.handle_websocket(
      "/api/v1/live",
      [&node, &settings, behind_bytes = server.limits().unsent_bytes_max](
          const net::Request& request) -> std::expected<std::unique_ptr<net::WebSocketHandler>, net::Response> {
        return std::make_unique<LiveSocket>(node.newest, *node.shards[request.shard], behind_bytes, settings);
      });
}

}  // namespace artery::serve
