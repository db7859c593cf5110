// Which web pages may reach us. A page of a foreign site runs in a browser beside us and could otherwise use a node on
// loopback: by a form or fetch of its own (told by Origin), or by a name of its own that it lets point to our address
// (told by Host). Immutable once the server listens; then for any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace artery::net {

class PageRules {
 public:
  // `host_names` are allowed beside localhost, 127.0.0.1, [::1] and the address the connection came to, each with any
  // port. `origins` ("https://console.example.com") are allowed beside our own, which is the one that Host names:
  // another port of the same machine is another's page (RFC 6454, section 4).
  PageRules(std::vector<std::string> host_names, std::vector<std::string> origins);

  // `local_host` is the numeric address the connection came to.
  [[nodiscard]] std::optional<Refusal> check(const Request& request, std::string_view local_host) const;

 private:
  [[nodiscard]] bool is_allowed_host(std::string_view authority, std::string_view local_host) const;
  [[nodiscard]] bool is_allowed_origin(std::string_view origin, std::string_view own_authority) const;

  std::vector<std::string> host_names_;
  std::vector<std::string> origins_;
};

}  // namespace artery::net
