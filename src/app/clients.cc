#include "app/clients.h"

#include <utility>

namespace artery::app {

serve::Client to_client(mqtt::BrokerClient client) {
  return {.source = "mqtt",
          .name = std::move(client.client_id),
          .remote = to_text(client.remote),
          .protocol = client.version == mqtt::ProtocolVersion::v5 ? "MQTT 5.0" : "MQTT 3.1.1",
          .since = client.since,
          .heard = client.heard,
          .messages_in = client.messages_in,
          .messages_out = client.messages_out,
          .bytes_in = client.bytes_in,
          .bytes_out = client.bytes_out,
          .samples_accepted = client.samples_accepted,
          .samples_refused = client.samples_refused,
          .dropped = client.dropped,
          .subscriptions = client.subscriptions};
}

serve::Client to_client(line_protocol::Writer writer) {
  return {.source = "http",
          .name = std::move(writer.agent),
          .remote = std::move(writer.host),
          .protocol = "HTTP",
          .since = writer.since,
          .heard = writer.heard,
          .messages_in = writer.writes,
          .bytes_in = writer.bytes,
          .samples_accepted = writer.samples_accepted,
          .samples_refused = writer.samples_refused};
}

}  // namespace artery::app
