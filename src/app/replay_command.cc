#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <ranges>
#include <set>

#include "app/commands.h"
#include "app/error.h"
#include "app/now.h"
#include "app/replay_run.h"
#include "app/replay_table.h"
#include "app/toml_file.h"
#include "app/upload_options.h"
#include "governance/metadata.h"
#include "runtime/durable.h"
#include "runtime/linux/linux_runtime.h"
#include "runtime/linux/signals.h"
#include "sources/replay/error.h"

namespace artery::app {
namespace {

constexpr int status_usage = 2;
constexpr std::string_view zones_folder = "/usr/share/zoneinfo/";

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> include;
  std::string node = "http://127.0.0.1:8080";
  std::string mapping_file;
  std::string save_mapping;
  std::vector<std::pair<std::string, std::string>> said;  // of the mapping, in the order of the command line
  std::string speed = "max";
  bool dry_run = false;
  bool shift_to_now = false;
  bool no_units = false;
  UploadOptions upload;
};

int wrong(const Error& error) {
  report(error);
  return status_usage;
}

// The node would refuse a wrong unit as well, but only when everything is in.
Result<void> assign(replay::Mapping& mapping, const std::string& name, const std::string& value) {
  if (name.starts_with("unit.") && !governance::plausible_unit(value)) {
    return Error(replay::ReplayError::bad_option,
                 fmt::format("the unit of '{}' is '{}'; it is written as UCUM has it: Cel, kW.h, m/s2, [degF]",
                             name.substr(name.find('.') + 1), value));
  }
  return replay::assign(mapping, name, value);
}

Result<replay::Mapping> read_mapping(runtime::Files& files, const Options& options) {
  replay::Mapping mapping;
  if (!options.mapping_file.empty()) {
    const auto contents = now(runtime::read_file(files, options.mapping_file));
    if (!contents) return contents.error();
    const auto lines = parse_toml(as_text(*contents), options.mapping_file);
    if (!lines) return lines.error();
    for (const Assignment& line : *lines) {
      if (auto right = assign(mapping, line.name, line.value); !right) {
        return std::move(right).error().at(fmt::format("{}:{}", line.where, line.column));
      }
    }
  }
  for (const auto& [name, value] : options.said) {
    if (auto right = assign(mapping, name, value); !right) return right.error();
  }
  return mapping;
}

Result<replay::Zone> read_zone(runtime::Files& files, const std::string& name) {
  if (name.empty()) return replay::Zone();
  if (const auto fixed = replay::Zone::fixed(name)) return *fixed;
  const auto unknown = [&] {
    return Error(replay::ReplayError::bad_option,
                 fmt::format("unknown zone '{}'; right is for example UTC, +08:00, Europe/Rome", name));
  };
  if (name.starts_with('/') || name.contains("..")) return unknown();
  const auto contents = now(runtime::read_file(files, std::string(zones_folder) + name));
  if (!contents) return unknown();
  return replay::Zone::from_file(*contents);
}

Result<double> read_speed(std::string_view text) {
  if (text == "max") return 0.0;
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  const bool is_right = error == std::errc() && speed > 0 && std::string_view(end, text.data() + text.size()) == "x";
  if (is_right) return speed;
  return Error(replay::ReplayError::bad_option, fmt::format("speed is '{}'; right is 1x, 60x, 0.5x or max", text));
}

struct Prepared {
  std::vector<std::unique_ptr<ReplaySource>> sources;
  std::size_t unread = 0;  // files that cannot be replayed
};

std::string columns_text(const replay::Plan& plan) {
  constexpr std::size_t columns_max = 20;
  std::string text;
  for (const replay::Column& column : plan.columns | std::views::take(columns_max)) {
    text.append(text.empty() ? "" : ", ").append(column.name);
  }
  if (plan.columns.size() > columns_max) text.append(", ...");
  return text;
}

Prepared probe_all(runtime::Files& files, const replay::Mapping& mapping, const replay::Zone& zone,
                   std::vector<ReplayFile> found) {
  Prepared prepared;
  for (ReplayFile& file : found) {
    const std::string path = file.path;
    auto source = ReplaySource::probe(files, mapping, zone, std::move(file));
    if (source && (*source)->facts().format == replay::Format::samples) {
      source =
          Error(replay::ReplayError::no_table, fmt::format("{} is an export of a node: artery import takes it", path));
    }
    if (source && (*source)->facts().format != replay::Format::line_protocol && !(*source)->facts().plan.has_time) {
      source = Error(
          replay::ReplayError::no_table,
          fmt::format("{}: no column has times; --time names one, --start and --step make them, --skip-lines leaves "
                      "out what stands before the header; the columns are: {}",
                      path, columns_text((*source)->facts().plan)));
    }
    if (source) {
      prepared.sources.push_back(std::move(*source));
    } else {
      ++prepared.unread;
      report(source.error());
    }
  }
  return prepared;
}

// A column that the command line speaks of and that no file has: what would be written under a name that nobody meant
// stays in the catalogue. A mapping file may be for more files than these.
Result<void> check_columns(const Options& options, const std::vector<std::unique_ptr<ReplaySource>>& sources) {
  if (sources.empty()) return {};  // nothing could be read, which is told already
  replay::Mapping mapping;
  for (const auto& [name, value] : options.said) {
    if (auto right = assign(mapping, name, value); !right) return right;
  }
  std::set<std::string> known;
  for (const auto& source : sources) {
    if (source->facts().format == replay::Format::line_protocol) return {};
    for (const replay::Column& column : source->facts().plan.columns) known.insert(column.name);
  }
  std::vector<std::pair<std::string_view, std::string>> spoken_of;
  spoken_of.reserve(options.said.size());
  for (const auto& name : mapping.label) spoken_of.emplace_back("label", name);
  for (const auto& name : mapping.skip) spoken_of.emplace_back("skip", name);
  for (const auto& [name, type] : mapping.type) spoken_of.emplace_back("type", name);
  for (const auto& [name, signal] : mapping.rename) spoken_of.emplace_back("rename", name);
  for (const auto& [name, unit] : mapping.unit) spoken_of.emplace_back("unit", name);
  for (const auto& [option, name] : spoken_of) {
    if (known.contains(replay::clean_name(name))) continue;
    return Error(replay::ReplayError::bad_option, fmt::format("{}: no file has a column '{}'; there are: {}", option,
                                                              name, columns_text(sources.front()->facts().plan)));
  }
  return {};
}

// What was said and found out, as far as it is the same for all files: reading it again reads them the same way.
Result<void> save_mapping(runtime::Files& files, const Options& options, const replay::Mapping& said,
                          const std::vector<std::unique_ptr<ReplaySource>>& sources) {
  std::vector<replay::Mapping> mappings;
  mappings.reserve(sources.size());
  for (const auto& source : sources) mappings.push_back(replay::mapping_of(source->facts(), said));
  std::vector<std::string> differing;
  const std::string text = replay::to_toml(replay::common_part(mappings, differing));
  if (!differing.empty()) {
    fmt::print(stderr, "{} leaves to be found out what is not the same in all files: {}\n", options.save_mapping,
               fmt::join(differing, ", "));
  }
  return now(runtime::replace_file(files, options.save_mapping, std::vector<Bytes>{as_bytes(text)}));
}

// What tells this command from others: where it writes to and everything that changes what is written.
std::string key_of(const Options& options, const replay::Mapping& mapping) {
  std::string key = fmt::format("{}\n{}\n{}\n", options.node, options.shift_to_now, replay::to_toml(mapping));
  for (const std::string& file : options.files) key.append(file).push_back('\n');
  return key;
}

int replay_files(const Options& options) {
  runtime::Signals signals;
  const auto runtime = runtime::make_linux_runtime();
  runtime::Files& files = runtime->files();
  auto server = net::parse_server_url(options.node);
  if (!server) return wrong(server.error());
  const auto speed = read_speed(options.speed);
  if (!speed) return wrong(speed.error());
  auto mapping = read_mapping(files, options);
  if (!mapping) return wrong(mapping.error());
  const auto zone = read_zone(files, mapping->zone);
  if (!zone) return wrong(zone.error());
  auto found = find_replay_files(files, options.files, options.include);
  if (!found) return wrong(found.error());

  Prepared prepared = probe_all(files, *mapping, *zone, std::move(*found));
  fmt::print("{}", describe(prepared.sources));
  std::fflush(stdout);
  if (auto right = check_columns(options, prepared.sources); !right) return wrong(right.error());
  if (!options.save_mapping.empty()) {
    if (auto saved = save_mapping(files, options, *mapping, prepared.sources); !saved) return report(saved.error());
  }
  if (options.dry_run || prepared.sources.empty()) return prepared.unread == 0 ? 0 : 1;

  ReplayOptions how{.node = options.node,
                    .server = std::move(*server),
                    .speed = *speed,
                    .shift_to_now = options.shift_to_now,
                    .sets_units = !options.no_units,
                    .refused_file = {},
                    .state_file = {},
                    .key = key_of(options, *mapping)};
  apply(options.upload, how);
  ReplayRun run(*runtime, std::move(how), std::move(prepared.sources));
  const int status = run_until_done_or_stopped(signals, *runtime, run);
  if (prepared.unread > 0) fmt::print("{} files could not be read as they are; see above why\n", prepared.unread);
  return status == 0 && prepared.unread > 0 ? 1 : status;
}

// Each option of a mapping, by the same name.
void add_mapping_options(CLI::App& command, Options& options) {
  const auto add = [&](const std::string& name, const std::string& key, const std::string& help,
                       const std::string& type) {
    command
        .add_option_function<std::string>(
            name, [&options, key](const std::string& value) { options.said.emplace_back(key, value); }, help)
        ->type_name(type)
        ->group("What the files are");
  };
  add("--format", "format", "table, json (one object per line) or line-protocol", "NAME");
  add("--encoding", "encoding", "utf-8, gb18030 or any other that iconv knows", "NAME");
  add("--delimiter", "delimiter", "One character, tab, or space for any blanks", "MARK");
  add("--quote", "quote", "One character or none", "MARK");
  add("--decimal", "decimal", "point or comma", "MARK");
  add("--skip-lines", "skip_lines", "How many lines stand before the header", "NUMBER");
  add("--header", "header", "yes or no", "ANSWER");
  add("--names", "names", "The columns' names, instead of the header's", "A,B,...");
  add("--missing", "missing", "What stands for no value, instead of NA, NaN, null, - and the like", "A,B,...");
  add("--precision", "precision", "Unit of line protocol's times: ns, us, ms, s, m, h", "UNIT");
  add("--time", "time", "The time's column, or those of date and time of day, or year, month, day, ...", "A,B,...");
  add("--time-unit", "time_unit", "Of times that are numbers: s, ms, us, ns", "UNIT");
  add("--date-order", "date_order", "day-first or month-first", "ORDER");
  add("--zone", "zone", "Of times that name none: UTC, +08:00, Europe/Rome", "ZONE");
  add("--ambiguous", "ambiguous", "earlier or later: of times that clocks show twice", "WHICH");
  add("--start", "start", "The first row's time, where the file has no times", "TIME");
  add("--step", "step", "From row to row then: 15m, 1h", "DURATION");
  add("--count", "count", "A column that counts the steps since the start", "COLUMN");
  add("--asset", "asset", "The asset's path: {folder}, {file} and {COLUMN} stand for what is there", "TEMPLATE");
  add("--label", "label", "Columns that are levels of the path", "A,B,...");
  add("--skip", "skip", "Columns to leave out", "A,B,...");
  add("--units", "units", "split `Temperature (°C)` into name and unit, or keep it", "HOW");
  const auto add_pairs = [&](const std::string& name, const std::string& key, const std::string& help) {
    command
        .add_option_function<std::vector<std::string>>(
            name,
            [&options, key](const std::vector<std::string>& pairs) {
              for (const std::string& pair : pairs) {
                const std::size_t equals = pair.rfind('=');
                if (equals == std::string::npos) throw CLI::ValidationError(key, "write it like COLUMN=VALUE");
                options.said.emplace_back(key + "." + pair.substr(0, equals), pair.substr(equals + 1));
              }
            },
            help)
        ->type_name("COLUMN=VALUE")
        ->group("What the files are");
  };
  add_pairs("--type", "type", "number, integer, boolean, text, label or skip");
  add_pairs("--rename", "rename", "The signal's name");
  add_pairs("--unit", "unit", "The signal's unit, in UCUM");
}

}  // namespace

