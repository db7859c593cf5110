#include "app/config_options.h"

#include <CLI/CLI.hpp>

namespace artery::app {

void ConfigOptions::add_to(CLI::App& command) {
  command.add_option("--config", file, "A TOML file with settings (docs/guide/en/reference.md)")->type_name("FILE");
  command.add_option("--set", assignments, "One setting, over what the file says; may be given several times")
      ->type_name("NAME=VALUE")
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("--http-host", http_host, "Where HTTP listens: 127.0.0.1 (default) or ::1")->type_name("ADDRESS");
  command.add_option("--http-port", http_port, "HTTP's port; default 8080, 0 is any free one")->type_name("PORT");
  command.add_option("--mqtt-host", mqtt_host, "Where MQTT listens: 127.0.0.1 (default) or ::1")->type_name("ADDRESS");
  command.add_option("--mqtt-port", mqtt_port, "MQTT's port; default 1883, 0 is any free one")->type_name("PORT");
}

Result<std::unique_ptr<Config>> ConfigOptions::read(runtime::Files& files) const {
  auto config = std::make_unique<Config>();
  if (!file.empty()) {
    if (auto done = config->read_file(files, file); !done) return std::move(done).error();
  }
  for (const std::string& assignment : assignments) {
    if (auto done = config->assign("--set", assignment); !done) return std::move(done).error();
  }
  const auto take = [&](const char* option, const char* name, const std::optional<std::string>& value) -> Result<void> {
    return value ? config->assign({name, *value, option}) : Result<void>();
  };
  if (auto done = take("--http-host", "http.host", http_host); !done) return std::move(done).error();
  if (auto done = take("--http-port", "http.port", http_port); !done) return std::move(done).error();
  if (auto done = take("--mqtt-host", "mqtt.host", mqtt_host); !done) return std::move(done).error();
  if (auto done = take("--mqtt-port", "mqtt.port", mqtt_port); !done) return std::move(done).error();
  if (auto done = config->check(); !done) return std::move(done).error();
  return config;
}

}  // namespace artery::app
