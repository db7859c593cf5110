#include "sources/mqtt/settings.h"

namespace artery::mqtt {

using namespace std::chrono_literals;
using setting::choice;
using setting::duration;
using setting::number;
using setting::size;

Settings settings_of(BrokerSettings& to) {
  SessionSettings& session = to.session;
  PayloadSettings& payload = to.payload;
  return {
      number("mqtt.connections_max", to.connections_max, {1, 1'000'000}, "connections",
             "Beyond it a connection is closed at once."),
      duration("mqtt.connect_time_max", session.connect_time_max, {1s, 10min},
               "How long a connection may be silent before its CONNECT."),
      size("mqtt.packet_bytes_max", session.packet_bytes_max, {1ULL << 10, 8ULL << 20},
           "Of one packet from a client. Beyond it the client is disconnected (0x95)."),
      number("mqtt.receive_max", session.receive_max, {1, 65'535}, "publishes",
             "QoS 1 and 2 publishes of one client that are not acknowledged. Beyond it a client of MQTT 5 is "
             "disconnected (0x93) and one of 3.1.1 is read no further."),
      size("mqtt.unanswered_bytes_max", session.unanswered_bytes_max, {64ULL << 10, 1ULL << 30},
           "Of one client's publishes that wait for the disk. Beyond it the client is read no further."),
      number("mqtt.topic_alias_max", session.topic_alias_max, {0, 65'535}, "aliases", "Topic aliases of one client."),
      size("mqtt.client_id_bytes_max", session.client_id_bytes_max, {23, 65'535}, "Of a client identifier."),
      size("mqtt.outbox_bytes_max", session.outbox_bytes_max, {16ULL << 10, 1ULL << 30},
           "Sent to one client and not yet taken by its network. Beyond it QoS 0 messages are dropped and counted and "
           "QoS 1 messages queue."),
      number("mqtt.in_flight_max", session.in_flight_max, {1, 1024}, "messages",
             "QoS 1 messages to one client that it has not acknowledged. Beyond it they queue."),
      number("mqtt.queue_messages_max", session.queue_messages_max, {1, 10'000'000}, "messages",
             "QoS 1 messages that queue for one client. Beyond it the client is disconnected (0x97)."),
      size("mqtt.queue_bytes_max", session.queue_bytes_max, {64ULL << 10, 1ULL << 30}, "The same in bytes."),
      choice("mqtt.time_unit", payload.time_unit,
             {{"ns", TimeUnit::ns}, {"us", TimeUnit::us}, {"ms", TimeUnit::ms}, {"s", TimeUnit::s}},
             "Of an integer in a payload's \"ts\", \"time\" or \"timestamp\"."),
      number("mqtt.payload_depth_max", payload.depth_max, {1, 64}, "levels", "How deep a payload's objects may nest."),
      number("mqtt.payload_members_max", payload.members_max, {1, 1'000'000}, "members",
             "Of all objects of one payload together."),
  };
}

}  // namespace artery::mqtt
