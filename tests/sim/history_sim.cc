// The simulation of history.
#include "history_run.h"

int main(int argc, char** argv) {
  return artery::sim_seeds::run_program("history_sim", artery::history_sim::run_seed, argc, argv);
}
