#include "history/deletions.h"

#include <algorithm>
#include <tuple>

namespace artery::history {
namespace {

struct BySignal {
  bool operator()(const StoredDeletion& a, SignalId b) const { return a.deletion.signal < b; }
  bool operator()(SignalId a, const StoredDeletion& b) const { return a < b.deletion.signal; }
};

// Marks the rows that the deletion took.
bool mark(const Samples& columns, const StoredDeletion& stored, std::vector<bool>& gone) {
  const auto& times = columns.times;
  const auto begin = std::ranges::lower_bound(times, stored.deletion.from) - times.begin();
  const auto end = std::ranges::lower_bound(times, stored.deletion.to) - times.begin();
  bool any = false;
  for (auto row = static_cast<std::size_t>(begin); row < static_cast<std::size_t>(end); ++row) {
    if (columns.arrivals[row] >= stored.arrival) continue;
    gone.resize(times.size());
    gone[row] = true;
    any = true;
  }
  return any;
}

bool mark_later(const Samples& columns, Time as_of, std::vector<bool>& gone) {
  bool any = false;
  for (std::size_t row = 0; row < columns.size(); ++row) {
    if (columns.arrivals[row] <= as_of) continue;
    gone.resize(columns.size());
    gone[row] = true;
    any = true;
  }
  return any;
}

}  // namespace

void sort(Deletions& deletions) {
  std::ranges::sort(deletions, {}, [](const StoredDeletion& one) {
    return std::tuple(one.deletion.signal, one.offset, one.deletion.from, one.deletion.to);
  });
}

std::span<const StoredDeletion> deletions_of(const Deletions& deletions, SignalId signal) {
  const auto [begin, end] = std::equal_range(deletions.begin(), deletions.end(), signal, BySignal());
  return {begin, end};
}

bool Visible::may_hide(const Span& span) const {
  const auto meets = [&](const StoredDeletion& stored) { return stored.span().meets(span); };
  return as_of != time_max || std::ranges::any_of(deletions, meets);
}

void Visible::leave(Rows& rows) const {
  if (rows.columns.columns != Columns::all()) return;
  std::vector<bool> gone;
  bool any = as_of != time_max && mark_later(rows.columns, as_of, gone);
  for (const StoredDeletion& stored : deletions) any = mark(rows.columns, stored, gone) || any;
  if (!any) return;
  Rows left;
  left.columns.type = rows.columns.type;
  left.times_differ = rows.times_differ;
  const Samples& from = rows.columns;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (gone[row]) continue;
    left.push(from.times[row], from.words[row], from.text_at(row), from.qualities[row], from.arrivals[row],
              rows.orders[row]);
  }
  rows = std::move(left);
}

}  // namespace artery::history
