// The settings of backups as a table.
#pragma once

#include <string>

#include "base/settings.h"

namespace artery::backup {

struct BackupSettings {
  std::string folder;  // empty: none are made
};
Settings settings_of(BackupSettings& to);

}  // namespace artery::backup
