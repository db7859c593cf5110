// Which handler answers a method and path. Filled before the server listens, then immutable and for any thread.
//
// A pattern is a path whose segments may be parameters: "/api/v1/assets/{id}"; a last one of the form "{rest...}" takes
// everything that is left, slashes included, also nothing. Patterns are tried in the order they were added, after those
// without parameters. Parameters are percent-decoded after the path was split, so they may contain '/'.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "net/exchange.h"
#include "net/http.h"
#include "net/websocket.h"

namespace artery::net {

// Runs on the connection's loop, request.shard. Called by all shards: what it captures must be fit for that.
using Handler = std::function<void(const Request&, ResponseHandle)>;

// A request whose head was taken and whose body was not: the refusal is its answer, the handler is not called.
// `request.body` is what came of it, as it was sent.
using RefusedHandler = std::function<void(const Request&, const Refusal&)>;

struct RouteOptions {
  bool only_json = false;  // a body must be declared application/json (415): a page's form cannot do that
  std::size_t body_bytes_max = std::size_t{1} << 20;  // as sent and inflated; see HttpLimits
  RefusedHandler refused{};                           // as a Handler; empty: nobody wants to know
};

struct Route {
  Method method = Method::get;
  std::vector<std::string> segments{};
  Handler handler{};  // one of both
  WebSocketFactory factory{};
  RouteOptions options{};
  std::size_t pattern = 0;  // its place among Router::patterns(); routes that differ in the method alone share it
};

class Router {
 public:
  // GET handlers answer HEAD too. A pattern that is malformed or taken is a defect (asserted).
  void add(Method method, std::string_view pattern, Handler handler, RouteOptions options);
  void add_websocket(std::string_view pattern, WebSocketFactory factory);

  struct Missing {
    bool path_exists = false;  // 405, else 404
    bool malformed = false;    // 400: an escape in the path is broken
    std::string allowed{};     // for the Allow header
  };
  // Puts the parameters into the request; `storage` must have room for the path.
  [[nodiscard]] std::variant<const Route*, Missing> find(Request& request, std::string& storage) const;
  // In the order they were added, behind one for all requests that no route answers.
  static constexpr std::string_view no_pattern = "other";
  [[nodiscard]] const std::vector<std::string>& patterns() const { return patterns_; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Routes = std::vector<std::unique_ptr<Route>>;

  void insert(std::string_view pattern, Route route);
  // Nothing where none of them answers; `missing` then says more.
  static const Route* find_in(const Routes& routes, Request& request, std::string& storage, Missing& missing);
  static void allow(Missing& missing, const Route& route);

  std::vector<std::string> patterns_{std::string(no_pattern)};
  Routes literal_routes_;
  Routes pattern_routes_;
  std::unordered_map<std::string, std::vector<const Route*>, Hash, std::equal_to<>> by_path_;  // the short way
};

}  // namespace artery::net
