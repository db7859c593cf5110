#include "live/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace artery::live {
namespace {

std::size_t bytes_of(const Message& message) {
  return message.topic.size() + message.payload.size() + message.properties.size();
}

}  // namespace

ClientNumber RouterShard::Table::join(Outbox& outbox) {
  ARTERY_ASSERT(home_.is_current());
  last_client_ += shards_;
  const ClientNumber number(last_client_);
  clients_.emplace(number, Client{.outbox = &outbox, .filters = {}, .catch_ups = {}});
  client_count_ = clients_.size();
  return number;
}

void RouterShard::Table::leave(ClientNumber number) {
  ARTERY_ASSERT(home_.is_current());
  const auto client = clients_.find(number);
  ARTERY_ASSERT(client != clients_.end());
  for (const std::string& filter : client->second.filters) subscriptions_.remove(filter, number);
  clients_.erase(client);
  client_count_ = clients_.size();
  subscription_count_ = subscriptions_.size();
}

Result<void> RouterShard::Table::subscribe(ClientNumber number, std::string_view filter,
                                           const SubscribeOptions& options) {
  ARTERY_ASSERT(home_.is_current() && options.qos <= 2);
  if (!valid_topic_filter(filter) || topic_levels(filter) > filter_levels_max) {
    return Error(LiveError::bad_filter, fmt::format("'{}' is not a topic filter of at most {} levels",
                                                    filter.substr(0, 256), filter_levels_max));
  }
  Client& client = clients_.at(number);
  const bool is_new = !client.filters.contains(filter);
  if (is_new && client.filters.size() >= settings_.subscriptions_per_client_max) {
    return Error(LiveError::too_many,
                 fmt::format("the client has {} subscriptions, as many as it may have", client.filters.size()));
  }
  if (is_new) client.filters.emplace(filter);
  subscriptions_.insert(filter, number, {.client = &client, .options = options});
  subscription_count_ = subscriptions_.size();
  std::erase_if(client.catch_ups, [&](const CatchUp& one) { return one.filter == filter; });
  if (options.retain_handling == RetainHandling::send ||
      (is_new && options.retain_handling == RetainHandling::send_if_new)) {
    client.catch_ups.push_back(
        {.number = ++last_catch_up_, .filter = std::string(filter), .options = options, .messages = {}, .newer = {}});
    scope_.spawn(find_retained(number, last_catch_up_, std::string(filter)));
  }
  return {};
}

bool RouterShard::Table::unsubscribe(ClientNumber number, std::string_view filter) {
  ARTERY_ASSERT(home_.is_current());
  Client& client = clients_.at(number);
  const auto found = client.filters.find(filter);
  if (found == client.filters.end()) return false;
  client.filters.erase(found);
  subscriptions_.remove(filter, number);
  subscription_count_ = subscriptions_.size();
  std::erase_if(client.catch_ups, [&](const CatchUp& one) { return one.filter == filter; });
  return true;
}

// Always answered in a later turn, so that the client hears of its subscription first.
runtime::Task<void> RouterShard::Table::find_retained(ClientNumber client, std::uint64_t number, std::string filter) {
  auto messages = co_await retained_.find(std::move(filter), home_);
  const auto found = clients_.find(client);
  if (!messages || found == clients_.end()) co_return;
  auto& catch_ups = found->second.catch_ups;
  const auto catch_up = std::ranges::find(catch_ups, number, &CatchUp::number);
  if (catch_up == catch_ups.end()) co_return;
  catch_up->messages = std::move(*messages);
  catch_up->found = true;
  send_retained(found->second);
}

void RouterShard::Table::resume(ClientNumber number) {
  ARTERY_ASSERT(home_.is_current());
  send_retained(clients_.at(number));
}

void RouterShard::Table::send_retained(Client& client) {
  while (!client.catch_ups.empty() && client.catch_ups.front().found) {
    if (!send_retained(client, client.catch_ups.front())) return;
    client.catch_ups.pop_front();
  }
}

