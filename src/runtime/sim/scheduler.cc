#include "runtime/sim/scheduler.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "runtime/sim/machine.h"

namespace artery::sim {

using runtime::Work;

Scheduler::Scheduler(Machine& machine, std::uint64_t seed) : machine_(machine), rng_(seed) {
  ARTERY_ASSERT(add_lane(1) == main_lane);
}

LaneId Scheduler::add_lane(std::size_t width) {
  ARTERY_ASSERT(width > 0);
  const LaneId id(++last_lane_);
  lanes_.emplace(id, Lane{width, {}});
  return id;
}

void Scheduler::remove_lane(LaneId id) {
  // Taken out first: what the work owns may come back here while it is destroyed.
  auto lane = lanes_.extract(id);
  std::erase(runnable_, id);
  std::deque<Event> dropped;
  for (auto event = events_.begin(); event != events_.end();) {
    if (event->second.lane == id) {
      due_.erase(event->first.second);
      dropped.push_back(std::move(event->second));
      event = events_.erase(event);
    } else {
      ++event;
    }
  }
  const LaneId outer = std::exchange(current_, id);
  lane.mapped().queue.clear();
  dropped.clear();
  current_ = outer;
}

void Scheduler::push(LaneId id, Item item) {
  const auto lane = lanes_.find(id);
  if (halted_ || lane == lanes_.end()) return;
  if (lane->second.queue.empty()) runnable_.push_back(id);
  lane->second.queue.push_back(std::move(item));
}

void Scheduler::post(LaneId lane, Work work) { push(lane, {std::move(work), EventId{}}); }

EventId Scheduler::add(Instant due, Event event) {
  if (halted_) return EventId{};
  const EventId id(++last_event_);
  events_.emplace(Due(due, id), std::move(event));
  due_.emplace(id, due);
  return id;
}

EventId Scheduler::after(LaneId lane, Duration delay, Work work) {
  return add(machine_.instant() + std::max(delay, Duration::zero()), {std::move(work), lane});
}

EventId Scheduler::at(Instant due, Work event) { return add(due, {std::move(event), LaneId{}}); }

void Scheduler::cancel(EventId id) {
  if (id == EventId{}) return;
  if (const auto due = due_.find(id); due != due_.end()) {
    const auto event = events_.extract(Due(due->second, id));
    due_.erase(due);
    return;
  }
  // It may be due, and waiting in its lane's queue.
  for (auto& [lane_id, lane] : lanes_) {
    const auto item = std::ranges::find(lane.queue, id, &Item::timer);
    if (item == lane.queue.end()) continue;
    const Item dropped = std::move(*item);
    lane.queue.erase(item);
    if (lane.queue.empty()) std::erase(runnable_, lane_id);
    return;
  }
}

void Scheduler::fire_due() {
  while (!halted_ && !events_.empty() && events_.begin()->first.first <= machine_.instant()) {
    auto next = events_.extract(events_.begin());
    const EventId id = next.key().second;
    due_.erase(id);
    if (next.mapped().lane == LaneId{}) {
      next.mapped().work();
    } else {
      push(next.mapped().lane, {std::move(next.mapped().work), id});
    }
  }
}

bool Scheduler::step(Instant until) {
  ARTERY_ASSERT(current_ == LaneId{});
  fire_due();
  while (!halted_ && runnable_.empty()) {
    if (events_.empty() || events_.begin()->first.first > until) return false;
    machine_.pass_until(events_.begin()->first.first);
    fire_due();
  }
  if (halted_) {
    drop_all();
    return false;
  }
  const std::size_t chosen = rng_.below(runnable_.size());
  const LaneId id = runnable_[chosen];
  Lane& lane = lanes_.at(id);
  const auto place = static_cast<std::ptrdiff_t>(rng_.below(std::min(lane.width, lane.queue.size())));
  const auto item = lane.queue.begin() + place;
  Work work = std::move(item->work);
  lane.queue.erase(item);
  if (lane.queue.empty()) runnable_.erase(runnable_.begin() + static_cast<std::ptrdiff_t>(chosen));

  machine_.trace(id.value());
  machine_.pass_until(machine_.instant() + step_cost);
  current_ = id;
  work();
  work = nullptr;
  current_ = LaneId{};
  if (halted_) drop_all();
  return true;
}

void Scheduler::halt() {
  halted_ = true;
  if (current_ == LaneId{}) drop_all();
}

void Scheduler::drop_all() {
  // Moved out first: what the work owns may come back here while it is destroyed.
  const auto events = std::exchange(events_, {});
  due_.clear();
  runnable_.clear();
  std::deque<std::deque<Item>> queues;
  for (auto& [id, lane] : lanes_) queues.push_back(std::exchange(lane.queue, {}));
}

}  // namespace artery::sim
