// The words of every simulation: `NAME --seeds A..B` runs those seeds; the first that fails is printed with the command
// that replays it. `NAME --seed N` runs one and tells what happens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace artery::sim_seeds {

struct Outcome {
  std::optional<std::string> failure;
  std::uint64_t acknowledged = 0;
  std::uint64_t crashes = 0;
  std::uint64_t trace_hash = 0;
};

// The same seed gives the same run. `tell` prints what happens.
using Run = Outcome (*)(std::uint64_t seed, bool tell);

// For main().
int run_program(const char* name, Run run, int argc, char** argv);

}  // namespace artery::sim_seeds
