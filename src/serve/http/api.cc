#include "serve/http/api.h"

#include <utility>

#include "serve/http/live_socket.h"

namespace artery::serve {

Api::Api(NodeView node, ApiSettings settings)
    : node_(std::move(node)),
      settings_(settings),
      work_(node_.shards, settings_.queries_max),
      catalogue_(node_, settings_, work_),
      clients_(node_, work_),
      samples_(node_, settings_, work_),
      aggregates_(node_, settings_, work_),
      exports_(node_, work_),
      backups_(node_, work_),
      status_(node_, work_) {}

void Api::add_to(net::HttpServer& server) {
  catalogue_.add_to(server);
  clients_.add_to(server);
  samples_.add_to(server);
  aggregates_.add_to(server);
  exports_.add_to(server);
  backups_.add_to(server);
  status_.add_to(server);
  add_live_to(server, node_, settings_);
}

}  // namespace artery::serve
