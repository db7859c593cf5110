// Cuts time into stretches that one segment alone has samples in, and those where samples must be merged. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "history/rows.h"

namespace artery::history {

// Where a source has samples of a signal: the spans of its chunks, in order, or of one run.
struct SourceSpans {
  std::optional<std::uint32_t> segment;  // its number among those looked at; nothing: never alone (a run in memory)
  std::vector<Span> spans;
};

struct Stretch {
  Span span;
  std::optional<std::uint32_t> segment;  // the only one with samples here; nothing: merge
  bool archived = false;                 // it is an archive's number
};

// In the order of time, within `range`, without overlap; what is in none has no samples. Rows of one time are always in
// one stretch.
std::vector<Stretch> stretches_of(std::span<const SourceSpans> sources, const Span& range);

}  // namespace artery::history
