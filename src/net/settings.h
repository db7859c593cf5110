// The HTTP server's settings as a table.
#pragma once

#include "base/settings.h"
#include "net/http_server.h"

namespace artery::net {

Settings settings_of(HttpServerSettings& to);

}  // namespace artery::net
