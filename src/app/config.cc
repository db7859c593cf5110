#include "app/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "app/error.h"
#include "app/now.h"
#include "runtime/durable.h"

namespace artery::app {
namespace {

std::string_view section_of(const Setting& setting) {
  return std::string_view(setting.name).substr(0, setting.name.find('.'));
}

std::string_view own_name(const Setting& setting) {
  return std::string_view(setting.name).substr(setting.name.find('.') + 1);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// A value as TOML has it.
std::string toml_value(const Setting& setting, std::string_view value) {
  if (setting.type == "number" || setting.type == "flag") return std::string(value);
  if (setting.type != "list") return quoted(value);
  std::string items;
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    items.append(items.empty() ? "" : ", ").append(quoted(value.substr(0, comma)));
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return fmt::format("[{}]", items);
}

bool is_loopback(std::string_view host) { return host == "::1" || host.starts_with("127."); }

Result<void> check_loopback(std::string_view name, const runtime::Address& address) {
  if (is_loopback(address.host)) return {};
  if (address.host == "localhost") {
    return Error(AppError::not_allowed, fmt::format("{} = 'localhost': write the address, 127.0.0.1 or ::1", name));
  }
  return Error(AppError::not_allowed,
               fmt::format("{} = '{}': nothing may listen beyond this machine until authentication exists; use "
                           "127.0.0.1 or ::1",
                           name, address.host));
}

constexpr std::string_view reference_head =
    R"(# Settings

Every setting of a node, from the program's own tables.

A setting is given in a file, `artery run --config artery.toml`:

```toml
[log]
segment_bytes = "64MiB"

[http]
port = 8081
host_names = ["press-shop.example.com"]
```

or on the command line, which wins: `artery run --set log.segment_bytes=64MiB`. `artery config`, with the same options,
prints the values that are in effect and where each comes from. An unknown name or a wrong value stops the start.

Sizes are written like `64KiB`, `32MiB`, `4GiB`; times like `250ms`, `10s`, `5m`, `24h`, `30d`.
)";

}  // namespace

Settings settings_of(ProcessSettings& to) {
  using namespace std::chrono_literals;
  using setting::duration;
  using setting::number;
  using setting::size;
  using setting::text;
  const std::string loopback = "an address of this machine, 127.0.0.1 or ::1";
  return {
      text("node.name", to.name, "a name", "What the node is called, in the console too; empty is the machine's name."),
      number("node.shards", to.shards, {0, 256}, "threads",
             "Threads that serve connections and keep the newest values; 0 is one per core."),
      number("node.pool_threads", to.pool_threads, {1, 256}, "threads", "Threads that read files and answer queries."),
      duration("node.stop_grace", to.stop_grace, {0s, 10min},
               "How long clients may take for what is under way when the node stops."),
      size(
          "disk.warn_free", to.disk.warn_free, {},
          "When less is free where the data folder lies, the journal and the console say so. Of a small disk at most a "
          "fifth."),
      size("disk.refuse_free", to.disk.refuse_free, {},
           "When less would stay free, writes are refused as on a full disk, and nothing is merged: what is written "
           "already can still be stored for good. Of a small disk at most a tenth; 0 lets the disk fill up."),
      text("http.host", to.http.host, loopback, "Where HTTP and WebSocket listen."),
      number("http.port", to.http.port, {}, "port", "0 is any free one."),
      text("mqtt.host", to.mqtt.host, loopback, "Where MQTT listens."),
      number("mqtt.port", to.mqtt.port, {}, "port", "0 is any free one."),
  };
}

Config::Config() {
  std::map<std::string, Settings, std::less<>> sections;
  const auto add = [&sections](Settings more) {
    for (Setting& setting : more) sections[std::string(section_of(setting))].push_back(std::move(setting));
  };
  add(settings_of(settings_.process));
  add(net::settings_of(settings_.http));
  add(serve::settings_of(settings_.api));
  add(line_protocol::settings_of(settings_.write));
  add(mqtt::settings_of(settings_.mqtt));
  add(admission::settings_of(settings_.admission));
  add(log::settings_of(settings_.log));
  add(governance::settings_of(settings_.assigner));
  add(governance::settings_of(settings_.catalogue));
  add(live::settings_of(settings_.newest));
  add(live::settings_of(settings_.router));
  add(live::settings_of(settings_.retained));
  add(history::settings_of(settings_.history));
  add(backup::settings_of(settings_.backup));
  for (auto& [section, settings] : sections) std::ranges::move(settings, std::back_inserter(table_));
}

Result<void> Config::assign(const Assignment& assignment) {
  auto done = assign_setting(table_, assignment.name, assignment.value);
  if (!done) return std::move(done).error().at(assignment.where);
  origins_[assignment.name] = assignment.where;
  return {};
}

Result<void> Config::assign(std::string_view option, std::string_view name_and_value) {
  const std::size_t equals = name_and_value.find('=');
  if (equals == std::string_view::npos) {
    return Error(AppError::bad_config, fmt::format("{} {}: write it as name=value", option, name_and_value));
  }
  return assign({std::string(name_and_value.substr(0, equals)), std::string(name_and_value.substr(equals + 1)),
                 std::string(option)});
}

Result<void> Config::read_file(runtime::Files& files, const std::string& path) {
  const auto contents = now(runtime::read_file(files, path));
  if (!contents) return contents.error();
  const auto assignments = parse_toml(as_text(*contents), path);
  if (!assignments) return assignments.error();
  for (const Assignment& assignment : *assignments) {
    if (auto done = assign(assignment); !done) return done;
  }
  return {};
}

Result<void> Config::check() const {
  if (auto fits = log::check(settings_.log); !fits) return fits;
  if (auto fits = net::check(settings_.http); !fits) return fits;
  if (settings_.admission.batch_bytes > settings_.log.batch_bytes_max) {
    return Error(SettingError::bad_value,
                 fmt::format("admission.batch_bytes = '{}' must be at most log.batch_bytes_max, which is {}",
                             show_size(settings_.admission.batch_bytes), show_size(settings_.log.batch_bytes_max)));
  }
  if (auto allowed = check_loopback("http.host", settings_.process.http); !allowed) return allowed;
  return check_loopback("mqtt.host", settings_.process.mqtt);
}

std::string Config::effective() const {
  std::string out;
  std::string_view section;
  for (const Setting& setting : table_) {
    if (section_of(setting) != section) {
      section = section_of(setting);
      out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", section);
    }
    const auto origin = origins_.find(setting.name);
    const std::string line = fmt::format("{} = {}", own_name(setting), toml_value(setting, setting.show()));
    out += fmt::format("{:<48}  # {}\n", line, origin == origins_.end() ? "default" : origin->second);
  }
  return out;
}

std::string Config::reference() const {
  std::string out(reference_head);
  std::string_view section;
  for (const Setting& setting : table_) {
    if (section_of(setting) != section) {
      section = section_of(setting);
      out += fmt::format("\n## {}\n\n| setting | type | default | |\n|---|---|---|---|\n", section);
    }
    const std::string type = setting.unit.empty() ? setting.type : setting.unit;
    const std::string range = setting.range.empty() ? "" : ", " + setting.range;
    out += fmt::format("| `{}` | {}{} | `{}` | {} |\n", setting.name, type, range,
                       toml_value(setting, setting.by_default), setting.help);
  }
  return out;
}

}  // namespace artery::app
