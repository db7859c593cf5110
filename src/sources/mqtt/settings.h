// The broker's settings as a table.
#pragma once

#include "base/settings.h"
#include "sources/mqtt/broker.h"

namespace artery::mqtt {

Settings settings_of(BrokerSettings& to);

}  // namespace artery::mqtt
