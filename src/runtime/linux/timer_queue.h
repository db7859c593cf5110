// The timers of one loop: a binary heap ordered by due time, then by the order in which they were set. A cancelled
// timer's work is destroyed at once; its heap entry stays until it is due or until such entries are the majority, so
// that setting and cancelling again and again (keep-alive) costs O(log n) and bounded memory. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "runtime/executor.h"

namespace artery::runtime {

class TimerQueue {
 public:
  TimerId add(Instant due, Work work);
  void cancel(TimerId timer);
  // When the next timer is due; nothing when there is none.
  [[nodiscard]] std::optional<Instant> next_due();
  // Takes the next timer that is due at `now`; empty when there is none.
  Work take_due(Instant now);
  void clear();
  // Of the heap, cancelled ones included; bounded by twice what is set, and a little.
  [[nodiscard]] std::size_t memory_entries() const { return heap_.size(); }

 private:
  struct Entry {
    Instant due;
    TimerId id;
    // std::push_heap and its kin keep the greatest first; the heap is for the least.
    friend bool operator<(const Entry& a, const Entry& b) { return a.due != b.due ? a.due > b.due : a.id > b.id; }
  };
  void drop_cancelled_top();

  std::vector<Entry> heap_;
  std::unordered_map<TimerId, Work> work_;  // of those not cancelled
  TimerId last_id_;
};

}  // namespace artery::runtime
