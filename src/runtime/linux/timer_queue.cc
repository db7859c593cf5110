#include "runtime/linux/timer_queue.h"

#include <algorithm>
#include <utility>

namespace artery::runtime {

TimerId TimerQueue::add(Instant due, Work work) {
  ++last_id_;
  work_.emplace(last_id_, std::move(work));
  heap_.push_back({due, last_id_});
  std::push_heap(heap_.begin(), heap_.end());
  return last_id_;
}

void TimerQueue::cancel(TimerId timer) {
  const auto found = work_.find(timer);
  if (found == work_.end()) return;
  // What the work owns may cancel timers while it is destroyed, so the map is left consistent first.
  const Work dropped = std::move(found->second);
  work_.erase(found);
  constexpr std::size_t slack = 64;
  if (heap_.size() > 2 * work_.size() + slack) {
    std::erase_if(heap_, [this](const Entry& entry) { return !work_.contains(entry.id); });
    std::make_heap(heap_.begin(), heap_.end());
  }
}

std::optional<Instant> TimerQueue::next_due() {
  drop_cancelled_top();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().due;
}

Work TimerQueue::take_due(Instant now) {
  const auto due = next_due();
  if (!due || *due > now) return {};
  auto taken = work_.extract(heap_.front().id);
  std::pop_heap(heap_.begin(), heap_.end());
  heap_.pop_back();
  return std::move(taken.mapped());
}

void TimerQueue::clear() {
  heap_.clear();
  while (!work_.empty()) work_.extract(work_.begin());
}

void TimerQueue::drop_cancelled_top() {
  while (!heap_.empty() && !work_.contains(heap_.front().id)) {
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
  }
}

}  // namespace artery::runtime
