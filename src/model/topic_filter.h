// Topics and the filters that select them, after MQTT 5 section 4.7: levels separated by `/`, `+` for one level, `#`
// for the rest. Used wherever something is chosen by name: MQTT subscriptions, live patterns, retained messages.
//
// The functions are pure and expect well-formed UTF-8. A TopicTree owns copies of its filters, keys and values; it
// belongs to one shard (no locks), and nothing in it may be changed from within a visit.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/assert.h"

namespace artery {

inline constexpr std::size_t topic_bytes_max = 65'535;  // what an MQTT text can hold
inline constexpr std::size_t filter_levels_max = 128;   // of a filter in a TopicTree; bounds its depth

// At least one character, at most topic_bytes_max bytes, no wildcards (MQTT-4.7.0-1, MQTT-4.7.3-1).
bool valid_topic_name(std::string_view name);

// `+` alone in its level, `#` alone in the last one (MQTT-4.7.1-1, MQTT-4.7.1-2). The depth is not looked at.
bool valid_topic_filter(std::string_view filter);

// The number of levels: one more than there are separators.
std::size_t topic_levels(std::string_view topic);

// Whether a valid filter selects a valid name. `a/#` selects `a` too; a filter that begins with a wildcard selects no
// name that begins with `$` (MQTT-4.7.2-1).
bool topic_matches(std::string_view filter, std::string_view name);

// Takes the first level off the front of `rest`, with the separator behind it. `more` says whether there was one, and
// so whether another level follows, be it empty.
struct TopicLevel {
  std::string_view text;
  bool more;
};
TopicLevel next_topic_level(std::string_view& rest);

// Finds all entries whose filter selects a name. Each filter holds any number of entries, one for a key (a subscriber);
// keys are visited in their order, so that a run repeats itself.
//
// A look-up follows at most two branches at each level of the name, the level itself and `+`, and looks for `#` beside
// them: filters that differ in other levels are never touched. Insertion and removal follow one branch.
template <class Key, class Value>
class TopicTree {
 public:
  // Sets the value of `key` under `filter`; true if it had none there. Precondition: a valid filter of at most
  // filter_levels_max levels.
  bool insert(std::string_view filter, const Key& key, Value value) {
    ARTERY_ASSERT(valid_topic_filter(filter) && topic_levels(filter) <= filter_levels_max);
    Node* node = &root_;
    for (bool more = true; more;) {
      const TopicLevel level = next_topic_level(filter);
      node = &node->child(level.text);
      more = level.more;
    }
    const bool added = node->entries.insert_or_assign(key, std::move(value)).second;
    if (added) ++size_;
    return added;
  }

  // Takes away what insert put there, and what of the tree nothing else needs; false if there was nothing.
  bool remove(std::string_view filter, const Key& key) {
    const bool removed = remove_below(root_, filter, true, key);
    if (removed) --size_;
    return removed;
  }

  // Calls visit(key, value) for every entry that selects `name`, once for each of its filters.
  template <class Visit>
  void find(std::string_view name, Visit&& visit) const {
    find_below(root_, name, true, !name.starts_with('$'), visit);
  }

  // Of one filter, the value of `key`; nullptr if there is none. Valid until the tree is changed.
  [[nodiscard]] const Value* get(std::string_view filter, const Key& key) const {
    const Node* node = &root_;
    for (bool more = true; more && node != nullptr;) {
      const TopicLevel level = next_topic_level(filter);
      node = node->find(level.text);
      more = level.more;
    }
    if (node == nullptr) return nullptr;
    const auto entry = node->entries.find(key);
    return entry == node->entries.end() ? nullptr : &entry->second;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  struct Node {
    std::map<Key, Value> entries;  // of the filter that ends here
    std::unordered_map<std::string, std::unique_ptr<Node>, TextHash, std::equal_to<>> exact;
    std::unique_ptr<Node> plus;
    std::unique_ptr<Node> hash;

    Node& child(std::string_view level) {
      std::unique_ptr<Node>& slot = level == "+"   ? plus
                                    : level == "#" ? hash
                                                   : exact.try_emplace(std::string(level)).first->second;
      if (slot == nullptr) slot = std::make_unique<Node>();
      return *slot;
    }
    [[nodiscard]] Node* find(std::string_view level) const {
      if (level == "+") return plus.get();
      if (level == "#") return hash.get();
      const auto found = exact.find(level);
      return found == exact.end() ? nullptr : found->second.get();
    }
    void drop(std::string_view level) {
      if (level == "+") return plus.reset();
      if (level == "#") return hash.reset();
      exact.erase(exact.find(level));
    }
    [[nodiscard]] bool unused() const { return entries.empty() && exact.empty() && plus == nullptr && hash == nullptr; }
  };

  // `more` says whether levels of the filter are left; the recursion is as deep as the tree, filter_levels_max at most.
  static bool remove_below(Node& node, std::string_view filter, bool more, const Key& key) {
    if (!more) return node.entries.erase(key) != 0;
    const TopicLevel level = next_topic_level(filter);
    Node* child = node.find(level.text);
    if (child == nullptr || !remove_below(*child, filter, level.more, key)) return false;
    if (child->unused()) node.drop(level.text);
    return true;
  }

  template <class Visit>
  static void visit_all(const Node& node, Visit& visit) {
    for (const auto& [key, value] : node.entries) visit(key, value);
  }

  template <class Visit>
  static void find_below(const Node& node, std::string_view name, bool more, bool wildcards, Visit& visit) {
    if (wildcards && node.hash != nullptr) visit_all(*node.hash, visit);
    if (!more) return visit_all(node, visit);
    const TopicLevel level = next_topic_level(name);
    if (wildcards && node.plus != nullptr) find_below(*node.plus, name, level.more, true, visit);
    const auto found = node.exact.find(level.text);
    if (found != node.exact.end()) find_below(*found->second, name, level.more, true, visit);
  }

  Node root_;
  std::size_t size_ = 0;
};

}  // namespace artery
