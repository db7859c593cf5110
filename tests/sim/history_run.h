// One run: samples into a log, history behind it with small segments and checkpoints all the time, and crashes in
// between: kills and power losses, failed reads, writes and syncs, full disks.
//
// What must hold: every acknowledged batch is there, whole and once, its samples with their values, revisions in the
// order of the log and replays absorbed; nothing is there that was not sent or was refused; what a start did not find
// never comes back; what a scan shows equals a naive model; a checkpoint that was asked for reaches as far as it says;
// where there is room again everything goes on by itself; reading and an orderly stop need no room; whoever asks is
// answered in time, whatever failed; damage is told only where the machine did some.
#pragma once

#include <cstdint>

#include "seeds.h"

namespace artery::history_sim {

using sim_seeds::Outcome;
Outcome run_seed(std::uint64_t seed, bool tell);

}  // namespace artery::history_sim
