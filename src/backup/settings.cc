#include "backup/settings.h"

namespace artery::backup {

Settings settings_of(BackupSettings& to) {
  return {
      setting::text("backup.folder", to.folder, "a folder",
                    "Where backups are made, best on another disk. Empty: none can be made."),
  };
}

}  // namespace artery::backup
