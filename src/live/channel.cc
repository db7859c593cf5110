#include "live/channel.h"

#include <utility>

#include "base/assert.h"

namespace artery::live {
namespace {

std::size_t bytes_of(const Update& update) {
  const auto* text = std::get_if<std::string>(&update.value);
  return sizeof update + (text == nullptr ? 0 : text->size());
}

}  // namespace

SignalSubscription::Channel::Channel(SignalSubscriber& subscriber, runtime::Executor& home, ChannelLimits limits,
                                     std::shared_ptr<ChannelCounts> counts)
    : subscriber_(&subscriber), home_(home), limits_(limits), counts_(std::move(counts)) {
  ++counts_->open;
}

SignalSubscription::Channel::~Channel() { ARTERY_ASSERT(closed_); }

bool SignalSubscription::Channel::wants_drain() {
  if (paused_ || draining_ || (updates_.empty() && dropped_ == 0 && !ended_)) return false;
  return draining_ = true;
}

std::size_t SignalSubscription::Channel::put(std::span<Update> updates) {
  std::size_t taken = 0;
  bool drain_now = false;
  {
    const std::scoped_lock lock(mutex_);
    while (taken < updates.size() && updates_.size() < limits_.updates_max) {
      const std::size_t bytes = bytes_of(updates[taken]);
      // One that is longer than all the room there is passes alone.
      if (bytes_ + bytes > limits_.bytes_max && !updates_.empty()) break;
      updates_.push_back(std::move(updates[taken]));
      bytes_ += bytes;
      ++taken;
    }
    drain_now = wants_drain();
  }
  counts_->sent += taken;
  if (drain_now) home_.post([self = shared_from_this()] { self->drain(); });
  return taken;
}

void SignalSubscription::Channel::drop(std::uint64_t count) {
  bool drain_now = false;
  {
    const std::scoped_lock lock(mutex_);
    dropped_ += count;
    drain_now = wants_drain();
  }
  counts_->dropped += count;
  if (drain_now) home_.post([self = shared_from_this()] { self->drain(); });
}

void SignalSubscription::Channel::end() {
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    if (!wants_drain()) return;
  }
  home_.post([self = shared_from_this()] { self->drain(); });
}

void SignalSubscription::Channel::drain() {
  std::vector<Update> updates;
  std::uint64_t dropped = 0;
  bool ended = false;
  {
    const std::scoped_lock lock(mutex_);
    draining_ = false;
    if (paused_) return;
    updates = std::exchange(updates_, {});
    bytes_ = 0;
    dropped = std::exchange(dropped_, 0);
    ended = std::exchange(ended_, false);
  }
  if (subscriber_ != nullptr && (!updates.empty() || dropped > 0)) subscriber_->on_updates(updates, dropped);
  if (subscriber_ != nullptr && ended) subscriber_->on_ended();
}

void SignalSubscription::Channel::close() {
  subscriber_ = nullptr;
  closed_ = true;
  --counts_->open;
  ++counts_->closed;
}

void SignalSubscription::Channel::set_paused(bool paused) {
  {
    const std::scoped_lock lock(mutex_);
    paused_ = paused;
    if (!wants_drain()) return;
  }
  home_.post([self = shared_from_this()] { self->drain(); });
}

SignalSubscription::SignalSubscription(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}

SignalSubscription::~SignalSubscription() { channel_->close(); }

void SignalSubscription::pause() { channel_->set_paused(true); }

void SignalSubscription::resume() { channel_->set_paused(false); }

}  // namespace artery::live
