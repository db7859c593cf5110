// The console over HTTP: the built files, and index.html for every address that is a page of it. What a client has is
// not sent again (ETag); files whose names change with their bytes are kept by it for good, index.html is asked for
// each time. Every answer carries a content security policy that allows the page nothing but this node.
//
// Made on any thread; its handlers run on the server's shards. It must outlive the server.
#pragma once

#include <string_view>

#include "net/http.h"
#include "net/http_server.h"
#include "serve/console/bundle.h"

namespace artery::serve {

class Console {
 public:
  // The bundle must have an index.html (asserted).
  explicit Console(Bundle bundle);
  // Before the server listens.
  void add_to(net::HttpServer& server);

  // The file in the coding that the request likes best; 304 where it has it; 404 where there is no such file.
  [[nodiscard]] net::Response file(const net::Request& request, std::string_view path) const;
  [[nodiscard]] net::Response page(const net::Request& request) const { return file(request, "/index.html"); }

 private:
  const Bundle bundle_;
};

}  // namespace artery::serve
