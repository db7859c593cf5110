#include "net/page_rules.h"

#include <algorithm>
#include <utility>

namespace artery::net {
namespace {

// "name:80", "[::1]:80" without port and brackets; nothing where it is none of these.
std::optional<std::string_view> host_of(std::string_view authority) {
  std::string_view host = authority.substr(0, authority.find(':'));
  std::string_view rest = authority.substr(host.size());
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = authority.substr(1, close - 1);
    rest = authority.substr(close + 1);
  }
  if (host.empty()) return std::nullopt;
  if (rest.empty()) return host;
  const bool is_port =
      rest.front() == ':' && std::ranges::all_of(rest.substr(1), [](char c) { return c >= '0' && c <= '9'; });
  return is_port ? std::optional(host) : std::nullopt;
}

}  // namespace

PageRules::PageRules(std::vector<std::string> host_names, std::vector<std::string> origins)
    : host_names_(std::move(host_names)), origins_(std::move(origins)) {}

std::optional<Refusal> PageRules::check(const Request& request, std::string_view local_host) const {
  // Only HTTP/1.0 comes without a Host, and no browser sends it.
  if (!request.host.empty() && !is_allowed_host(request.host, local_host)) {
    return Refusal{.status = 421,
                   .detail =
                       "the Host header names a host that is not this node's; an administrator can add the name "
                       "to the setting http.host_names"};
  }
  const auto origin = request.header("origin");
  if (origin && !is_allowed_origin(*origin, request.host)) {
    return Refusal{.status = 403,
                   .detail =
                       "requests by pages of this Origin are not accepted; an administrator can add it to the "
                       "setting http.origins"};
  }
  return std::nullopt;
}

bool PageRules::is_allowed_host(std::string_view authority, std::string_view local_host) const {
  const auto host = host_of(authority);
  if (!host) return false;
  const auto is_it = [&](std::string_view name) { return equals_ignoring_case(name, *host); };
  return is_it("localhost") || is_it("127.0.0.1") || is_it("::1") || is_it(local_host) ||
         std::ranges::any_of(host_names_, is_it);
}

bool PageRules::is_allowed_origin(std::string_view origin, std::string_view own_authority) const {
  if (std::ranges::any_of(origins_, [&](std::string_view allowed) { return equals_ignoring_case(allowed, origin); })) {
    return true;
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!origin.starts_with(scheme)) continue;  // https: what stands before us may speak TLS
    return !own_authority.empty() && equals_ignoring_case(origin.substr(scheme.size()), own_authority);
  }
  return false;  // "null": sandboxed frames, local files
}

}  // namespace artery::net
