// POST /api/v1/backups makes a backup, GET lists them.
#pragma once

#include "net/http_server.h"
#include "serve/http/node_view.h"
#include "serve/http/work.h"

namespace artery::serve {

class BackupRoutes {
 public:
  // All must outlive it, and it the server.
  BackupRoutes(const NodeView& node, Work& work) : node_(node), work_(work) {}
  void add_to(net::HttpServer& server);

 private:
  runtime::Task<void> make(unsigned shard, net::ResponseHandle response);
  runtime::Task<void> list(unsigned shard, net::ResponseHandle response);

  const NodeView& node_;
  Work& work_;
};

}  // namespace artery::serve
