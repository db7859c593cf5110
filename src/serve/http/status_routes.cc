#include "serve/http/status_routes.h"

#include <chrono>

#include "serve/http/base64.h"
#include "serve/http/openapi_document.h"
#include "serve/http/parameters.h"

namespace artery::serve {

using net::ResponseHandle;

namespace {

void write(JsonWriter& json, std::string_view door, const runtime::Address& address) {
  json.key(door).start_object().member("host", address.host).member("port", address.port).end_object();
}

void write(JsonWriter& json, const backup::Standing& standing) {
  json.key("backups").start_object().member("enabled", standing.is_set).member("making", standing.making);
  json.key("last");
  if (standing.last) {
    json.start_object().member("name", standing.last->name).member("time", standing.last->made);
    json.member("bytes", standing.last->bytes);
    if (standing.last->took) json.member("seconds", std::chrono::duration<double>(*standing.last->took).count());
    json.end_object();
  } else {
    json.null();
  }
  json.key("failure");
  if (standing.failure) {
    json.start_object().member("time", standing.failure->time).member("reason", standing.failure->reason).end_object();
  } else {
    json.null();
  }
  json.key("next");
  if (standing.next) {
    json.time(*standing.next);
  } else {
    json.null();
  }
  json.end_object();
}

}  // namespace

void StatusRoutes::add_to(net::HttpServer& server) {
  const auto handle = [&](std::string_view path, auto answer) {
    server.handle(net::Method::get, path,
                  [answer](const net::Request& request, ResponseHandle response) { response.send(answer(request)); });
  };
  handle("/api/v1/status", [this](const net::Request&) { return status(); });
  handle("/api/v1/rejections", [this](const net::Request& request) { return rejections(request); });
  handle("/api/v1/openapi.json",
         [](const net::Request&) { return net::json_response(std::string(openapi_document())); });
  handle("/health", [](const net::Request&) { return net::json_response(R"({"status":"ok"})"); });
  handle("/ready", [this](const net::Request&) { return ready(); });
  handle("/metrics", [this](const net::Request&) { return metrics(); });
}

Measures StatusRoutes::measures() const {
  Measures measures;
  const std::chrono::duration<double> uptime = node_.clock.instant() - started_;
  measures.gauge("node", "uptime_seconds", uptime.count(), "Since the node answers.");
  measures.gauge("node", "clock_synchronised", node_.clock.synchronised() ? 1 : 0,
                 "Whether the system's clock is known to be synchronised.");
  measures.gauge("catalogue", "assets", static_cast<double>(node_.catalogue.asset_count()), "Assets there are.");
  measures.gauge("catalogue", "signals", static_cast<double>(node_.catalogue.signal_count()), "Signals there are.");
  measures.gauge("http", "queries", static_cast<double>(work_.tasks()), "Answers under way that take a while.");
  node_.measure(measures);
  return measures;
}

net::Response StatusRoutes::status() const {
  std::string body;
  JsonWriter json(body);
  const std::string why = node_.not_ready();
  json.start_object().member("name", node_.name).member("version", node_.version);
  json.member("time", node_.clock.now()).member("ready", why.empty());
  json.key("listening").start_object();
  write(json, "http", node_.listening.http);
  write(json, "mqtt", node_.listening.mqtt);
  json.end_object();
  write(json, node_.backups.standing());
  measures().write(json);
  json.end_object();
  return net::json_response(std::move(body));
}

net::Response StatusRoutes::rejections(const net::Request& request) const {
  Parameters parameters(request);
  const std::size_t limit = parameters.number("limit", 100, 1, node_.rejections.newest_max());
  if (const auto fault = parameters.fault()) return net::problem(*fault);
  std::string body;
  JsonWriter json(body);
  json.start_object().key("rejections").start_array();
  for (const admission::Rejection& rejection : node_.rejections.newest(limit)) {
    json.start_object().member("time", rejection.time).member("source", rejection.source);
    json.member("client", rejection.client).member("remote", rejection.remote);
    json.member("kind", admission::name_of(rejection.kind));
    json.member("reason", rejection.reason).member("line", rejection.line);
    json.member("topic", rejection.topic)
        .member("text", rejection.bytes)
        .member("bytes", base64(rejection.bytes))
        .end_object();
  }
  json.end_array().key("counts").start_object();
  const admission::RefusalCounts counts = node_.rejections.counts();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    json.member(admission::name_of(static_cast<admission::RefusalKind>(i)), counts[i]);
  }
  json.end_object().end_object();
  return net::json_response(std::move(body));
}

net::Response StatusRoutes::ready() const {
  const std::string why = node_.not_ready();
  if (!why.empty()) return net::problem(503, "not ready", why);
  return net::json_response(R"({"status":"ready"})");
}

net::Response StatusRoutes::metrics() const {
  net::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = measures().prometheus();
  return response;
}

}  // namespace artery::serve
