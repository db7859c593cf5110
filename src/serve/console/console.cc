#include "serve/console/console.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/assert.h"

namespace artery::serve {

using net::Method;
using net::ResponseHandle;

namespace {

// The addresses at which the console's pages answer; web/src/pages.ts decides what each of them shows.
constexpr std::array<std::string_view, 6> page_paths = {"/",      "/plant",   "/plant/{rest...}",
                                                        "/trend", "/data-in", "/system"};

constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// The smallest form that the client takes. Weights only say yes or no: what is smallest is best for everyone.
const Bundle::Form& choose(const Bundle::File& file, const net::Request& request) {
  const std::string_view accepted = request.header("accept-encoding").value_or("");
  const Bundle::Form* best = &file.forms.front();
  for (const Bundle::Form& form : file.forms) {
    if (form.bytes.size() < best->bytes.size() && net::accepts_coding(accepted, form.coding)) best = &form;
  }
  return *best;
}

// RFC 9110, 13.1.2: a list of tags or "*", compared weakly.
bool has_tag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view one = net::trim(list.substr(0, comma));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag || one == "*") return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

}  // namespace

Console::Console(Bundle bundle) : bundle_(std::move(bundle)) { ARTERY_ASSERT(bundle_.find("/index.html") != nullptr); }

void Console::add_to(net::HttpServer& server) {
  for (const std::string_view path : page_paths) {
    server.handle(Method::get, path,
                  [this](const net::Request& request, ResponseHandle response) { response.send(page(request)); });
  }
  for (const Bundle::File& one : bundle_.files()) {
    if (one.path == "/index.html") continue;  // the pages answer it
    server.handle(Method::get, one.path, [this, path = one.path](const net::Request& request, ResponseHandle response) {
      response.send(file(request, path));
    });
  }
}

net::Response Console::file(const net::Request& request, std::string_view path) const {
  const Bundle::File* found = bundle_.find(path);
  if (found == nullptr) return net::problem(404, "unknown file", fmt::format("the console has no file {}", path));
  const Bundle::Form& form = choose(*found, request);
  const bool is_plain = &form == &found->forms.front();
  const std::string tag =
      is_plain ? fmt::format("\"{}\"", found->hash) : fmt::format("\"{}-{}\"", found->hash, form.coding);

  net::Response response;
  response.headers = {{"ETag", tag},
                      {"Cache-Control", found->immutable ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"Vary", "Accept-Encoding"},
                      {"Content-Security-Policy", std::string(content_security_policy)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Opener-Policy", "same-origin"}};
  if (has_tag(request.header("if-none-match").value_or(""), tag)) {
    response.status = 304;
    return response;
  }
  response.content_type = found->type;
  response.body = form.bytes;
  if (!is_plain) response.headers.emplace_back("Content-Encoding", std::string(form.coding));
  return response;
}

}  // namespace artery::serve
