// Following signals by their names: who subscribes gets the newest values first and then what changes, in batches on
// his own executor. A slow subscriber never slows the path: what waits for him is bounded, and he is told what he
// missed. How to subscribe: Newest::subscribe().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/ids.h"
#include "model/sample.h"

namespace artery::live {

struct Update {
  SignalId signal;
  std::shared_ptr<const std::string> name;  // full, as it was then; shared by the updates of one signal
  Time time;
  Value value;
  Quality quality;
};

class SignalSubscriber {
 public:
  // In the order of arrival for each signal. `dropped` samples, over all signals, were left out after these since the
  // last call (only with Every::sample; `updates` may be empty then). On the subscriber's executor; may destroy the
  // subscription.
  virtual void on_updates(std::span<const Update> updates, std::uint64_t dropped) = 0;
  // No more will come: the node stops.
  virtual void on_ended() = 0;

 protected:
  ~SignalSubscriber() = default;
};

enum class Every : std::uint8_t {
  sample,    // each one, late and corrected ones too; dropped and counted where the subscriber is too slow
  interval,  // the newest of each signal, at most once in an interval; a slow subscriber gets fewer of them
};

struct SignalSelection {
  std::vector<std::string> filters;  // over full names, with + and #
  Every every = Every::interval;
  Duration interval = std::chrono::milliseconds(100);
};

// Ends with its destruction; nothing is called from then on. On the subscriber's executor, also after Newest is gone.
class SignalSubscription {
 public:
  class Channel;
  explicit SignalSubscription(std::shared_ptr<Channel> channel);
  ~SignalSubscription();
  SignalSubscription(const SignalSubscription&) = delete;
  SignalSubscription& operator=(const SignalSubscription&) = delete;

  // Stops and restarts the calls: what arrives meanwhile waits, coalesces or is dropped, as said above.
  void pause();
  void resume();

 private:
  std::shared_ptr<Channel> channel_;
};

}  // namespace artery::live
