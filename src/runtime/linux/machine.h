// The machine's clocks and its source of chance.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "runtime/clock.h"
#include "runtime/random.h"

namespace artery::runtime {

Instant monotonic_now();

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override;
  [[nodiscard]] Instant instant() const override;
  // As the kernel tells by adjtimex(2), which chrony, ntpd and systemd-timesyncd keep true; asked at most once a
  // second.
  [[nodiscard]] bool synchronised() const override;

 private:
  // The answer (bit 0) and when it was asked for (the other bits), together in one word; 0 is never.
  mutable std::atomic<std::int64_t> synchronised_{0};
};

// xoshiro256** (Blackman and Vigna, 2018), seeded by getrandom(2).
class SystemRandom final : public Random {
 public:
  SystemRandom();
  std::uint64_t next() override;

 private:
  std::mutex mutex_;
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace artery::runtime
