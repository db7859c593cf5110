#include <fmt/format.h>
#include <simdjson.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands.h"
#include "app/error.h"
#include "app/http_call.h"
#include "runtime/linux/console_journal.h"
#include "runtime/linux/linux_runtime.h"

namespace artery::app {
namespace {

struct Options {
  std::string node = "http://127.0.0.1:8080";
  bool list = false;
};

constexpr unsigned status_ok = 200;
constexpr unsigned status_created = 201;
constexpr Duration silence_max = std::chrono::hours(24);  // it answers when all is copied, with nothing before

Error not_a_node(const Options& options) {
  return {AppError::no_answer, fmt::format("{}: the answer is not a node's", options.node)};
}

Result<void> tell_made(const Options& options, simdjson::dom::element made) {
  std::string_view name;
  std::uint64_t offset = 0;
  std::uint64_t files = 0;
  std::uint64_t linked = 0;
  std::uint64_t copied = 0;
  double seconds = 0;
  const bool whole =
      made["name"].get(name) == simdjson::SUCCESS && made["offset"].get(offset) == simdjson::SUCCESS &&
      made["files"].get(files) == simdjson::SUCCESS && made["bytes_linked"].get(linked) == simdjson::SUCCESS &&
      made["bytes_copied"].get(copied) == simdjson::SUCCESS && made["seconds"].get(seconds) == simdjson::SUCCESS;
  if (!whole) return not_a_node(options);
  fmt::print("{}: everything before batch {}, {} files, {} bytes linked, {} bytes copied, {:.3f} s\n",
             runtime::to_one_line(name), offset, files, linked, copied, seconds);
  return {};
}

Result<void> tell_list(const Options& options, simdjson::dom::element answer) {
  simdjson::dom::array backups;
  if (answer["backups"].get(backups) != simdjson::SUCCESS) return not_a_node(options);
  for (const simdjson::dom::element one : backups) {
    std::string_view name;
    std::string_view fault;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    if (one["name"].get(name) != simdjson::SUCCESS) return not_a_node(options);
    if (one["fault"].get(fault) == simdjson::SUCCESS) {
      fmt::print("{}: not whole: {}\n", runtime::to_one_line(name), runtime::to_one_line(fault));
    } else if (one["offset"].get(offset) == simdjson::SUCCESS && one["bytes"].get(bytes) == simdjson::SUCCESS) {
      fmt::print("{}: everything before batch {}, {} bytes\n", runtime::to_one_line(name), offset, bytes);
    } else {
      return not_a_node(options);
    }
  }
  return {};
}

int run_backup(const Options& options) {
  const auto runtime = runtime::make_linux_runtime();
  const auto reply = call(*runtime, {.method = options.list ? "GET" : "POST",
                                     .node = options.node,
                                     .target = "/api/v1/backups",
                                     .content_type = {},
                                     .author = {},
                                     .body = {},
                                     .silence_max = silence_max});
  if (!reply) return report(reply.error());
  if (reply->status != status_ok && reply->status != status_created) {
    return report(Error(AppError::no_answer,
                        fmt::format("{} answers {}: {}", options.node, reply->status, reason_in(reply->body))));
  }
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  if (parser.parse(reply->body).get(answer) != simdjson::SUCCESS) return report(not_a_node(options));
  const auto told = options.list ? tell_list(options, answer) : tell_made(options, answer);
  return told ? 0 : report(told.error());
}

}  // namespace

void add_backup(CLI::App& program, int& status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("backup", "Have a running node make a backup of itself");
  command->add_option("--url", options->node, "The node")->type_name("URL")->capture_default_str();
  command->add_flag("--list", options->list, "Only show the backups that there are");
  command->footer(
      R"(The backup is made in the node's backup.folder, in a folder named by the time, while the node goes on. It has everything
that was acknowledged before. What the newest backup has already is not copied again. Remove old ones as you like: each
is whole without the others.

Examples:
  artery backup
  artery backup --list --url http://127.0.0.1:8081
)");
  command->callback([options, &status] { status = run_backup(*options); });
}

}  // namespace artery::app