// False where the outbox is full.
bool RouterShard::Table::send_retained(Client& client, CatchUp& catch_up) {
  ids_.clear();
  if (catch_up.options.id != 0) ids_.push_back(catch_up.options.id);
  for (; catch_up.next < catch_up.messages.size(); ++catch_up.next) {
    const SharedMessage& message = catch_up.messages[catch_up.next];
    if (catch_up.newer.contains(message->topic)) continue;
    const Delivery delivery{
        .qos = std::min(message->qos, catch_up.options.qos), .retain = true, .subscription_ids = ids_, .waits = true};
    if (!client.outbox->deliver(message, delivery)) return false;
    ++delivered_;
    ++retained_sent_;
  }
  return true;
}

// What is retained of that topic is old by now. Once it is known what is retained, other topics need not be kept.
void RouterShard::Table::note_newer(Client& client, const Message& message) {
  for (CatchUp& catch_up : client.catch_ups) {
    if (!topic_matches(catch_up.filter, message.topic)) continue;
    const auto topic_of = [](const SharedMessage& one) -> const std::string& { return one->topic; };
    if (catch_up.found && !std::ranges::binary_search(catch_up.messages, message.topic, {}, topic_of)) continue;
    catch_up.newer.insert(message.topic);
  }
}

void RouterShard::Table::publish(const SharedMessage& message) {
  ARTERY_ASSERT(home_.is_current());
  ++routed_;
  route(message);
  for (Table* other : others_) {
    if (other->subscription_count_ > 0) other->put(message);
  }
}

void RouterShard::Table::put(const SharedMessage& message) {
  const std::size_t bytes = bytes_of(*message);
  {
    const std::scoped_lock lock(inbox_mutex_);
    if (inbox_.size() >= settings_.inbox_messages_max || inbox_bytes_ + bytes > settings_.inbox_bytes_max) {
      ++dropped_inbox_;
      return;
    }
    inbox_.push_back(message);
    inbox_bytes_ += bytes;
    if (inbox_.size() > 1) return;  // a drain() is on its way
  }
  home_.post([this] { drain(); });
}

void RouterShard::Table::drain() {
  std::vector<SharedMessage> messages;
  {
    const std::scoped_lock lock(inbox_mutex_);
    messages.swap(inbox_);
    inbox_bytes_ = 0;
  }
  for (const SharedMessage& message : messages) route(message);
}

void RouterShard::Table::route(const SharedMessage& message) {
  matches_.clear();
  subscriptions_.find(message->topic, [&](ClientNumber number, const Subscription& subscription) {
    if (subscription.options.no_local && message->from == number) return;
    matches_.push_back({number, &subscription});
  });
  std::ranges::sort(matches_, {},
                    [](const Match& match) { return std::pair(match.number, match.subscription->options.id); });
  for (std::size_t from = 0, to = 0; from < matches_.size(); from = to) {
    while (to < matches_.size() && matches_[to].number == matches_[from].number) ++to;
    deliver(std::span(matches_).subspan(from, to - from), message);
  }
}

// To one client, whose subscriptions these are.
void RouterShard::Table::deliver(std::span<const Match> matches, const SharedMessage& message) {
  Delivery delivery;
  ids_.clear();
  for (const Match& match : matches) {
    const SubscribeOptions& options = match.subscription->options;
    delivery.qos = std::max(delivery.qos, options.qos);
    delivery.retain = delivery.retain || (options.retain_as_published && message->retain);
    if (options.id != 0) ids_.push_back(options.id);
  }
  delivery.qos = std::min(delivery.qos, message->qos);
  delivery.subscription_ids = ids_;
  Client& client = *matches.front().subscription->client;
  if (!client.outbox->deliver(message, delivery)) {
    ++dropped_outbox_;
    return;
  }
  ++delivered_;
  if (!client.catch_ups.empty()) note_newer(client, *message);
}

void RouterShard::Table::add_to(RouterCounters& sum) const {
  sum.routed += routed_;
  sum.delivered += delivered_;
  sum.dropped_outbox += dropped_outbox_;
  sum.dropped_inbox += dropped_inbox_;
  sum.retained_sent += retained_sent_;
  sum.clients += client_count_;
  sum.subscriptions += subscription_count_;
}

}  // namespace artery::live
