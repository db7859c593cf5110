// Rows of one signal as they lie in a head's block or a segment's chunk, replays and all: what a merge is fed with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "history/samples.h"

namespace artery::history {

// Both ends belong to it.
struct Span {
  Time first = time_min;
  Time last = time_max;
  [[nodiscard]] bool has(Time time) const { return first <= time && time <= last; }
  [[nodiscard]] bool meets(const Span& other) const { return first <= other.last && other.first <= last; }
  friend bool operator==(const Span&, const Span&) = default;
};

// What of it is not before `from`; nothing where nothing is.
inline std::optional<Span> part_from(const Span& span, Time from) {
  if (span.last < from) return std::nullopt;
  return Span{std::max(span.first, from), span.last};
}

// Sorted by time, then arrival, then order. Arrivals differ from batch to batch; rows of one batch are told apart by
// their order in it, so that no two rows are the same. `columns.revisions` is not used: the orders stand for them, and
// are there where these are asked for.
struct Rows {
  Samples columns;
  std::vector<std::uint32_t> orders;
  bool times_differ = false;  // no time is there twice; false where nobody has looked

  [[nodiscard]] std::size_t size() const { return columns.size(); }
  void push(Time time, std::uint64_t word, std::string_view text, Quality quality, Time arrival, std::uint32_t order) {
    columns.push(time, word, text, quality, arrival, 0);
    orders.push_back(order);
  }
};

}  // namespace artery::history
