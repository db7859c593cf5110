#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands.h"
#include "app/now.h"
#include "app/repair.h"
#include "runtime/linux/console_journal.h"
#include "runtime/linux/linux_runtime.h"

namespace artery::app {
namespace {

int repair_folder(const std::string& folder, bool write) {
  const auto runtime = runtime::make_linux_runtime();
  const auto repaired = now(repair(&runtime->files(), DataFolder{folder}, runtime->clock().now(), write));
  if (!repaired) return report(repaired.error());
  for (const std::string& line : repaired->steps) fmt::print("repair: {}\n", runtime::to_one_line(line));
  for (const std::string& line : repaired->losses) fmt::print("lost: {}\n", runtime::to_one_line(line));
  const bool to_do = !write && !repaired->steps.empty();
  if (to_do) fmt::print("nothing was changed: --write repairs\n");
  if (!to_do) fmt::print("{}\n", repaired->losses.empty() ? "whole" : "what is lost stays lost, the rest is whole");
  return to_do || !repaired->losses.empty() ? 1 : 0;
}

}  // namespace

void add_repair(CLI::App& program, int& status) {
  const auto folder = std::make_shared<std::string>();
  const auto write = std::make_shared<bool>(false);
  CLI::App* command = program.add_subcommand("repair", "Make a damaged history whole again as far as that can be");
  command->add_option("DIR", *folder, "The data folder of a node that does not run")->required();
  command->add_flag("--write", *write, "Do it; without this it is only said");
  command->footer(
      R"(A damaged segment of history is made anew of the log, where that still has its batches, and else of what of it can be
read. A manifest that is missing or damaged is made anew of the segments. What is damaged is not deleted but moved to the
folder history/damaged. Prints one line for each step and one for whatever stays lost: signal, times, number of samples.
Ends with exit status 0 where history is whole now, and 1 where anything is lost or, without --write, to be done. May be
broken off at any time and run again.

Examples:
  artery repair var/data
  artery repair var/data --write
)");
  command->callback([folder, write, &status] { status = repair_folder(*folder, *write); });
}

}  // namespace artery::app
