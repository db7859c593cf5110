// History's settings as a table.
#pragma once

#include "base/settings.h"
#include "history/history.h"

namespace artery::history {

Settings settings_of(HistorySettings& to);

}  // namespace artery::history
