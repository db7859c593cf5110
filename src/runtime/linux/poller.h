// epoll, with identifiers in place of pointers: an event for something that was destroyed earlier in the same turn
// finds nothing instead of freed memory. One thread.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <vector>

#include "base/strong.h"
#include "runtime/linux/descriptor.h"

namespace artery::runtime {

// Something of a loop that the system reports events for, or that has work at the end of a turn.
class Watched {
 public:
  virtual ~Watched() = default;
  virtual void on_events(std::uint32_t events) = 0;
  virtual void on_turn_end() {}
};

struct WatchIdTag;
using WatchId = Strong<WatchIdTag, std::uint64_t>;  // slot below, the slot's generation above; 0 is none

class Poller {
 public:
  Poller();

  // `watched` must unwatch() before it ends, and before `descriptor` is closed. No events are wanted at first.
  WatchId watch(int descriptor, Watched& watched);
  void unwatch(WatchId id);
  // Level-triggered EPOLLIN, EPOLLOUT. Without any, errors and hang-ups are not reported either, so what nobody wants
  // to hear of cannot keep the loop awake.
  void want(WatchId id, std::uint32_t events);
  // Null once it was unwatched.
  [[nodiscard]] Watched* find(WatchId id) const;
  // Waits up to `timeout_ms` (-1: for ever) and hands out what happened.
  void wait(int timeout_ms);

 private:
  struct Slot {
    Watched* watched = nullptr;
    int descriptor = -1;
    std::uint32_t generation = 0;
    std::uint32_t wanted = 0;
  };
  static std::size_t index(WatchId id) { return static_cast<std::uint32_t>(id.value()); }

  Descriptor epoll_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace artery::runtime
