// The line protocol's settings as a table.
#pragma once

#include "base/settings.h"
#include "sources/http/line_protocol_routes.h"

namespace artery::line_protocol {

Settings settings_of(WriteSettings& to);

}  // namespace artery::line_protocol
