// Messages by topic. Not thread-safe. Private to live/.
//
// One sorted map: a filter looks at the topics that begin as it does before its first wildcard, and at no others. With
// 100,000 topics the worst filter, one that begins with a wildcard, takes some milliseconds; that is asked for once per
// subscription.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "live/message.h"

namespace artery::live {

class TopicStore {
 public:
  // Replaces what its topic had.
  void put(SharedMessage message);
  void remove(std::string_view topic);
  // nullptr where there is none.
  [[nodiscard]] SharedMessage get(std::string_view topic) const;
  // Those that a valid filter selects, sorted by topic.
  [[nodiscard]] std::vector<SharedMessage> find(std::string_view filter) const;

  [[nodiscard]] std::uint64_t count() const { return messages_.size(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }  // of topics and payloads

  // In the order of topics.
  template <class Visit>
  void each(Visit&& visit) const {
    for (const auto& [topic, message] : messages_) visit(*message);
  }

 private:
  std::map<std::string_view, SharedMessage> messages_;  // each key is its message's topic
  std::uint64_t bytes_ = 0;
};

}  // namespace artery::live
