// What a handler sees of HTTP: a request, a response, and the limits that hold for both. Values only; no threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/time.h"
#include "runtime/socket.h"

namespace artery::net {

enum class Method : std::uint8_t { get, head, post, put, patch, remove, options, other };

[[nodiscard]] std::string_view method_name(Method method);

struct Field {
  std::string_view name;
  std::string_view value;
};

// A request whose texts belong to the connection. The server's is valid until the handler returns: take what is
// needed later as values. Tests may fill one by hand.
struct Request {
  Method method = Method::get;
  std::string_view target;        // as it was sent
  std::string_view path;          // as it was sent, percent-encoded, without the query
  std::string_view host;          // of the target or else the Host header, with its port; empty in HTTP/1.0 without
  std::vector<Field> headers;     // in the sender's order and case
  std::vector<Field> query;       // decoded, in order, names may repeat; valid UTF-8
  std::vector<Field> parameters;  // of the route's pattern, decoded; valid UTF-8
  Bytes body;                     // neither chunked nor compressed any more
  runtime::Address peer;
  unsigned shard = 0;  // index of the loop this runs on

  // The first header of that name (any case).
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
  // The first query parameter of that name (exact).
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const;
  // Empty where the pattern has no such parameter.
  [[nodiscard]] std::string_view parameter(std::string_view name) const;
};

// Content-Length, Connection, Transfer-Encoding and Content-Encoding are the server's to set; but where a handler says
// Vary it has chosen the coding of its body itself, and may name it.
struct Response {
  unsigned status = 200;
  std::string content_type{};  // empty: none is sent
  std::string body{};          // text or bytes
  std::vector<std::pair<std::string, std::string>> headers{};
  bool close = false;  // end the connection after this response
};

[[nodiscard]] Response json_response(std::string body, unsigned status = 200);
[[nodiscard]] Response text_response(std::string body, unsigned status = 200);
// RFC 9457, application/problem+json. An empty title becomes the status's own phrase.
[[nodiscard]] Response problem(unsigned status, std::string_view title, std::string_view detail);
// Why something is refused; becomes a problem().
struct Refusal {
  unsigned status = 400;
  std::string detail{};
};
[[nodiscard]] Response problem(const Refusal& refusal);

[[nodiscard]] std::string_view reason_phrase(unsigned status);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7).
[[nodiscard]] std::string http_date(Time time);

// Limits of one connection. Beyond them a request is refused with the status named, and the connection closed.
struct HttpLimits {
  std::size_t header_bytes_max = 16 * 1024;                // 431
  std::size_t body_bytes_max = std::size_t{64} << 20;      // 413; as it was sent; a route may allow less
  std::size_t inflated_bytes_max = std::size_t{64} << 20;  // 413; and not more than its route allows
  std::size_t pipeline_bytes_max = 64 * 1024;  // of further requests while one is answered; then reading pauses
  std::size_t unsent_bytes_max = 256 * 1024;   // beyond, no further request is begun and streams are told to wait
  std::size_t gzip_bytes_min = 1024;           // responses of these sizes are compressed where the client accepts it
  std::size_t gzip_bytes_max = std::size_t{1} << 20;
  std::size_t body_bytes_per_second_min = 16 * 1024;
  Duration header_timeout = std::chrono::seconds(10);  // 408; from a request's first byte to the end of its header
  Duration body_timeout = std::chrono::seconds(60);    // 408; and what the minimum rate allows for the bytes received
  Duration idle_timeout = std::chrono::seconds(75);    // between requests; closed without a word
  Duration write_timeout = std::chrono::seconds(30);   // in which a client must take all or `write_bytes_min`
  std::size_t write_bytes_min = 4096;
};

// Whether a header's comma-separated list has the token (any case). Parameters after ';' are not part of a token.
[[nodiscard]] bool has_token(std::string_view list, std::string_view token);
// Whether an Accept-Encoding names the content coding, and not with the weight nought.
[[nodiscard]] bool accepts_coding(std::string_view list, std::string_view coding);
[[nodiscard]] std::string_view trim(std::string_view text);

}  // namespace artery::net
