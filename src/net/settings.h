// The HTTP server's settings as a table.
#pragma once

#include "base/settings.h"
#include "net/http_server.h"

namespace artery::net {

Settings settings_of(HttpServerSettings& to);
// Errors: SettingError::bad_value where no setting alone is wrong, but they do not fit each other.
[[nodiscard]] Result<void> check(const HttpServerSettings& settings);

}  // namespace artery::net
