#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands.h"
#include "app/error.h"
#include "app/import_file.h"
#include "app/replay_run.h"
#include "app/upload_options.h"
#include "runtime/linux/linux_runtime.h"
#include "runtime/linux/signals.h"

namespace artery::app {
namespace {

constexpr int status_refused = 1;
constexpr int status_usage = 2;
constexpr int status_no_node = 3;

struct Options {
  std::vector<std::string> files;
  std::string node = "http://127.0.0.1:8080";
  bool partial = false;
  UploadOptions upload;
};

std::string key_of(const Options& options) {
  std::string key = fmt::format("import\n{}\n", options.node);
  for (const std::string& file : options.files) key.append(file).push_back('\n');
  return key;
}

void tell(const ReplaySource& source, const ExportFacts& facts) {
  fmt::print("{}: {} samples, exported from {} at {}{}{}\n", source.file().path, facts.samples, facts.node, facts.made,
             facts.is_whole ? "" : ", cut off",
             facts.incomplete ? "; damage had eaten others on that node's disk" : "");
  std::fflush(stdout);
}

int import_files(const Options& options) {
  const auto runtime = runtime::make_linux_runtime();
  auto server = net::parse_server_url(options.node);
  if (!server) return report(server.error()), status_usage;
  auto found = find_replay_files(runtime->files(), options.files, {});
  if (!found) return report(found.error()), status_usage;
  replay::Mapping mapping;
  mapping.format = name_of(replay::Format::samples);
  mapping.encoding = "utf-8";
  const replay::Zone zone;
  std::vector<std::unique_ptr<ReplaySource>> sources;
  for (ReplayFile& file : *found) {
    auto source = ReplaySource::probe(runtime->files(), mapping, zone, std::move(file));
    if (!source) return report(source.error());
    const auto facts = check_export(**source, options.partial);
    if (!facts) return report(facts.error());
    tell(**source, *facts);
    sources.push_back(std::move(*source));
  }
  ReplayOptions how{.node = options.node,
                    .server = std::move(*server),
                    .door = {"/api/v1/raw", "application/x-ndjson"},
                    .sets_units = false,
                    .refused_file = {},
                    .state_file = {},
                    .key = key_of(options)};
  apply(options.upload, how);
  for (const auto& source : sources) {
    if (const auto sent = send_metadata(*runtime, *source, options.node, how.wait_max); !sent) {
      report(sent.error());
      return sent.error().is(AppError::refused) ? status_refused : status_no_node;
    }
  }
  runtime::Signals signals;  // until here Ctrl-C ends it at once
  ReplayRun run(*runtime, std::move(how), std::move(sources));
  return run_until_done_or_stopped(signals, *runtime, run);
}

}  // namespace

void add_import(CLI::App& program, int& status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("import", "Put into a running node what artery export took out of one");
  command->add_option("FILE", options->files, "Files of artery export, plain or packed by gzip or zstd")->required();
  command->add_option("--url", options->node, "The node")->type_name("URL")->capture_default_str();
  command->add_flag("--partial", options->partial, "Take a file that is cut off as far as it goes");
  add_upload_options(*command, options->upload);
  command->footer(
      R"(A file is looked through before anything is sent: one that is cut off is refused. Signals that are missing are made, with
all that the file knows of them; what the node knows already stays, and a signal of another unit or type refuses the file.
Repeating an import changes nothing; one that was stopped goes on where it was.

Exit status: 0 all is on the node's disk, 1 something was refused or it was stopped, 2 wrong usage, 3 the node does not
answer or had no room for too long.

Example:
  artery import week.ndjson --url http://127.0.0.1:8081
)");
  command->callback([options, &status] { status = import_files(*options); });
}

}  // namespace artery::app
