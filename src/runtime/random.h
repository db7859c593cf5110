// The one way to chance: identifiers, back-off, sampling. linux/ is seeded by getrandom(2); sim/ by the run's seed.
// Thread-safe. Not for keys: those come from OpenSSL.
#pragma once

#include <cstdint>

namespace artery::runtime {

class Random {
 public:
  virtual ~Random() = default;
  // All 64 bits uniform.
  virtual std::uint64_t next() = 0;
};

}  // namespace artery::runtime
