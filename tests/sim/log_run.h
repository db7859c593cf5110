// One run: a machine, a log on it, two producers, two readers, and what a seed does to them.
#pragma once

#include <cstdint>

#include "seeds.h"

namespace artery::log_sim {

using sim_seeds::Outcome;

// The same seed gives the same run. `tell` prints what happens.
Outcome run_seed(std::uint64_t seed, bool tell);

}  // namespace artery::log_sim
