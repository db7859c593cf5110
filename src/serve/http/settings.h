// The API's settings as a table.
#pragma once

#include "base/settings.h"
#include "serve/http/node_view.h"

namespace artery::serve {

Settings settings_of(ApiSettings& to);

}  // namespace artery::serve
