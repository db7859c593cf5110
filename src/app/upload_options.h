// What replay and import let a person say of how lines go to a node. The options' values must live as long as the
// command that they are added to.
#pragma once

#include <string>

#include "app/cli11.h"
#include "app/replay_run.h"

namespace artery::app {

struct UploadOptions {
  std::string refused;
  std::string state;
  bool no_state = false;
  unsigned wait_s = 60;
  unsigned connections = 4;
};

void add_upload_options(CLI::App& command, UploadOptions& options);

// Takes them over into a run, whose key must be known: where no state file was named it has the usual one of that key.
void apply(const UploadOptions& options, ReplayOptions& run);

}  // namespace artery::app
