// Chance that is a function: of a seed, the name of a stream and a number, most often a time. Nothing is drawn in
// order, so a plant gives the same values at whatever speed and in whatever steps it is run. Immutable; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace artery::demo {

// Simulated time: whole seconds since 1970 UTC. Everything that happens at once (a stop, a lot, a door) happens on a
// whole minute, so that steps of a minute miss nothing of it.
using Moment = std::chrono::sys_seconds;
using Seconds = std::chrono::seconds;

class Noise {
 public:
  explicit Noise(std::uint64_t seed) : key_(mixed(seed)) {}

  // A stream of its own, independent of this one and of its other streams.
  [[nodiscard]] Noise of(std::string_view name) const;
  [[nodiscard]] Noise of(std::uint64_t number) const { return Noise(key_ ^ mixed(number + 0x51ed27)); }

  [[nodiscard]] std::uint64_t bits(std::int64_t index) const {
    return mixed(key_ + 0x9e3779b97f4a7c15ULL * static_cast<std::uint64_t>(index));
  }
  // From 0 to below 1.
  [[nodiscard]] double uniform(std::int64_t index) const;
  [[nodiscard]] double between(double low, double high, std::int64_t index) const {
    return low + (high - low) * uniform(index);
  }
  // From 0 to below `count`.
  [[nodiscard]] int pick(int count, std::int64_t index) const;
  // Mean 0, deviation 1, never beyond 3.5: a sum of four uniform ones.
  [[nodiscard]] double normal(Moment at) const;
  // From -1 to 1, without steps or corners; it wanders within `spacing`.
  [[nodiscard]] double smooth(Moment at, Seconds spacing) const;

 private:
  // The finalizer of splitmix64 (Steele, Lea, Flood 2014).
  static std::uint64_t mixed(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31U);
  }

  std::uint64_t key_;
};

}  // namespace artery::demo
