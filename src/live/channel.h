// Between the partitions and one subscriber: a bounded outbox. Partitions put updates in on any thread, the
// subscriber's executor takes all there is in one go. Private to live/.
//
// Nobody waits here: the mutex is held for moving updates only. A partition learns at its next turn that a channel was
// closed (ChannelCounts::closed).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "live/signal_subscription.h"
#include "runtime/executor.h"

namespace artery::live {

// Of all channels of a Newest.
struct ChannelCounts {
  std::atomic<std::uint64_t> open = 0;
  std::atomic<std::uint64_t> closed = 0;  // ever
  std::atomic<std::uint64_t> sent = 0;
  std::atomic<std::uint64_t> dropped = 0;
};

struct ChannelLimits {
  std::size_t updates_max = 0;
  std::size_t bytes_max = 0;
};

class SignalSubscription::Channel : public std::enable_shared_from_this<Channel> {
 public:
  // On `home`, where `subscriber` is called.
  Channel(SignalSubscriber& subscriber, runtime::Executor& home, ChannelLimits limits,
          std::shared_ptr<ChannelCounts> counts);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Moves from the front as many as there is room for, and returns their number. Any thread.
  std::size_t put(std::span<Update> updates);
  // `count` samples were left out after what was put last. Any thread.
  void drop(std::uint64_t count);
  // The node stops. Any thread.
  void end();
  [[nodiscard]] bool closed() const { return closed_; }

  // On `home`.
  void close();
  void set_paused(bool paused);

 private:
  void drain();
  [[nodiscard]] bool wants_drain();  // under the mutex; claims it

  SignalSubscriber* subscriber_;  // `home` only; none once closed
  runtime::Executor& home_;
  const ChannelLimits limits_;
  const std::shared_ptr<ChannelCounts> counts_;
  std::atomic<bool> closed_ = false;

  std::mutex mutex_;  // guards what follows
  std::vector<Update> updates_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool ended_ = false;
  bool paused_ = false;
  bool draining_ = false;  // a drain() is on its way
};

}  // namespace artery::live
