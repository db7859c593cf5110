#include "app/commands.h"

int main(int argc, char** argv) { return artery::app::run_program(argc, argv); }
