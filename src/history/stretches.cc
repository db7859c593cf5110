#include "history/stretches.h"

#include <algorithm>

namespace artery::history {
namespace {

Time before(Time time) { return Time(time.value() - 1); }
Time after(Time time) { return Time(time.value() + 1); }

Span clipped(const Span& span, const Span& range) {
  return {std::max(span.first, range.first), std::min(span.last, range.last)};
}

Span hull(const SourceSpans& source) { return {source.spans.front().first, source.spans.back().last}; }

// Which sources share some time with another: only their spans need a closer look.
std::vector<bool> entangled(std::span<const SourceSpans> sources) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!sources[i].spans.empty()) order.push_back(i);
  }
  std::ranges::sort(order, {}, [&](std::size_t i) { return hull(sources[i]).first; });
  std::vector<bool> found(sources.size(), false);
  std::optional<std::size_t> farthest;
  for (const std::size_t i : order) {
    if (farthest && hull(sources[*farthest]).last >= hull(sources[i]).first) found[i] = found[*farthest] = true;
    if (!farthest || hull(sources[i]).last > hull(sources[*farthest]).last) farthest = i;
  }
  return found;
}

// Where two spans of `sorted` meet, in order and without overlap.
std::vector<Span> overlaps(std::span<const Span> sorted) {
  std::vector<Span> found;
  if (sorted.empty()) return found;
  Time reach = sorted.front().last;
  for (const Span& span : sorted.subspan(1)) {
    if (span.first <= reach) {
      const Span both{span.first, std::min(span.last, reach)};
      if (!found.empty() && both.first <= found.back().last) {
        found.back().last = std::max(found.back().last, both.last);
      } else {
        found.push_back(both);
      }
    }
    reach = std::max(reach, span.last);
  }
  return found;
}

// What must be merged, in order and without overlap.
std::vector<Span> merged_of(std::span<const SourceSpans> sources, const std::vector<bool>& is_entangled,
                            const Span& range) {
  std::vector<Span> spans;
  std::vector<Span> merged;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::vector<Span>& own = sources[i].spans;
    if (!sources[i].segment) std::ranges::copy(own, std::back_inserter(merged));
    if (is_entangled[i]) {
      std::ranges::copy(own, std::back_inserter(spans));
    } else {
      // Revisions of one time may lie in two chunks.
      for (std::size_t k = 1; k < own.size(); ++k) {
        if (own[k].first <= own[k - 1].last) merged.push_back({own[k].first, own[k - 1].last});
      }
    }
  }
  std::ranges::sort(spans, {}, &Span::first);
  std::ranges::copy(overlaps(spans), std::back_inserter(merged));
  std::erase_if(merged, [&](const Span& span) { return !span.meets(range); });
  std::ranges::sort(merged, {}, &Span::first);
  std::vector<Span> joined;
  for (const Span& span : merged) {
    const Span part = clipped(span, range);
    if (!joined.empty() && part.first <= joined.back().last) {
      joined.back().last = std::max(joined.back().last, part.last);
    } else {
      joined.push_back(part);
    }
  }
  return joined;
}

// The parts of a span that are none of what is merged.
void add_rest(const Span& whole, std::optional<std::uint32_t> segment, std::span<const Span> merged, const Span& range,
              std::vector<Stretch>& into) {
  const Span all = clipped(whole, range);
  Time from = all.first;
  auto next = std::ranges::lower_bound(merged, from, {}, &Span::last);
  while (from <= all.last) {
    const bool cut = next != merged.end() && next->first <= all.last;
    if (!cut || next->first > from) into.push_back({{from, cut ? before(next->first) : all.last}, segment});
    if (!cut || next->last == time_max) break;
    from = after(next->last);
    ++next;
  }
}

}  // namespace

std::vector<Stretch> stretches_of(std::span<const SourceSpans> sources, const Span& range) {
  const std::vector<bool> is_entangled = entangled(sources);
  const std::vector<Span> merged = merged_of(sources, is_entangled, range);
  std::vector<Stretch> all;
  all.reserve(merged.size() + sources.size());
  for (const Span& span : merged) all.push_back({span, std::nullopt});
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const SourceSpans& source = sources[i];
    if (!source.segment || source.spans.empty()) continue;
    if (is_entangled[i]) {
      for (const Span& span : source.spans) add_rest(span, source.segment, merged, range, all);
    } else {
      add_rest(hull(source), source.segment, merged, range, all);
    }
  }
  std::ranges::sort(all, {}, [](const Stretch& stretch) { return stretch.span.first; });
  // What follows each other alike is one.
  std::vector<Stretch> joined;
  for (const Stretch& stretch : all) {
    if (!joined.empty() && joined.back().segment == stretch.segment) {
      joined.back().span.last = stretch.span.last;
    } else {
      joined.push_back(stretch);
    }
  }
  return joined;
}

}  // namespace artery::history
