// The settings of backups as a table.
#pragma once

#include <cstdint>
#include <string>

#include "base/settings.h"
#include "base/time.h"

namespace artery::backup {

struct BackupSettings {
  std::string folder;      // empty: none are made
  Duration every{0};       // 0: only when somebody asks
  std::uint64_t keep = 0;  // finished ones; 0: all
};
Settings settings_of(BackupSettings& to);

}  // namespace artery::backup
