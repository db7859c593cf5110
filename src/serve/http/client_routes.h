// GET /api/v1/clients: who sends data, and how much of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"
#include "serve/http/node_view.h"
#include "serve/http/work.h"

namespace artery::serve {

struct ClientSelection {
  std::string source{};    // empty: all
  std::string contains{};  // in name or address, in any case
  std::string after{};     // the `next` of the page before
  std::size_t limit = 0;
};

class ClientRoutes {
 public:
  // All must outlive it, and it the server.
  ClientRoutes(const NodeView& node, Work& work) : node_(node), work_(work) {}
  void add_to(net::HttpServer& server);

 private:
  runtime::Task<void> answer(unsigned shard, ClientSelection selection, net::ResponseHandle response);

  const NodeView& node_;
  Work& work_;
};

// One page of the clients as they were at `time`, in the order of source, name and address, as JSON. Any
// thread. What names must contain is compared without the case of ASCII letters.
std::string show_clients(std::vector<Client> clients, const ClientSelection& selection, Time time);

}  // namespace artery::serve
