// One run: a whole node that is written to, deleted from and backed up, crashes and goes on; backups are restored and
// nodes started on them, and sometimes the run goes on with what was restored.
//
// What must hold: a backup that was answered for stays (or is one of the `keep` newest), and shows exactly what the
// node showed after some operation between the last one acknowledged before the backup was asked for and the last one
// sent before its answer, whatever happened to the node since; so does one that has its name though nobody was told.
// What is half made is gone after the next backup. A node goes on with everything acknowledged, whatever happens to its
// backups. A restore that is cut leaves nothing that a node opens, or all of it.
#pragma once

#include <cstdint>

#include "seeds.h"

namespace artery::backup_sim {

using sim_seeds::Outcome;
Outcome run_seed(std::uint64_t seed, bool tell);

}  // namespace artery::backup_sim
