// The one way to the time. linux/ reads CLOCK_REALTIME and CLOCK_MONOTONIC; sim/ has a clock that tests drive.
// Thread-safe.
#pragma once

#include "base/time.h"

namespace artery::runtime {

class Clock {
 public:
  virtual ~Clock() = default;
  // The wall clock. It may jump either way.
  [[nodiscard]] virtual Time now() const = 0;
  // Never goes back.
  [[nodiscard]] virtual Instant instant() const = 0;
  // Whether the wall clock is known to be synchronised (NTP, PTP). Only then may a sample be refused for its time.
  [[nodiscard]] virtual bool synchronised() const = 0;
};

}  // namespace artery::runtime
