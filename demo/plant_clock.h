// What the node has been told so far, kept in the node itself as a retained message: a node that was wiped is told
// everything again, one that was away only what it missed. It goes over the same connection as the readings and after
// them, so it never promises what the node does not have. Plain values; any thread.
//
//   until=1795320000000 holes=1794715200000-1794800000000
//
// All but the holes has been published up to `until`; milliseconds since 1970. Not JSON on purpose: the node takes it
// for an opaque message and makes no signals of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "demo/noise.h"

namespace artery::demo {

// From the first moment to before the last.
struct Span {
  Moment from;
  Moment until;
  friend bool operator==(const Span&, const Span&) = default;
};

struct PlantClock {
  Moment until;
  std::vector<Span> holes;  // in order, none empty
  friend bool operator==(const PlantClock&, const PlantClock&) = default;
};

std::string show(const PlantClock& clock);
// Nothing where the text is no plant's clock.
std::optional<PlantClock> parse_plant_clock(std::string_view text);

// What remains to be written when the plant's time is `now`: what the last run left open, or `history` where there was
// none. A live plant goes on from `now`.
std::vector<Span> missing(const std::optional<PlantClock>& last, Moment now, Seconds history);

}  // namespace artery::demo
