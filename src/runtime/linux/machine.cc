#include "runtime/linux/machine.h"

#include <sys/random.h>
#include <sys/timex.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <ctime>

#include "base/assert.h"

namespace artery::runtime {

namespace {

std::int64_t read_clock(clockid_t clock) {
  timespec at{};
  ::clock_gettime(clock, &at);
  return at.tv_sec * std::int64_t{1'000'000'000} + at.tv_nsec;
}

bool ask_kernel_synchronised() {
  timex state{};
  const int answer = ::adjtimex(&state);
  return answer != -1 && answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

}  // namespace

Instant monotonic_now() { return Instant(read_clock(CLOCK_MONOTONIC)); }

Time SystemClock::now() const { return Time(read_clock(CLOCK_REALTIME)); }

Instant SystemClock::instant() const { return monotonic_now(); }

bool SystemClock::synchronised() const {
  constexpr std::int64_t answer_ns_max = 1'000'000'000;
  const std::int64_t now = read_clock(CLOCK_MONOTONIC) & ~std::int64_t{1};
  const std::int64_t known = synchronised_.load(std::memory_order_relaxed);
  if (known != 0 && now - known < answer_ns_max) return (known & 1) != 0;
  const bool answer = ask_kernel_synchronised();
  synchronised_.store(now | (answer ? 1 : 0), std::memory_order_relaxed);
  return answer;
}

SystemRandom::SystemRandom() {
  std::size_t filled = 0;
  while (filled < sizeof state_) {
    const ssize_t got = ::getrandom(reinterpret_cast<std::byte*>(state_.data()) + filled, sizeof state_ - filled, 0);
    ARTERY_ASSERT(got > 0 || errno == EINTR);
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
}

std::uint64_t SystemRandom::next() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

}  // namespace artery::runtime
