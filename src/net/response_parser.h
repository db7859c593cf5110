// Bytes to one response after the other, for clients. Around Boost.Beast's parser. Sans-I/O; belongs to one connection.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace artery::net {

struct ClientResponse {
  unsigned status = 0;
  std::string body;            // neither chunked nor limited in its length by anything but `body_bytes_max`
  unsigned retry_after_s = 0;  // of the Retry-After header; 0 where there is none
};

class ResponseParser {
 public:
  enum class Progress { need_more, complete, failed };

  explicit ResponseParser(std::size_t body_bytes_max);
  ~ResponseParser();
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  // Takes all of `bytes`; one response is under way at a time. After `complete` take() and start anew.
  Progress parse(Bytes bytes);
  // The peer ended the connection: the end of a body without a length, or a failure.
  Progress end();
  // Whether the connection can be used for another request; from `complete` on, before take().
  [[nodiscard]] bool keep_alive() const;
  // Once the header is there.
  [[nodiscard]] std::optional<unsigned> status() const;
  // Lets a body be of any length, for who takes it while it comes.
  void allow_any_length();
  // What has come of the body and was not taken yet; take() gives the rest.
  std::string take_body();
  ClientResponse take();

 private:
  class Beast;  // keeps Boost out of this header: it costs seconds to compile
  const std::size_t body_bytes_max_;
  std::unique_ptr<Beast> beast_;
};

}  // namespace artery::net
