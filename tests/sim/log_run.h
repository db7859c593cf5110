// One run: a machine, a log on it, two producers, two readers, and what a seed does to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace artery::log_sim {

struct Outcome {
  std::optional<std::string> failure;
  std::uint64_t acknowledged = 0;
  std::uint64_t crashes = 0;
  std::uint64_t trace_hash = 0;
};

// The same seed gives the same run. `tell` prints what happens.
Outcome run_seed(std::uint64_t seed, bool tell);

}  // namespace artery::log_sim
