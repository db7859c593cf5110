// One run: publishers and subscribers on the shards of a router, retained messages in a log, and crashes in between.
//
// What must hold: a subscriber gets each publisher's messages in their order and none twice; none is missing that was
// published after its subscription, unless its outbox or its shard's inbox was full and the router counted it; the QoS
// is the lesser of the two. Whoever subscribes after a retained message was announced ends with it or a newer
// one, and never gets an older one after a newer. After a crash the newest acknowledged one is there, or a newer one.
#pragma once

#include <cstdint>

#include "seeds.h"

namespace artery::live_sim {

using sim_seeds::Outcome;
Outcome run_seed(std::uint64_t seed, bool tell);

}  // namespace artery::live_sim
