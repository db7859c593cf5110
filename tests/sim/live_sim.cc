// The simulation of routing and of retained messages.
#include "live_run.h"

int main(int argc, char** argv) {
  return artery::sim_seeds::run_program("live_sim", artery::live_sim::run_seed, argc, argv);
}
