#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/version.h"

namespace artery::app {

void add_version(CLI::App& program, int& status) {
  CLI::App* command = program.add_subcommand("version", "Print the version");
  command->callback([&status] {
    fmt::print("artery {}\n", version);
    status = 0;
  });
}

}  // namespace artery::app
