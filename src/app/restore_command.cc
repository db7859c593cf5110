#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands.h"
#include "app/now.h"
#include "app/verify.h"
#include "backup/backups.h"
#include "backup/restore.h"
#include "model/rfc3339.h"
#include "runtime/linux/linux_runtime.h"

namespace artery::app {
namespace {

struct Options {
  std::string backup;
  std::string to;
};

// Damage that the backup itself was made with is told and restored with the rest: there is nothing better.
int restore(const Options& options) {
  const auto runtime = runtime::make_linux_runtime();
  runtime::Files& files = runtime->files();
  const auto contents = now(backup::restore_files(&files, options.backup, options.to));
  if (!contents) return report(contents.error());
  const auto findings = now(verify(&files, DataFolder{options.to}));
  if (!findings) return report(findings.error());
  if (auto done = now(backup::finish_restore(&files, options.to)); !done) return report(done.error());
  for (const std::string& line : findings->damage) fmt::print("damage: {}\n", line);
  fmt::print("{}: {} files, {} bytes, as they were at {}, with everything before batch {}\n", options.to,
             contents->files.size(), contents->bytes(), format_rfc3339(contents->made), contents->offset.value());
  fmt::print("{} samples in {} history segments, {} batches in {} log segments\n", findings->history_samples,
             findings->history_segments, findings->log_batches, findings->log_segments);
  if (findings->damage.empty()) {
    fmt::print("whole; start a node on it: artery run --data {}\n", options.to);
    return 0;
  }
  fmt::print("{} places were damaged when the backup was made; a node serves the rest\n", findings->damage.size());
  return 1;
}

}  // namespace

void add_restore(CLI::App& program, int& status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("restore", "Make a data folder from a backup");
  command->add_option("BACKUP", options->backup, "A folder that `artery backup` has made")->required();
  command->add_option("--to", options->to, "The new data folder; empty or missing")->type_name("DIR")->required();
  command->footer(
      R"(Copies every file and compares it with what was backed up, then reads all of it again as `artery verify` does. A backup that
was made half, or of which a byte has changed, is refused with the file's name, and nothing is left. The backup stays as
it is. An interrupted restore leaves a folder that no node opens: remove it and begin again.

Example:
  artery restore /backup/press-shop/20261122T130509.123Z --to var/restored
)");
  command->callback([options, &status] { status = restore(*options); });
}

}  // namespace artery::app
