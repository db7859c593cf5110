// Assets and signals: GET lists and single ones, PATCH and PUT of their metadata, export and import of the whole
// catalogue, below /api/v1.
#pragma once

#include "net/http_server.h"
#include "serve/http/node_view.h"
#include "serve/http/work.h"

namespace artery::serve {

class CatalogueRoutes {
 public:
  // All must outlive it, and it the server.
  CatalogueRoutes(const NodeView& node, const ApiSettings& settings, Work& work)
      : node_(node), settings_(settings), work_(work) {}
  void add_to(net::HttpServer& server);

 private:
  enum class Change { patch, put };  // PUT also creates, and resets what it does not name

  template <class Kind>
  void add_kind_to(net::HttpServer& server);
  template <class Kind>
  void list(const net::Request& request, net::ResponseHandle response);
  template <class Kind>
  void get(const net::Request& request, net::ResponseHandle response) const;
  template <class Kind>
  void change(const net::Request& request, net::ResponseHandle response, Change change);
  void export_all(const net::Request& request, net::ResponseHandle response);
  void import_all(const net::Request& request, net::ResponseHandle response);

  // Runs `make` on the pool and answers with what it returns.
  runtime::Task<void> answer_from_pool(unsigned shard, std::function<net::Response()> make,
                                       net::ResponseHandle response);

  const NodeView& node_;
  const ApiSettings& settings_;
  Work& work_;
};

}  // namespace artery::serve
