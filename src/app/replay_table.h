// What was found out about files, for a person: a table per kind of file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/replay_source.h"

namespace artery::app {

// Files that are read alike are shown once.
std::string describe(const std::vector<std::unique_ptr<ReplaySource>>& sources);

// The path of the first signals, as their names read: levels that come from columns with the values of the first rows.
std::string example_path(const replay::Plan& plan);

}  // namespace artery::app
