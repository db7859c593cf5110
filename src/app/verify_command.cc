#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands.h"
#include "app/now.h"
#include "app/verify.h"
#include "runtime/linux/linux_runtime.h"

namespace artery::app {
namespace {

int verify_folder(const std::string& folder) {
  const auto runtime = runtime::make_linux_runtime();
  const auto findings = now(verify(&runtime->files(), DataFolder{folder}));
  if (!findings) return report(findings.error());
  for (const std::string& line : findings->damage) fmt::print("damage: {}\n", line);
  for (const std::string& line : findings->notes) fmt::print("note: {}\n", line);
  fmt::print(
      "{}: {} batches in {} log segments, {} catalogue snapshots, {} live checkpoints, {} samples in {} history "
      "segments{}\n",
      folder, findings->log_batches, findings->log_segments, findings->snapshots, findings->checkpoints,
      findings->history_samples, findings->history_segments,
      findings->history_archives == 0 ? "" : fmt::format(", {} archives", findings->history_archives));
  fmt::print("{}\n", findings->damage.empty() ? "whole" : fmt::format("{} places damaged", findings->damage.size()));
  return findings->damage.empty() ? 0 : 1;
}

}  // namespace

void add_verify(CLI::App& program, int& status) {
  const auto folder = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("verify", "Read every byte of a data folder and say what is damaged");
  command->add_option("DIR", *folder, "The data folder of a node that does not run")->required();
  command->footer(
      R"(Checks every checksum of the log, the catalogue's snapshots, the checkpoints of newest values and retained messages, and
history. Changes nothing. Prints one line for each damaged place, with file and offset, and ends with exit status 1 if
there is any. A tail that a crash has torn is no damage: nothing in it was ever acknowledged.

Example:
  artery verify var/data
)");
  command->callback([folder, &status] { status = verify_folder(*folder); });
}

}  // namespace artery::app
