// Who sends data, as the API shows it. Any thread.
#pragma once

#include "serve/http/node_view.h"
#include "sources/http/writers.h"
#include "sources/mqtt/broker.h"

namespace artery::app {

serve::Client to_client(mqtt::BrokerClient client);
serve::Client to_client(line_protocol::Writer writer);

}  // namespace artery::app
