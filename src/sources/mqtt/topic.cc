#include "sources/mqtt/topic.h"

namespace artery::mqtt {

std::optional<SplitFilter> split_filter(std::string_view text) {
  constexpr std::string_view prefix = "$share/";
  if (!text.starts_with(prefix)) return SplitFilter{{}, text};
  text.remove_prefix(prefix.size());
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const SplitFilter split{text.substr(0, slash), text.substr(slash + 1)};
  if (split.share_name.empty() || split.filter.empty()) return std::nullopt;
  if (split.share_name.find_first_of("+#") != std::string_view::npos) return std::nullopt;
  return split;
}

}  // namespace artery::mqtt
