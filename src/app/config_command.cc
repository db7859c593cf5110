#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands.h"
#include "app/config_options.h"
#include "runtime/linux/linux_runtime.h"

namespace artery::app {
namespace {

struct Options {
  ConfigOptions config;
  bool reference = false;
};

int print_config(const Options& options) {
  const auto runtime = runtime::make_linux_runtime();
  const auto config = options.config.read(runtime->files());
  if (!config) return report(config.error());
  fmt::print("{}", options.reference ? (*config)->reference() : (*config)->effective());
  return 0;
}

}  // namespace

void add_config(CLI::App& program, int& status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("config", "Print the settings in effect, or the reference of all of them");
  options->config.add_to(*command);
  command->add_flag("--reference", options->reference, "Print what every setting means (docs/guide/en/reference.md)");
  command->footer(R"(Examples:
  artery config                                   all defaults, as a file to begin with
  artery config --config artery.toml --set log.keep_time=24h
                                                  what a node started so would use, and why
)");
  command->callback([options, &status] { status = print_config(*options); });
}

}  // namespace artery::app
