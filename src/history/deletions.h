// What of a signal's samples is not to be shown: those that a deletion took, and those that arrived after the moment
// that an answer is of.
//
// A deletion takes a sample where the source time lies in its range and the sample arrived before it. Arrivals differ
// from batch to batch and grow with the log's offsets. So a segment whose batches all came before a deletion has lost
// all of the range; where both are in one head, the arrivals tell.
#pragma once

#include <span>
#include <vector>

#include "base/time.h"
#include "history/rows.h"
#include "model/deletion.h"
#include "model/ids.h"

namespace artery::history {

// A deletion with its place in the log. A plain value.
struct StoredDeletion {
  Offset offset;  // of its batch
  Time arrival;   // of its batch
  Deletion deletion;

  [[nodiscard]] Span span() const { return {deletion.from, Time(deletion.to.value() - 1)}; }
  friend bool operator==(const StoredDeletion&, const StoredDeletion&) = default;
};

// In the order of signals, those of one in the order of the log.
using Deletions = std::vector<StoredDeletion>;

// Puts them into their order.
void sort(Deletions& deletions);
std::span<const StoredDeletion> deletions_of(const Deletions& deletions, SignalId signal);

// What an answer shows of one signal.
struct Visible {
  Deletions deletions;    // of the signal
  Time as_of = time_max;  // what arrived later is not shown
  // Whether rows in the span may be hidden: these must have all columns, then.
  [[nodiscard]] bool may_hide(const Span& span) const;
  // Leaves the rows that are. All of those that lack a column.
  void leave(Rows& rows) const;
};

}  // namespace artery::history
