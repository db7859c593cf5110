// GET /api/v1/last, /raw and /plot: samples. DELETE /api/v1/raw.
#pragma once

#include "net/http_server.h"
#include "serve/http/node_view.h"
#include "serve/http/work.h"

namespace artery::serve {

class SampleRoutes {
 public:
  // All must outlive it, and it the server.
  SampleRoutes(const NodeView& node, const ApiSettings& settings, Work& work)
      : node_(node), settings_(settings), work_(work) {}
  void add_to(net::HttpServer& server);

 private:
  struct RawForm {
    std::string signal;
    bool arrivals = false;
  };
  void last(const net::Request& request, net::ResponseHandle response);
  void raw(const net::Request& request, net::ResponseHandle response);
  void plot(const net::Request& request, net::ResponseHandle response);
  void remove(const net::Request& request, net::ResponseHandle response);

  runtime::Task<void> answer_last(unsigned shard, std::vector<std::string> names, std::vector<live::SignalKey> signals,
                                  net::ResponseHandle response);
  runtime::Task<void> answer_raw(unsigned shard, RawForm form, query::RawRequest query, net::ResponseHandle response);
  runtime::Task<void> answer_plot(unsigned shard, std::string name, query::PlotRequest query,
                                  net::ResponseHandle response);

  const NodeView& node_;
  const ApiSettings& settings_;
  Work& work_;
};

}  // namespace artery::serve
