#include "runtime/linux/poller.h"

#include <cerrno>

#include "base/assert.h"

namespace artery::runtime {

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) { ARTERY_ASSERT(epoll_.open()); }

WatchId Poller::watch(int descriptor, Watched& watched) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  Slot& slot = slots_[place];
  slot.watched = &watched;
  slot.descriptor = descriptor;
  slot.wanted = 0;
  ++slot.generation;
  return WatchId((std::uint64_t{slot.generation} << 32) | place);
}

void Poller::unwatch(WatchId id) {
  want(id, 0);
  slots_[index(id)].watched = nullptr;
  free_.push_back(static_cast<std::uint32_t>(index(id)));
}

void Poller::want(WatchId id, std::uint32_t events) {
  ARTERY_ASSERT(find(id) != nullptr);
  Slot& slot = slots_[index(id)];
  if (slot.wanted == events) return;
  const int operation = events == 0 ? EPOLL_CTL_DEL : slot.wanted == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  epoll_event event{.events = events, .data = {.u64 = id.value()}};
  const int done = ::epoll_ctl(epoll_.number(), operation, slot.descriptor, &event);
  ARTERY_ASSERT(done == 0);
  slot.wanted = events;
}

Watched* Poller::find(WatchId id) const {
  if (index(id) >= slots_.size()) return nullptr;
  const Slot& slot = slots_[index(id)];
  return slot.generation == id.value() >> 32 ? slot.watched : nullptr;
}

void Poller::wait(int timeout_ms) {
  const int count = ::epoll_wait(epoll_.number(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
  ARTERY_ASSERT(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) {
    const epoll_event event = events_[static_cast<std::size_t>(i)];
    if (Watched* watched = find(WatchId(event.data.u64))) watched->on_events(event.events);
  }
}

}  // namespace artery::runtime
