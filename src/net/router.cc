#include "net/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "net/url.h"

namespace artery::net {
namespace {

bool is_parameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }
bool is_rest(std::string_view segment) { return is_parameter(segment) && segment.ends_with("...}"); }
std::string_view name_of(std::string_view parameter) {
  return parameter.substr(1, parameter.size() - (is_rest(parameter) ? 5 : 2));
}

bool serves(const Route& route, Method method) {
  return route.method == method || (route.method == Method::get && method == Method::head && !route.factory);
}

enum class Match { no, yes, malformed };

// Walks the path along the pattern; what it adds to the request and the storage is undone where they do not match.
Match match(const Route& route, Request& request, std::string& storage) {
  std::string_view rest = request.path;
  for (const std::string& segment : route.segments) {
    if (!rest.starts_with('/')) return Match::no;
    rest.remove_prefix(1);
    const std::string_view raw = is_rest(segment) ? rest : rest.substr(0, rest.find('/'));
    rest.remove_prefix(raw.size());
    const auto decoded = percent_decode(raw, Plus::literal, storage);
    if (!decoded) return Match::malformed;
    if (is_parameter(segment)) {
      if (decoded->empty() && !is_rest(segment)) return Match::no;
      request.parameters.push_back({name_of(segment), *decoded});
    } else if (*decoded != segment) {
      return Match::no;
    }
  }
  return rest.empty() ? Match::yes : Match::no;
}

}  // namespace

void Router::add(Method method, std::string_view pattern, Handler handler, RouteOptions options) {
  ARTERY_ASSERT(handler);
  insert(pattern, {.method = method, .handler = std::move(handler), .options = std::move(options)});
}

void Router::add_websocket(std::string_view pattern, WebSocketFactory factory) {
  ARTERY_ASSERT(factory);
  insert(pattern, {.method = Method::get, .factory = std::move(factory)});
}

void Router::insert(std::string_view pattern, Route route) {
  ARTERY_ASSERT(pattern.starts_with('/'));
  const auto known = std::ranges::find(patterns_, pattern);
  route.pattern = static_cast<std::size_t>(known - patterns_.begin());
  if (known == patterns_.end()) patterns_.emplace_back(pattern);
  bool is_literal = true;
  for (std::string_view rest = pattern; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    is_literal = is_literal && !is_parameter(segment);
    ARTERY_ASSERT(!is_rest(segment) || rest.empty());
    route.segments.emplace_back(segment);
  }
  auto& routes = is_literal ? literal_routes_ : pattern_routes_;
  ARTERY_ASSERT(std::ranges::none_of(
      routes, [&](const auto& other) { return other->method == route.method && other->segments == route.segments; }));
  const auto& added = routes.emplace_back(std::make_unique<Route>(std::move(route)));
  if (is_literal) by_path_[std::string(pattern)].push_back(added.get());
}

std::variant<const Route*, Router::Missing> Router::find(Request& request, std::string& storage) const {
  if (const auto found = by_path_.find(request.path); found != by_path_.end()) {
    for (const Route* route : found->second) {
      if (serves(*route, request.method)) return route;
    }
  }
  Missing missing;
  for (const auto* routes : {&literal_routes_, &pattern_routes_}) {
    const Route* route = find_in(*routes, request, storage, missing);
    if (route != nullptr) return route;
  }
  return missing;
}

const Route* Router::find_in(const Routes& routes, Request& request, std::string& storage, Missing& missing) {
  const std::size_t storage_begin = storage.size();
  for (const auto& route : routes) {
    const Match outcome = match(*route, request, storage);
    if (outcome == Match::yes && serves(*route, request.method)) return route.get();
    request.parameters.clear();
    storage.resize(storage_begin);
    missing.malformed = missing.malformed || outcome == Match::malformed;
    if (outcome == Match::yes) allow(missing, *route);
  }
  return nullptr;
}

void Router::allow(Missing& missing, const Route& route) {
  missing.path_exists = true;
  const std::string_view name = method_name(route.method);
  if (has_token(missing.allowed, name)) return;
  if (!missing.allowed.empty()) missing.allowed += ", ";
  missing.allowed += name;
  if (route.method == Method::get && !route.factory) missing.allowed += ", HEAD";
}

}  // namespace artery::net
