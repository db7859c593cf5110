#include "app/upload_options.h"

#include <CLI/CLI.hpp>
#include <chrono>

#include "app/replay_state.h"

namespace artery::app {

void add_upload_options(CLI::App& command, UploadOptions& options) {
  command.add_option("--refused", options.refused, "Where refused lines go, as CSV with file, line and reason")
      ->type_name("FILE");
  command.add_option("--state", options.state, "Where it is kept how far this has come")->type_name("FILE");
  command.add_flag("--no-state", options.no_state, "Begin at the beginning, and remember nothing");
  command.add_option("--wait", options.wait_s, "Seconds to wait for a node that does not answer or has no room")
      ->type_name("SECONDS")
      ->capture_default_str();
  command.add_option("--connections", options.connections, "How many requests are under way at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

void apply(const UploadOptions& options, ReplayOptions& run) {
  run.connections = options.connections;
  run.wait_max = std::chrono::seconds(options.wait_s);
  run.refused_file = options.refused;
  run.state_file = options.state;
  if (run.state_file.empty() && !options.no_state) run.state_file = ReplayStateFile::usual_path(run.key);
}

}  // namespace artery::app
