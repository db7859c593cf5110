// The configuration of a node: every module's settings, what was assigned to them, and by whom.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "admission/settings.h"
#include "app/toml_file.h"
#include "backup/settings.h"
#include "base/settings.h"
#include "governance/settings.h"
#include "history/settings.h"
#include "live/settings.h"
#include "log/settings.h"
#include "net/settings.h"
#include "runtime/file.h"
#include "runtime/socket.h"
#include "serve/http/settings.h"
#include "sources/http/settings.h"
#include "sources/mqtt/settings.h"

namespace artery::app {

// What is to stay free where the data folder lies; of a small disk at most a tenth (log::kept_free()) and a fifth.
struct DiskSettings {
  std::uint64_t warn_free = 2ULL << 30;      // below it the journal and the console say so
  std::uint64_t refuse_free = 256ULL << 20;  // below it writes are refused and nothing is merged
};

// What is the process's own.
struct ProcessSettings {
  std::string name;                // of the node; empty: the machine's
  std::uint32_t shards = 0;        // 0: as many as there are cores
  std::uint32_t pool_threads = 2;  // for files and queries
  Duration stop_grace = std::chrono::seconds(5);
  DiskSettings disk;
  runtime::Address http{"127.0.0.1", 8080};
  runtime::Address mqtt{"127.0.0.1", 1883};
};
Settings settings_of(ProcessSettings& to);

// The folders in them are the Node's to set.
struct NodeSettings {
  ProcessSettings process;
  net::HttpServerSettings http;
  serve::ApiSettings api;
  line_protocol::WriteSettings write;
  mqtt::BrokerSettings mqtt;
  log::LogSettings log;
  admission::AdmissionSettings admission;
  governance::AssignerSettings assigner;
  governance::CatalogueReaderSettings catalogue;
  history::HistorySettings history;
  backup::BackupSettings backup;
  live::NewestSettings newest;
  live::RetainedSettings retained;
  live::RouterSettings router;
};

// Assignments come in their order, later ones win. Used on one thread.
class Config {
 public:
  Config();
  ~Config() = default;
  Config(const Config&) = delete;  // its table refers to its settings
  Config& operator=(const Config&) = delete;

  // Errors: SettingError::unknown, bad_value, with where it was assigned.
  Result<void> assign(const Assignment& assignment);
  // "name=value" of the command line, given as `option`. Errors: also AppError::bad_config.
  Result<void> assign(std::string_view option, std::string_view name_and_value);
  // All of a TOML file. Errors: also FileError::*.
  Result<void> read_file(runtime::Files& files, const std::string& path);
  // Whether they fit together, and nothing listens where it must not. Errors: SettingError::bad_value,
  // AppError::not_allowed.
  [[nodiscard]] Result<void> check() const;

  [[nodiscard]] const NodeSettings& settings() const { return settings_; }
  // The effective values, as a TOML file whose comments say where each comes from.
  [[nodiscard]] std::string effective() const;
  // What every setting means, as Markdown; docs/guide/en/reference.md has it.
  [[nodiscard]] std::string reference() const;

 private:
  NodeSettings settings_;
  Settings table_;
  std::map<std::string, std::string, std::less<>> origins_;  // of what is no default
};

}  // namespace artery::app
