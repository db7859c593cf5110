// The options by which `artery run` and `artery config` are given settings.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli11.h"
#include "app/config.h"
#include "runtime/file.h"

namespace artery::app {

struct ConfigOptions {
  std::string file;
  std::vector<std::string> assignments;
  std::optional<std::string> http_host;
  std::optional<std::string> http_port;
  std::optional<std::string> mqtt_host;
  std::optional<std::string> mqtt_port;

  // Must outlive the command's parsing.
  void add_to(CLI::App& command);
  // The defaults, then the file, then --set, then the options of their own; checked.
  [[nodiscard]] Result<std::unique_ptr<Config>> read(runtime::Files& files) const;
};

}  // namespace artery::app
