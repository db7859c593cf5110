#include "serve/http/client_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "serve/http/parameters.h"

namespace artery::serve {

using net::ResponseHandle;
using runtime::Task;

namespace {

constexpr std::size_t page_default = 1'000;
constexpr std::size_t page_max = 10'000;

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto found =
      std::ranges::search(text, part, [](char a, char b) { return equals_ignoring_case({&a, 1}, {&b, 1}); });
  return part.empty() || !found.empty();
}

bool is_wanted(const Client& client, const ClientSelection& selection) {
  if (!selection.source.empty() && client.source != selection.source) return false;
  return contains_ignoring_case(client.name, selection.contains) ||
         contains_ignoring_case(client.remote, selection.contains);
}

// Where it stands in the list: no two have the same.
std::string place_of(const Client& client) {
  return fmt::format("{} {} {}", client.source, client.name, client.remote);
}

void write(JsonWriter& json, const Client& client) {
  json.start_object().member("source", client.source).member("name", client.name).member("remote", client.remote);
  json.member("protocol", client.protocol).member("since", client.since).member("heard", client.heard);
  json.member("messages_in", client.messages_in).member("messages_out", client.messages_out);
  json.member("bytes_in", client.bytes_in).member("bytes_out", client.bytes_out);
  json.member("samples_accepted", client.samples_accepted).member("samples_refused", client.samples_refused);
  json.member("dropped", client.dropped).member("subscriptions", client.subscriptions).end_object();
}

}  // namespace

std::string show_clients(std::vector<Client> clients, const ClientSelection& selection, Time time) {
  std::erase_if(clients, [&](const Client& client) { return !is_wanted(client, selection); });
  const std::size_t total = clients.size();
  std::vector<std::pair<std::string, const Client*>> places;
  places.reserve(total);
  for (const Client& client : clients) {
    std::string place = place_of(client);
    if (selection.after.empty() || place > selection.after) places.emplace_back(std::move(place), &client);
  }
  const std::size_t shown = std::min(places.size(), selection.limit);
  std::ranges::partial_sort(places, places.begin() + static_cast<std::ptrdiff_t>(shown));
  std::string body;
  JsonWriter json(body);
  json.start_object().member("time", time).key("clients").start_array();
  for (std::size_t i = 0; i < shown; ++i) write(json, *places[i].second);
  json.end_array().member("total", total).key("next");
  if (shown < places.size()) {
    json.text(places[shown - 1].first);
  } else {
    json.null();
  }
  json.end_object();
  return body;
}

void ClientRoutes::add_to(net::HttpServer& server) {
  server.handle(net::Method::get, "/api/v1/clients", [this](const net::Request& request, ResponseHandle response) {
    Parameters parameters(request);
    ClientSelection selection{.source = std::string(parameters.text("source")),
                              .contains = std::string(parameters.text("contains")),
                              .after = std::string(parameters.text("after")),
                              .limit = parameters.number("limit", page_default, 1, page_max)};
    if (!selection.source.empty() && selection.source != "mqtt" && selection.source != "http") {
      parameters.fail(fmt::format("`source` is '{}'; it must be mqtt or http", selection.source));
    }
    if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
    if (work_.refuses(request.shard, response)) return;
    work_.spawn(request.shard, answer(request.shard, std::move(selection), std::move(response)));
  });
}

Task<void> ClientRoutes::answer(unsigned shard, ClientSelection selection, ResponseHandle response) {
  std::vector<Client> clients = co_await node_.clients();
  const Time time = node_.clock.now();
  co_await runtime::on(node_.pool);
  std::string body = show_clients(std::move(clients), selection, time);
  co_await runtime::on(work_.loop(shard));
  response.send(net::json_response(std::move(body)));
}

}  // namespace artery::serve
