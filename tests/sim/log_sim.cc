// The log's simulation.
#include "log_run.h"

int main(int argc, char** argv) {
  return artery::sim_seeds::run_program("log_sim", artery::log_sim::run_seed, argc, argv);
}
