#include "live/topic_store.h"

#include <utility>

#include "model/topic_filter.h"

namespace artery::live {
namespace {

std::uint64_t bytes_of(const Message& message) { return message.topic.size() + message.payload.size(); }

}  // namespace

void TopicStore::put(SharedMessage message) {
  remove(message->topic);
  bytes_ += bytes_of(*message);
  const std::string_view topic = message->topic;
  messages_.emplace(topic, std::move(message));
}

void TopicStore::remove(std::string_view topic) {
  const auto found = messages_.find(topic);
  if (found == messages_.end()) return;
  bytes_ -= bytes_of(*found->second);
  messages_.erase(found);
}

SharedMessage TopicStore::get(std::string_view topic) const {
  const auto found = messages_.find(topic);
  return found == messages_.end() ? nullptr : found->second;
}

std::vector<SharedMessage> TopicStore::find(std::string_view filter) const {
  std::vector<SharedMessage> selected;
  const std::size_t wildcard = filter.find_first_of("+#");
  if (wildcard == std::string_view::npos) {
    if (auto message = get(filter)) selected.push_back(std::move(message));
    return selected;
  }
  const std::string_view prefix = filter.substr(0, wildcard);
  if (filter.substr(wildcard) == "#" && !prefix.empty()) {  // `a/#` selects `a` too
    if (auto message = get(prefix.substr(0, prefix.size() - 1))) selected.push_back(std::move(message));
  }
  for (auto at = messages_.lower_bound(prefix); at != messages_.end() && at->first.starts_with(prefix); ++at) {
    if (topic_matches(filter, at->first)) selected.push_back(at->second);
  }
  return selected;
}

}  // namespace artery::live
