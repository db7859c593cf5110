#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/version.h"
#include "runtime/linux/console_journal.h"

namespace artery::app {
namespace {

constexpr std::string_view about =
    R"(Artery carries every reading of machines, farms and services without losing one, keeps it for years and
answers questions about it. One process is a complete node: line protocol and MQTT in, HTTP and WebSocket out.)";

constexpr std::string_view first_steps = R"(First steps:
  artery run --data var/data                       start a node; Ctrl-C stops it in order
  curl -d 'press7 force=3.1' localhost:8080/write  write a reading; 204 means it is on the disk
  curl 'localhost:8080/api/v1/last?signal=press7/force'
  artery doctor --data var/data                    is this machine fit, and the data whole?

`artery COMMAND --help` explains a command. Settings: docs/guide/en/reference.md.)";

}  // namespace

int report(const Error& error) {
  fmt::print(stderr, "artery: {}\n", runtime::to_one_line(error.message()));
  return 1;
}

int run_program(int argc, char** argv) {
  CLI::App program{std::string(about), "artery"};
  program.require_subcommand(1);
  program.set_version_flag("-v,--version", fmt::format("artery {}", version), "Print the version");
  program.get_formatter()->column_width(36);
  int status = 0;
  add_run(program, status);
  add_config(program, status);
  add_doctor(program, status);
  add_inspect(program, status);
  add_verify(program, status);
  add_repair(program, status);
  add_replay(program, status);
  add_catalogue(program, status);
  add_export(program, status);
  add_import(program, status);
  add_backup(program, status);
  add_restore(program, status);
  add_version(program, status);
  program.footer(std::string(first_steps));  // behind them: a command without a footer would take its program's
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& asked_for_help) {
    program.exit(asked_for_help);
    return 0;
  } catch (const CLI::ParseError& wrong) {
    std::string command = "artery";
    for (auto chosen = program.get_subcommands(); !chosen.empty(); chosen = chosen.front()->get_subcommands()) {
      command += " " + chosen.front()->get_name();
    }
    fmt::print(stderr, "artery: {}; see '{} --help'\n", runtime::to_one_line(wrong.what()), command);
    return 2;
  }
  return status;
}

}  // namespace artery::app
