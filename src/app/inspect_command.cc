#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands.h"
#include "app/inspect.h"
#include "app/now.h"
#include "runtime/linux/linux_runtime.h"

namespace artery::app {
namespace {

void print_line(std::string_view line) { fmt::print("{}\n", line); }

int inspect(const LogExtract& extract) {
  const auto runtime = runtime::make_linux_runtime();
  const auto done = now(inspect_log(&runtime->files(), extract, print_line));
  return done ? 0 : report(done.error());
}

int inspect(const std::string& segment) {
  const auto runtime = runtime::make_linux_runtime();
  const auto done = now(inspect_segment(&runtime->files(), segment, print_line));
  return done ? 0 : report(done.error());
}

}  // namespace

void add_inspect(CLI::App& program, int& status) {
  CLI::App* command = program.add_subcommand("inspect", "Show what is in a file of the data folder");
  command->require_subcommand(1);
  command->footer(R"(Examples:
  artery inspect log var/data
  artery inspect segment var/data/history/segment-000000000001.seg
)");

  const auto extract = std::make_shared<LogExtract>();
  CLI::App* log = command->add_subcommand("log", "Segments, batches and records of the log");
  log->add_option("DIR", extract->folder, "The log's folder, or the data folder around it")->required();
  log->add_option("--from", extract->from, "The first batch to show")->type_name("OFFSET");
  log->add_option("--to", extract->to, "The batch before which to stop")->type_name("OFFSET");
  log->add_flag("--payload", extract->payload, "Show every sample and message too");
  log->footer(R"(Example:
  artery inspect log var/data --from 1200 --to 1210 --payload
)");
  log->callback([extract, &status] { status = inspect(*extract); });

  const auto file = std::make_shared<std::string>();
  CLI::App* segment = command->add_subcommand("segment", "The signals of a segment of history");
  segment->add_option("FILE", *file, "A segment file")->required();
  segment->footer(R"(Example:
  artery inspect segment var/data/history/segment-000000000001.seg
)");
  segment->callback([file, &status] { status = inspect(*file); });
}

}  // namespace artery::app
