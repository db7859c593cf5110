#include <fmt/format.h>
#include <simdjson.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <memory>

#include "app/commands.h"
#include "app/error.h"
#include "app/http_call.h"
#include "app/now.h"
#include "runtime/durable.h"
#include "runtime/linux/console_journal.h"
#include "runtime/linux/linux_runtime.h"
#include "runtime/linux/machine_facts.h"

namespace artery::app {
namespace {

constexpr unsigned status_ok = 200;

struct Options {
  std::string file;
  std::string format;
  std::string node = "http://127.0.0.1:8080";
  std::string author;
};

bool is_csv(const Options& options) {
  return options.format.empty() ? options.file.ends_with(".csv") : options.format == "csv";
}

Result<HttpReply> ask(runtime::Runtime& runtime, const HttpCall& request) {
  auto reply = call(runtime, request);
  if (reply && reply->status != status_ok) {
    return Error(AppError::no_answer,
                 fmt::format("{} answers {}: {}", request.node, reply->status, reason_in(reply->body)));
  }
  return reply;
}

Result<std::string> read_input(runtime::Files& files, const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  const auto contents = now(runtime::read_file(files, path));
  if (!contents) return contents.error();
  return std::string(as_text(*contents));
}

// What the node refused, one line each; how much it applied.
int tell_outcome(const Options& options, const HttpReply& reply) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  std::uint64_t applied = 0;
  simdjson::dom::array refused;
  if (parser.parse(reply.body).get(document) != simdjson::SUCCESS ||
      document["applied"].get(applied) != simdjson::SUCCESS || document["refused"].get(refused) != simdjson::SUCCESS) {
    return report(Error(AppError::no_answer, fmt::format("{}: the answer is not a node's", options.node)));
  }
  for (const simdjson::dom::element one : refused) {
    std::uint64_t line = 0;
    std::string_view message;
    if (one["line"].get(line) != simdjson::SUCCESS || one["message"].get(message) != simdjson::SUCCESS) continue;
    fmt::print(stderr, "artery: {}:{}: {}\n", options.file, line, runtime::to_one_line(message));
  }
  fmt::print("{} applied, {} refused\n", applied, refused.size());
  return refused.size() == 0 ? 0 : 1;
}

int import_catalogue(const Options& options) {
  const auto runtime = runtime::make_linux_runtime();
  auto text = read_input(runtime->files(), options.file);
  if (!text) return report(text.error());
  const auto reply = ask(*runtime, {.method = "POST",
                                    .node = options.node,
                                    .target = "/api/v1/catalogue",
                                    .content_type = is_csv(options) ? "text/csv" : "application/json",
                                    .author = options.author,
                                    .body = std::move(*text)});
  return reply ? tell_outcome(options, *reply) : report(reply.error());
}

int export_catalogue(const Options& options) {
  const auto runtime = runtime::make_linux_runtime();
  const auto reply =
      ask(*runtime, {.method = "GET",
                     .node = options.node,
                     .target = fmt::format("/api/v1/catalogue?format={}", is_csv(options) ? "csv" : "json"),
                     .content_type = {},
                     .author = {},
                     .body = {}});
  if (!reply) return report(reply.error());
  if (options.file == "-") {
    fmt::print("{}", reply->body);
    return 0;
  }
  const auto written = now(runtime::replace_file(runtime->files(), options.file, {as_bytes(reply->body)}));
  return written ? 0 : report(written.error());
}

void add_common(CLI::App& command, Options& options) {
  command.add_option("FILE", options.file, "A file, or - for standard input or output")->required();
  command.add_option("--format", options.format, "csv or json; by default what the file's name ends with, else json")
      ->check(CLI::IsMember({"csv", "json"}));
  command.add_option("--url", options.node, "The node")->type_name("URL")->capture_default_str();
}

}  // namespace

void add_catalogue(CLI::App& program, int& status) {
  CLI::App* command =
      program.add_subcommand("catalogue", "Export or import what is known of assets and signals, of a running node");
  command->require_subcommand(1);
  command->footer(R"(Examples:
  artery catalogue export plant.csv
  artery catalogue import plant.csv
)");
  const auto options = std::make_shared<Options>();
  options->author = runtime::facts_of_folder(".").user;

  CLI::App* importing = command->add_subcommand("import", "Set units, ranges, names, descriptions, data classes");
  add_common(*importing, *options);
  importing->add_option("--author", options->author, "Kept with each change; by default the user's name")
      ->type_name("NAME");
  importing->footer(
      R"(What a column or member leaves out stays as it is; a signal with a type is created where it is missing. One bad line
never costs its neighbours: each refusal is printed with its line, and the exit status is 1.

Example:
  artery catalogue export plant.csv; edit plant.csv; artery catalogue import plant.csv
)");
  importing->callback([options, &status] { status = import_catalogue(*options); });

  CLI::App* exporting = command->add_subcommand("export", "Write all assets and signals to a file");
  add_common(*exporting, *options);
  exporting->footer(R"(Example:
  artery catalogue export - --format csv --url http://127.0.0.1:8080
)");
  exporting->callback([options, &status] { status = export_catalogue(*options); });
}

}  // namespace artery::app
