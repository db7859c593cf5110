#include "backup/settings.h"

namespace artery::backup {

Settings settings_of(BackupSettings& to) {
  using namespace std::chrono_literals;
  return {
      setting::text("backup.folder", to.folder, "a folder",
                    "Where backups are made, best on another disk. Empty: none can be made."),
      setting::duration("backup.every", to.every, {0s, 24h * 3650},
                        "How often a backup is made by itself. 0s: only when somebody asks."),
      setting::number("backup.keep", to.keep, {0, 100'000}, "backups",
                      "How many finished backups are kept: once a newer one is whole the oldest are removed. 0: all."),
  };
}

}  // namespace artery::backup
