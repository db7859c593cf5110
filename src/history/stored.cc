#include "history/stored.h"

#include <algorithm>

namespace artery::history {

bool has_holes(const Stored& stored) {
  return std::ranges::any_of(stored.segments, [](const auto& segment) { return segment->has_holes(); });
}

bool concerns(const StoredDeletion& deletion, const Segment& segment) {
  if (segment.entry().clean > deletion.offset) return false;
  if (segment.has_holes()) return true;
  const auto meets = [&](const TilePlace& place) { return place.span.meets(deletion.span()); };
  if (segment.entry().archived)
    return std::ranges::any_of(segment.directory().tiles_of(deletion.deletion.signal), meets);
  return segment.directory().has_chunks(deletion.deletion.signal, deletion.span());
}

void drop_carried_out(Deletions& deletions, const Stored& stored) {
  std::erase_if(deletions, [&](const StoredDeletion& deletion) {
    const auto concerned = [&](const auto& segment) { return concerns(deletion, *segment); };
    return std::ranges::none_of(stored.segments, concerned) && std::ranges::none_of(stored.archives, concerned);
  });
}

}  // namespace artery::history
