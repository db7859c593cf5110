// The log's settings as a table.
#pragma once

#include "base/settings.h"
#include "log/log.h"

namespace artery::log {

Settings settings_of(LogSettings& to);
// Whether they fit together. Errors: SettingError::bad_value.
Result<void> check(const LogSettings& settings);

}  // namespace artery::log
