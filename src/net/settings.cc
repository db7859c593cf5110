#include "net/settings.h"

#include <fmt/format.h>

namespace artery::net {

Settings settings_of(HttpServerSettings& to) {
  using namespace std::chrono_literals;
  using setting::duration;
  using setting::list;
  using setting::number;
  using setting::size;
  HttpLimits& http = to.limits;
  WebSocketLimits& websocket = to.websocket;
  return {
      list("http.host_names", to.host_names, "host names, with commas between them",
           "Names by which clients may call the node, besides localhost and its address."),
      list("http.origins", to.origins, "origins like https://console.example.com, with commas between them",
           "Web pages that may use the node, besides its own."),
      number("http.connections_max", to.connections_max, {1, 1'000'000}, "connections",
             "Beyond it: 503; where more than 128 at once come beyond it, they are closed."),
      size("http.header_bytes_max", http.header_bytes_max, {1024, 1 << 20}, "Of one request's header; beyond it 431."),
      size("http.body_bytes_max", http.body_bytes_max, {1024, 1ULL << 30},
           "Of one request's body as sent; beyond it 413."),
      size("http.inflated_bytes_max", http.inflated_bytes_max, {1024, 1ULL << 30},
           "Of a compressed body when it is unpacked; beyond it 413."),
      size("http.bodies_bytes_max", to.bodies_bytes_max, {64 << 10, 1ULL << 40},
           "Of the bodies of all requests that are being received, unpacked ones included; beyond it 503. At least "
           "http.body_bytes_max and http.inflated_bytes_max together."),
      size("http.pipeline_bytes_max", http.pipeline_bytes_max, {1024, 64 << 20},
           "Further requests that may wait on a connection while one is answered."),
      size("http.unsent_bytes_max", http.unsent_bytes_max, {4096, 1ULL << 30},
           "Answers that may wait for a slow client before it is served no further."),
      size("http.gzip_bytes_min", http.gzip_bytes_min, {}, "The shortest answer that is compressed."),
      size("http.gzip_bytes_max", http.gzip_bytes_max, {}, "The longest answer that is compressed."),
      size("http.body_bytes_per_second_min", http.body_bytes_per_second_min, {1, 1ULL << 30},
           "How slowly a body may come once http.body_timeout is over."),
      duration("http.header_timeout", http.header_timeout, {100ms, 1h}, "For a request's header; then 408."),
      duration("http.body_timeout", http.body_timeout, {100ms, 24h}, "For a request's body; then 408."),
      duration("http.idle_timeout", http.idle_timeout, {100ms, 24h}, "Between requests; then the connection ends."),
      duration("http.write_timeout", http.write_timeout, {100ms, 24h},
               "In which a client must take its answer, or http.write_bytes_min of it."),
      size("http.write_bytes_min", http.write_bytes_min, {1, 1 << 20}, "See http.write_timeout."),
      size("websocket.message_bytes_max", websocket.message_bytes_max, {125, 64 << 20}, "Of one message; beyond 1009."),
      size("websocket.unsent_bytes_max", websocket.unsent_bytes_max, {4096, 1ULL << 30},
           "Messages that may wait for a slow client."),
      duration("websocket.ping_interval", websocket.ping_interval, {1s, 1h}, "Of silence before a ping."),
      duration("websocket.pong_timeout", websocket.pong_timeout, {1s, 1h}, "Of silence after it."),
      duration("websocket.close_timeout", websocket.close_timeout, {100ms, 1min}, "For the answer to our close."),
  };
}

Result<void> check(const HttpServerSettings& settings) {
  const HttpLimits& limits = settings.limits;
  if (limits.body_bytes_max + limits.inflated_bytes_max <= settings.bodies_bytes_max) return {};
  return Error(
      SettingError::bad_value,
      fmt::format("http.bodies_bytes_max = '{}' must be at least http.body_bytes_max and "
                  "http.inflated_bytes_max together, which is {}",
                  show_size(settings.bodies_bytes_max), show_size(limits.body_bytes_max + limits.inflated_bytes_max)));
}

}  // namespace artery::net
