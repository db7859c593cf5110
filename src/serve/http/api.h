// The HTTP API: everything below /api/v1, and /health, /ready and /metrics. docs/api/openapi.json describes it, and a
// test holds that against the running server.
//
// Times come in as RFC 3339 or integer nanoseconds and go out as strings of integer nanoseconds; i64 beyond 2^53 and
// numbers that are not finite go out as strings. Errors are RFC 9457. What was acknowledged before a request came is
// seen by its answer.
//
// Made and destroyed on any thread while the server does not listen; its handlers run on the server's shards. It must
// outlive the server, and be destroyed when the loops and the pool run no more, before history.
#pragma once

#include "net/http_server.h"
#include "serve/http/aggregate_routes.h"
#include "serve/http/backup_routes.h"
#include "serve/http/catalogue_routes.h"
#include "serve/http/client_routes.h"
#include "serve/http/export_routes.h"
#include "serve/http/node_view.h"
#include "serve/http/sample_routes.h"
#include "serve/http/status_routes.h"
#include "serve/http/work.h"

namespace artery::serve {

class Api {
 public:
  Api(NodeView node, ApiSettings settings);
  // Before the server listens.
  void add_to(net::HttpServer& server);

 private:
  const NodeView node_;
  const ApiSettings settings_;
  Work work_;
  CatalogueRoutes catalogue_;
  ClientRoutes clients_;
  SampleRoutes samples_;
  AggregateRoutes aggregates_;
  ExportRoutes exports_;
  BackupRoutes backups_;
  StatusRoutes status_;
};

}  // namespace artery::serve