void add_replay(CLI::App& program, int& status) {
  CLI::App* command =
      program.add_subcommand("replay", "Pour files (CSV, TSV, JSON lines, line protocol) into a running node");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->files, "Files, and folders that are searched for them")->required();
  command->add_option("--to", options->node, "The node")->type_name("URL")->capture_default_str();
  command->add_flag("--dry-run", options->dry_run, "Only show what was found out");
  command->add_option("--include", options->include, "In folders: files whose names fit, like '*.txt.gz'")
      ->type_name("PATTERN");
  command->add_option("--mapping", options->mapping_file, "What the files are, from a file")->type_name("FILE");
  command->add_option("--save-mapping", options->save_mapping, "Keep what was said and found out")->type_name("FILE");
  command->add_option("--speed", options->speed, "1x, 60x: by the sources' time; max")
      ->type_name("SPEED")
      ->capture_default_str();
  command->add_flag("--shift-to-now", options->shift_to_now,
                    "Move all times alike: the last one is now, or the first with --speed");
  command->add_flag("--no-units", options->no_units, "Do not set the signals' units");
  add_upload_options(*command, options->upload);
  add_mapping_options(*command, *options);
  command->footer(
      R"(What was not said is found out and shown before it starts. Files may be compressed by gzip or zstd. Repeating a replay
is harmless; one that was stopped goes on where it was. docs/guide/en/replay.md shows it with real data.

Exit status: 0 all was taken, 1 something was refused or it was stopped, 2 wrong usage, 3 the node does not answer or had
no room for too long.

Examples:
  artery replay greenhouse --zone Europe/Rome
  artery replay flights.csv.gz --asset 'flights/{origin}/{carrier}' --skip flight --dry-run
)");
  command->callback([options, &status] { status = replay_files(*options); });
}

}  // namespace artery::app
