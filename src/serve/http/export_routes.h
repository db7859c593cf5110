// GET /api/v1/export: the samples of many signals in a range of time, with what is known of these signals, as one
// stream that can be put into another node (docs/formats/samples.md), or as CSV.
//
// Everything that was acknowledged before the request is in it; what comes meanwhile may be. Memory is that of one page
// of samples and of names, whatever is asked for; who reads slowly slows it down, who goes away ends it.
#pragma once

#include "net/http_server.h"
#include "serve/http/export_text.h"
#include "serve/http/node_view.h"
#include "serve/http/work.h"

namespace artery::serve {

class ExportRoutes {
 public:
  // All must outlive it, and it the server.
  ExportRoutes(const NodeView& node, Work& work) : node_(node), work_(work) {}
  void add_to(net::HttpServer& server);

 private:
  runtime::Task<void> answer(unsigned shard, ExportAsked asked, net::ResponseHandle response);

  const NodeView& node_;
  Work& work_;
};

}  // namespace artery::serve
