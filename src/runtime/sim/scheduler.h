// Who runs next. A lane is a loop's or pool's queue of work; the scheduler runs one work item at a time from a lane
// chosen by chance, and moves the simulated time on when nothing is runnable. One thread.
//
// Each item of work takes step_cost of simulated time, so that time goes on under load as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <unordered_map>
#include <vector>

#include "base/strong.h"
#include "base/time.h"
#include "runtime/executor.h"
#include "runtime/sim/rng.h"

namespace artery::sim {

class Machine;

struct LaneIdTag;
using LaneId = Strong<LaneIdTag, std::uint64_t>;
struct EventIdTag;
using EventId = Strong<EventIdTag, std::uint64_t>;  // 0 is none

class Scheduler {
 public:
  static constexpr Duration step_cost = std::chrono::microseconds(1);

  // The machine must outlive the scheduler; its time is moved on, its trace written.
  Scheduler(Machine& machine, std::uint64_t seed);
  ~Scheduler() { halt(); }
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Of what was started by no work of a lane, such as a test's own tasks.
  static constexpr LaneId main_lane{1};
  // `width` items at the queue's front are candidates: 1 keeps the order.
  LaneId add_lane(std::size_t width);
  // Its work and timers are dropped, at home in the lane.
  void remove_lane(LaneId lane);
  // Once halted, drops the work.
  void post(LaneId lane, runtime::Work work);
  EventId after(LaneId lane, Duration delay, runtime::Work work);
  // Runs `event` between two items of work, in no lane.
  EventId at(Instant due, runtime::Work event);
  void cancel(EventId event);
  // The lane whose work runs now; 0 between items.
  [[nodiscard]] LaneId current() const { return current_; }

  // Whether the caller may touch what belongs to the lane: its work does, and once halted anyone, as nothing runs.
  [[nodiscard]] bool is_home(LaneId lane) const { return halted_ || current_ == lane; }

  // Runs one item of work, if need be after moving the time on, but not beyond `until`. False when there is none.
  bool step(Instant until);
  // Nothing runs any more: all work and timers are dropped, at once or, called by running work, at its end.
  void halt();
  [[nodiscard]] bool halted() const { return halted_; }

 private:
  struct Item {
    runtime::Work work;
    EventId timer;
  };
  struct Lane {
    std::size_t width;
    std::deque<Item> queue;
  };
  struct Event {
    runtime::Work work;
    LaneId lane;  // 0: runs in none
  };
  using Due = std::pair<Instant, EventId>;

  EventId add(Instant due, Event event);
  void push(LaneId lane, Item item);
  void fire_due();
  void drop_all();

  Machine& machine_;
  Rng rng_;
  std::map<LaneId, Lane> lanes_;
  std::vector<LaneId> runnable_;  // lanes with work
  std::map<Due, Event> events_;
  std::unordered_map<EventId, Instant> due_;
  LaneId current_;
  std::uint64_t last_lane_ = 0;
  std::uint64_t last_event_ = 0;
  bool halted_ = false;
};

}  // namespace artery::sim
