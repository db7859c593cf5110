#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/commands.h"
#include "app/error.h"
#include "app/export_line.h"
#include "app/http_call.h"
#include "app/now.h"
#include "runtime/linux/linux_runtime.h"

namespace artery::app {
namespace {

constexpr unsigned status_ok = 200;
constexpr std::string_view unfinished = ".part";

struct Options {
  std::vector<std::string> filters;
  std::string from;
  std::string to;
  std::string file;  // empty: standard output
  std::string format;
  std::string node = "http://127.0.0.1:8080";
};

bool is_csv(const Options& options) {
  return options.format.empty() ? options.file.ends_with(".csv") : options.format == "csv";
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (plain.contains(c)) {
      encoded.push_back(c);
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string target_of(const Options& options) {
  std::string target = fmt::format("/api/v1/export?format={}", is_csv(options) ? "csv" : "json");
  for (const std::string& filter : options.filters) target += "&filter=" + percent_encode(filter);
  if (!options.from.empty()) target += "&from=" + percent_encode(options.from);
  if (!options.to.empty()) target += "&to=" + percent_encode(options.to);
  return target;
}

// Where an export goes. A file gets its name when all of it is there and synced.
class Target {
 public:
  Target(runtime::Files& files, const std::string& path) : files_(files), path_(path) {}

  Result<void> open() {
    if (path_.empty()) return {};
    (void)now(files_.remove(part()));  // of an export that was broken off
    auto file = now(files_.open(part(), runtime::OpenMode::create));
    if (!file) return file.error();
    file_ = std::move(*file);
    return {};
  }

  Result<void> write(std::string_view piece) {
    keep_last_line(piece);
    if (!file_ && std::fwrite(piece.data(), 1, piece.size(), stdout) != piece.size()) {
      return Error(runtime::FileError::io, "standard output takes no more");
    }
    if (file_) {
      if (auto written = now(file_->write(bytes_, {as_bytes(piece)})); !written) return written;
    }
    bytes_ += piece.size();
    return {};
  }

  Result<void> finish() {
    if (!file_) return std::fflush(stdout) == 0 ? Result<void>() : Error(runtime::FileError::io, "standard output");
    if (auto synced = now(file_->sync()); !synced) return synced;
    if (auto renamed = now(files_.rename(part(), path_)); !renamed) return renamed;
    const std::size_t slash = path_.rfind('/');
    return now(files_.sync_folder(slash == std::string::npos ? "." : path_.substr(0, slash + 1)));
  }

  void give_up() {
    if (file_) (void)now(files_.remove(part()));  // it may not be there
  }

  [[nodiscard]] const std::string& last_line() const { return last_line_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  [[nodiscard]] std::string part() const { return path_ + std::string(unfinished); }

  void keep_last_line(std::string_view piece) {
    const std::size_t end = piece.rfind('\n');
    if (end == std::string_view::npos) {
      begun_line_.append(piece);
      return;
    }
    const std::size_t before = end == 0 ? std::string_view::npos : piece.rfind('\n', end - 1);
    if (before == std::string_view::npos) {
      last_line_ = std::exchange(begun_line_, {}).append(piece.substr(0, end));
    } else {
      last_line_ = piece.substr(before + 1, end - before - 1);
    }
    begun_line_ = piece.substr(end + 1);
  }

  runtime::Files& files_;
  const std::string path_;
  std::unique_ptr<runtime::File> file_;
  std::uint64_t bytes_ = 0;
  std::string last_line_;   // that is whole
  std::string begun_line_;  // behind it
};

// What the last line says of the whole. Errors: AppError::no_answer where it is not the end.
Result<ExportLine> end_of(const Options& options, const Target& target, ExportLineReader& reader) {
  const ExportLine last = reader.read(target.last_line());
  if (last.kind == ExportLine::Kind::end) return last;
  if (last.kind == ExportLine::Kind::error) {
    return Error(AppError::no_answer, fmt::format("{}: the export broke off: {}", options.node, last.message));
  }
  return Error(AppError::no_answer, fmt::format("{}: the export has no end", options.node));
}

void tell(const Options& options, const Target& target, const ExportLine& end) {
  const std::string where = options.file.empty() ? std::string("standard output") : options.file;
  fmt::print(stderr, "{}: {} samples of {} signals, {} bytes\n", where, end.samples, end.signals, target.bytes());
}

int export_range(const Options& options) {
  const auto runtime = runtime::make_linux_runtime();
  Target target(runtime->files(), options.file);
  if (auto opened = target.open(); !opened) return report(opened.error());
  ExportLineReader reader;
  const auto reply = call(*runtime,
                          {.method = "GET",
                           .node = options.node,
                           .target = target_of(options),
                           .content_type = {},
                           .author = {},
                           .body = {}},
                          [&](std::string_view piece) { return target.write(piece); });
  Result<void> done;
  if (!reply) {
    const ExportLine last = reader.read(target.last_line());
    done = last.kind == ExportLine::Kind::error ? end_of(options, target, reader).error() : reply.error();
  } else if (reply->status != status_ok) {
    done = Error(AppError::no_answer,
                 fmt::format("{} answers {}: {}", options.node, reply->status, reason_in(reply->body)));
  }
  bool incomplete = false;
  if (done && !is_csv(options)) {
    const auto end = end_of(options, target, reader);
    if (end) {
      tell(options, target, *end);
      incomplete = end->incomplete;
    } else {
      done = end.error();
    }
  }
  if (done) done = target.finish();
  if (!done) {
    target.give_up();
    return report(done.error());
  }
  if (!incomplete) return 0;
  return report(Error(
      AppError::damaged,
      fmt::format("{}: damage on the disk has eaten samples of this range; all others are exported", options.node)));
}

}  // namespace

void add_export(CLI::App& program, int& status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("export", "Take samples of a range of time out of a running node, into a file");
  command->add_option("--filter", options->filters, "A signal's name, or an MQTT topic filter over names; repeatable")
      ->type_name("FILTER")
      ->default_str("#");
  command->add_option("--from", options->from, "RFC 3339, or nanoseconds since 1970 UTC; by default all there is")
      ->type_name("TIME");
  command->add_option("--to", options->to, "The first time that is not taken any more")->type_name("TIME");
  command->add_option("--file", options->file, "Where it goes; by default standard output")->type_name("FILE");
  command
      ->add_option("--format", options->format, "json, which artery import reads, or csv; by default the file's ending")
      ->check(CLI::IsMember({"json", "csv"}));
  command->add_option("--url", options->node, "The node")->type_name("URL")->capture_default_str();
  command->footer(
      R"(Lossless: types, every bit of a value, qualities, times, all revisions, and what the catalogue knows of the signals, as
lines of JSON (docs/formats/samples.md). CSV is for spreadsheets. A file gets its name when all of it is on the disk.

Examples:
  artery export --filter 'acme/#' --from 2026-11-01T00:00:00Z --to 2026-11-08T00:00:00Z --file week.ndjson
  artery export --filter acme/press7/force --file force.csv
  artery export | gzip > all.ndjson.gz
)");
  command->callback([options, &status] {
    if (options->filters.empty()) options->filters.emplace_back("#");
    status = export_range(*options);
  });
}

}  // namespace artery::app
