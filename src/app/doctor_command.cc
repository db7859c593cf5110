#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>

#include "app/commands.h"
#include "app/doctor.h"
#include "app/now.h"
#include "runtime/linux/console_journal.h"
#include "runtime/linux/linux_runtime.h"

namespace artery::app {
namespace {

int examine(const std::string& folder) {
  const auto runtime = runtime::make_linux_runtime();
  std::vector<Diagnosis> found = examine_machine(runtime::facts_of_machine(), runtime->clock().synchronised());
  if (!folder.empty()) {
    const runtime::FolderFacts facts = runtime::facts_of_folder(folder);
    std::ranges::move(examine_place(folder, facts), std::back_inserter(found));
    if (facts.is_folder) std::ranges::move(now(examine_data(&runtime->files(), folder)), std::back_inserter(found));
  }
  for (const Diagnosis& one : found) {
    fmt::print("{:<4}  {:<10}  {}\n", name_of(one.verdict), one.about, runtime::to_one_line(one.text));
  }
  return std::ranges::count(found, Verdict::bad, &Diagnosis::verdict) == 0 ? 0 : 1;
}

}  // namespace

void add_doctor(CLI::App& program, int& status) {
  const auto folder = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("doctor", "Say what is wrong with this machine or a data folder");
  command->add_option("--data", *folder, "Look at this data folder too")->type_name("DIR");
  command->footer(
      R"(One line for each thing: `good`, `note` (costs speed or trust), `bad` (keeps a node from its promises; exit status 1).
With --data also the disk below the folder, its space, its owner, and every file in it if no node has it open.

Example:
  artery doctor --data var/data
)");
  command->callback([folder, &status] { status = examine(*folder); });
}

}  // namespace artery::app
