// How the node is: GET /api/v1/status, /api/v1/rejections, /health, /ready, /metrics; and what the API is:
// /api/v1/openapi.json.
#pragma once

#include "net/http_server.h"
#include "serve/http/node_view.h"
#include "serve/http/work.h"

namespace artery::serve {

class StatusRoutes {
 public:
  // Must outlive the server, and both it.
  StatusRoutes(const NodeView& node, const Work& work) : node_(node), work_(work), started_(node.clock.instant()) {}
  void add_to(net::HttpServer& server);

 private:
  [[nodiscard]] net::Response status() const;
  [[nodiscard]] net::Response rejections(const net::Request& request) const;
  [[nodiscard]] net::Response ready() const;
  [[nodiscard]] net::Response metrics() const;
  [[nodiscard]] Measures measures() const;

  const NodeView& node_;
  const Work& work_;
  const Instant started_;
};

}  // namespace artery::serve
