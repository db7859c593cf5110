// Live's settings as tables.
#pragma once

#include "base/settings.h"
#include "live/newest.h"
#include "live/retained.h"
#include "live/router.h"

namespace artery::live {

Settings settings_of(NewestSettings& to);
Settings settings_of(RouterSettings& to);
Settings settings_of(RetainedSettings& to);

}  // namespace artery::live
