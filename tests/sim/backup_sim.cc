// The simulation of backups.
#include "backup_run.h"

int main(int argc, char** argv) {
  return artery::sim_seeds::run_program("backup_sim", artery::backup_sim::run_seed, argc, argv);
}
