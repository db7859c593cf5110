// The program's commands. Each is a subcommand of CLI11's with options, a help text and a function that runs it; the
// function returns the exit status: 0 in order, 1 with one line on standard error that says what, where, and what would
// be right. Wrong usage is 2.
#pragma once

#include "app/cli11.h"
#include "base/result.h"

namespace artery::app {

// Runs the whole program.
int run_program(int argc, char** argv);

// Prints "artery: <message>" to standard error and returns 1.
int report(const Error& error);

// Each adds one command, which stores its exit status in `status` when it was chosen.
void add_run(CLI::App& program, int& status);
void add_config(CLI::App& program, int& status);
void add_doctor(CLI::App& program, int& status);
void add_inspect(CLI::App& program, int& status);
void add_verify(CLI::App& program, int& status);
void add_repair(CLI::App& program, int& status);
void add_replay(CLI::App& program, int& status);
void add_catalogue(CLI::App& program, int& status);
void add_export(CLI::App& program, int& status);
void add_import(CLI::App& program, int& status);
void add_backup(CLI::App& program, int& status);
void add_restore(CLI::App& program, int& status);
void add_version(CLI::App& program, int& status);

}  // namespace artery::app
