#include "sources/http/line_protocol_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/json_writer.h"
#include "net/url.h"
#include "sources/http/sample_lines.h"

namespace artery::line_protocol {

namespace {

using admission::AdmissionError;

constexpr unsigned status_bad = 400;
constexpr std::size_t piece_bytes = 128ULL << 10;       // about a millisecond's work where names are known
constexpr std::size_t copied_bytes_max = 256ULL << 20;  // of bodies; beyond, they are read where they lie, in one go

// The beginning of an error's body. RFC 9457 lets further members follow, as InfluxDB's clients do.
void start_error(JsonWriter& json, Version version, unsigned status, std::string_view code, std::string_view message) {
  json.start_object();
  if (version == Version::v1) {
    json.member("error", message);
  } else if (version == Version::v2) {
    json.member("code", code).member("message", message);
  } else {
    json.member("type", "about:blank").member("title", net::reason_phrase(status));
    json.member("status", status).member("detail", message);
  }
}

net::Response finish_error(std::string body, Version version, unsigned status) {
  net::Response response = net::json_response(std::move(body), status);
  if (version == Version::api) response.content_type = "application/problem+json";
  return response;
}

net::Response error_answer(unsigned status, Version version, std::string_view code, std::string_view message) {
  std::string body;
  JsonWriter json(body);
  start_error(json, version, status, code, message);
  json.end_object();
  return finish_error(std::move(body), version, status);
}

net::Response refused_whole(const Error& error, Version version) {
  if (error.is(AdmissionError::full)) return error_answer(507, version, "internal error", error.message());
  if (error.is(AdmissionError::too_long)) return error_answer(413, version, "request too large", error.message());
  net::Response response = error_answer(503, version, "unavailable", error.message());
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::string describe(const admission::Receipt& receipt) {
  std::string message = "partial write: ";
  const std::size_t named = receipt.refusals.size();
  for (std::size_t i = 0; i < named; ++i) {
    const admission::Refusal& refusal = receipt.refusals[i];
    message += fmt::format("{}line {}: {}", i == 0 ? "" : "; ", refusal.line, refusal.reason);
  }
  if (receipt.refused > named) message += fmt::format("; and {} more", receipt.refused - named);
  return message + fmt::format(" dropped={}", receipt.refused);
}

// For people and for InfluxDB's clients the message names the first refusals; for programs all that were listed follow
// it, which those clients pass over.
net::Response refused_in_part(const admission::Receipt& receipt, Version version) {
  std::string body;
  JsonWriter json(body);
  start_error(json, version, status_bad, "invalid", describe(receipt));
  json.key("refused").start_array();
  for (const admission::Refusal& refusal : receipt.refusals) {
    json.start_object().member("line", refusal.line).member("kind", name_of(refusal.kind));
    json.member("reason", refusal.reason).end_object();
  }
  json.end_array().member("dropped", receipt.refused).end_object();
  return finish_error(std::move(body), version, status_bad);
}

net::Response done_nothing(std::string_view why) {
  std::string body;
  JsonWriter json(body);
  json.start_object().key("results").start_array().start_object().member("statement_id", 0);
  json.key("messages").start_array().start_object().member("level", "warning").member("text", why).end_object();
  json.end_array().end_object().end_array().end_object();
  return net::json_response(std::move(body));
}

// Lines of JSON, of which none has a line break within.
Progress decode_json(std::string_view body, Progress from, std::size_t bytes, Precision /*precision*/,
                     admission::Intake& intake) {
  const std::size_t stop = body.find('\n', std::min(from.at + bytes, body.size()));
  const std::size_t end = stop == std::string_view::npos ? body.size() : stop + 1;
  const std::uint32_t lines = sample_lines::decode(body.substr(from.at, end - from.at), from.line - 1, intake);
  return {.at = end, .line = lines + 1};
}

// As the client names its program, made fit to be shown.
std::string agent_of(const net::Request& request) {
  constexpr std::size_t bytes_max = 128;
  std::string agent(request.header("User-Agent").value_or("").substr(0, bytes_max));
  std::ranges::replace_if(agent, [](char c) { return c < ' ' || c > '~'; }, '?');
  return agent;
}

}  // namespace

net::Response answer_of(const Result<admission::Receipt>& result, Version version) {
  if (!result) return refused_whole(result.error(), version);
  if (result->refused > 0) return refused_in_part(*result, version);
  net::Response response;
  response.status = 204;
  return response;
}

// A node is one database, called `artery`: it is there, no other can be made, and none can be dropped by a statement.
// Loaders make and drop a database of their own before they write; they are told that nothing was done.
net::Response answer_of_query(std::string_view statement) {
  std::string_view rest = net::trim(statement);
  const auto take = [&rest](std::string_view start) {
    if (rest.size() < start.size() || !equals_ignoring_case(rest.substr(0, start.size()), start)) return false;
    rest.remove_prefix(start.size());
    return true;
  };
  if (take("show databases")) {
    return net::json_response(
        R"({"results":[{"statement_id":0,"series":[{"name":"databases","columns":["name"],"values":[["artery"]]}]}]})");
  }
  if (take("create database ")) {
    return done_nothing(
        "a node is one database: none was created, and what is written to any goes to the same signals");
  }
  if (take("drop database ")) {
    std::string_view name = net::trim(rest);
    if (name.ends_with(';')) name.remove_suffix(1);
    if (name != "artery" && name != "\"artery\"") return done_nothing("there is no such database: nothing was dropped");
    return error_answer(400, Version::v1, "invalid", "the node's data cannot be dropped by a statement");
  }
  return error_answer(400, Version::v1, "invalid",
                      "only SHOW DATABASES, CREATE DATABASE and DROP DATABASE are answered here; read by /api/v1");
}

Routes::Routes(std::vector<admission::Admission*> admissions, admission::RejectionStore& rejections,
               const runtime::Clock& clock, WriteSettings settings)
    : admissions_(std::move(admissions)), rejections_(rejections), clock_(clock), settings_(settings) {}

void Routes::add_to(net::HttpServer& server) {
  using net::Method;
  const auto refused = [this](const net::Request& request, const net::Refusal& refusal) {
    if (refusal.status < 500) reject(request, refusal.detail);  // else it is sent again
  };
  const net::RouteOptions options{.body_bytes_max = settings_.body_bytes_max, .refused = refused};
  const auto write_as = [this](Version version) {
    return [this, version](const net::Request& request, net::ResponseHandle response) {
      write(request, std::move(response), version);
    };
  };
  server.handle(Method::post, "/write", write_as(Version::v1), options);
  server.handle(Method::post, "/api/v2/write", write_as(Version::v2), options);
  server.handle(
      Method::post, "/api/v1/raw",
      [this](const net::Request& request, net::ResponseHandle response) {
        if (!request.query.empty()) {
          return response.send(net::problem(
              status_bad, {}, fmt::format("`{}` is not a parameter of this; there are none", request.query[0].name)));
        }
        submit(request, std::move(response), Version::api, decode_json, Precision::ns);
      },
      options);
  const auto ping = [](const net::Request&, net::ResponseHandle response) {
    net::Response pong;
    pong.status = 204;
    pong.headers = {{"X-Influxdb-Version", "1.8.10-artery"}, {"X-Influxdb-Build", "Artery"}};
    response.send(std::move(pong));
  };
  server.handle(Method::get, "/ping", ping);
  const auto query = [](const net::Request& request, net::ResponseHandle response) {
    std::string storage;
    storage.reserve(request.body.size());
    std::vector<net::Field> form;
    std::optional<std::string_view> statement = request.query_value("q");
    if (!statement && net::parse_query(as_text(request.body), form, storage)) {
      const auto q = std::ranges::find(form, "q", &net::Field::name);
      if (q != form.end()) statement = q->value;
    }
    response.send(answer_of_query(statement.value_or("")));
  };
  server.handle(Method::get, "/query", query);
  server.handle(Method::post, "/query", query);
}

void Routes::reject(const net::Request& request, std::string_view reason) {
  const std::string agent = agent_of(request);
  const Time now = clock_.now();
  rejections_.add_one({.time = now,
                       .source = "http",
                       .client = agent,
                       .remote = to_text(request.peer),
                       .kind = admission::RefusalKind::malformed,
                       .reason = std::string(reason),
                       .bytes = std::string(as_text(request.body).substr(0, admission::rejection_bytes_max))});
  writers_.note({.host = request.peer.host, .agent = agent, .heard = now, .writes = 1, .samples_refused = 1});
}

void Routes::write(const net::Request& request, net::ResponseHandle response, Version version) {
  const auto precision = precision_named(request.query_value("precision").value_or("ns"));
  if (!precision) {
    const std::string message = fmt::format("invalid precision '{}': it is one of ns, us, ms, s, m, h",
                                            request.query_value("precision").value_or(""));
    reject(request, message);
    return response.send(error_answer(status_bad, version, "invalid", message));
  }
  submit(request, std::move(response), version, decode, *precision);
}

void Routes::submit(const net::Request& request, net::ResponseHandle response, Version version, Decode decode_body,
                    Precision precision) {
  // What is small is read once, where it lies. What has several pieces, or new names, needs a copy.
  struct Body {
    std::string_view text;
    Progress from{};  // of the piece in hand
    Progress next{};
    std::string copy{};
    std::string remote;
    Writer writer;
  };
  const auto body = std::make_shared<Body>(Body{
      .text = as_text(request.body),
      .remote = to_text(request.peer),
      .writer = {.host = request.peer.host, .agent = agent_of(request), .writes = 1, .bytes = request.body.size()}});
  const std::size_t bytes = copied_bytes_ + body->text.size() > copied_bytes_max ? body->text.size() : piece_bytes;
  const bool done = admissions_[request.shard]->submit(
      {.source = "http", .client = body->writer.agent, .remote = body->remote},
      [body, decode_body, bytes, precision](admission::Intake& intake, bool again) {
        if (!again) body->from = body->next;
        body->next = decode_body(body->text, body->from, bytes, precision, intake);
        return body->next.at < body->text.size();
      },
      [this, version, body, handle = std::move(response)](const Result<admission::Receipt>& result) mutable {
        copied_bytes_ -= body->copy.size();
        if (result) {
          body->writer.samples_accepted = result->accepted;
          body->writer.samples_refused = result->refused;
        }
        body->writer.heard = clock_.now();
        writers_.note(body->writer);
        handle.send(answer_of(result, version));
      });
  if (!done) {
    copied_bytes_ += body->text.size();
    body->copy = body->text;
    body->text = body->copy;
  }
}

}  // namespace artery::line_protocol
