// Topic names and filters as MQTT has them: the rules of model/topic_filter.h and, of version 5, shared subscriptions.
// Pure functions over text that is already known to be well-formed UTF-8; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "model/topic_filter.h"

namespace artery::mqtt {

// `$share/share_name/filter`; of any other filter the share name is empty. Both point into the text that was split.
struct SplitFilter {
  std::string_view share_name;
  std::string_view filter;
  bool operator==(const SplitFilter&) const = default;
};

// Splits without judging the filter itself. nullopt if the text starts as a shared subscription and is none: its share
// name must have a character, none of them / + # (MQTT-4.8.2-1), and a filter must follow (MQTT-4.8.2-2).
std::optional<SplitFilter> split_filter(std::string_view text);

}  // namespace artery::mqtt
