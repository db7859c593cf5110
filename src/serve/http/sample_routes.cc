#include "serve/http/sample_routes.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/rfc3339.h"
#include "query/newest_values.h"
#include "serve/http/parameters.h"
#include "serve/http/sample_json.h"

namespace artery::serve {

using net::ResponseHandle;
using runtime::Task;

namespace {

net::Response unknown_signal(std::string_view name) {
  return net::problem(404, "unknown signal", fmt::format("there is no signal '{}'", name));
}

void start_raw(JsonWriter& json, const std::string& signal) {
  json.start_object().member("signal", signal).key("samples").start_array();
}

void end_raw(JsonWriter& json, const query::Raw& raw) {
  json.end_array().key("next");
  if (raw.next) {
    json.text(show_position(*raw.next));
  } else {
    json.null();
  }
  json.member("incomplete", raw.incomplete).end_object();
}

}  // namespace

void SampleRoutes::add_to(net::HttpServer& server) {
  const auto handle = [&](std::string_view path, auto method) {
    server.handle(net::Method::get, path, [this, method](const net::Request& request, ResponseHandle response) {
      if (!work_.refuses(request.shard, response)) (this->*method)(request, std::move(response));
    });
  };
  handle("/api/v1/last", &SampleRoutes::last);
  handle("/api/v1/raw", &SampleRoutes::raw);
  handle("/api/v1/plot", &SampleRoutes::plot);
  server.handle(net::Method::remove, "/api/v1/raw",
                [this](const net::Request& request, ResponseHandle response) { remove(request, std::move(response)); });
}

void SampleRoutes::last(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  std::vector<std::string> names = parameters.texts("signal", settings_.signals_per_request_max);
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  std::vector<live::SignalKey> signals;
  for (std::string& name : names) {
    const auto signal = node_.catalogue.find(name);
    if (!signal) return response.send(unknown_signal(name));
    signals.push_back({signal->asset, signal->id});
    name = node_.catalogue.full_name(signal->id);
  }
  work_.spawn(request.shard, answer_last(request.shard, std::move(names), std::move(signals), std::move(response)));
}

Task<void> SampleRoutes::answer_last(unsigned shard, std::vector<std::string> names,
                                     std::vector<live::SignalKey> signals, ResponseHandle response) {
  query::NewestValues values(node_.newest, node_.history, work_.loop(shard));
  const auto newest = co_await values.of(std::move(signals));
  if (!newest) {
    response.send(answer_of(newest.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.start_object().key("last").start_array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    json.start_object().member("signal", names[i]);
    if (const auto& sample = (*newest)[i]) {
      json.member("time", sample->time).key("value");
      write_value(json, view_of(sample->value));
      json.member("quality", sample->quality.value()).member("arrival", sample->arrival);
    } else {
      json.key("time").null().key("value").null().key("quality").null().key("arrival").null();
    }
    json.end_object();
  }
  json.end_array().end_object();
  response.send(net::json_response(std::move(body)));
}

void SampleRoutes::raw(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  RawForm form{.signal = std::string(parameters.needed_text("signal")), .arrivals = false};
  query::RawRequest query{.asset = {},
                          .signal = {},
                          .from = parameters.time("from", time_min),
                          .to = parameters.time("to", time_max),
                          .limit = parameters.number("limit", query::raw_limit_max, 1, query::raw_limit_max),
                          .bytes_max = settings_.page_bytes_max,
                          .after = {},
                          .revisions = history::Revisions::newest,
                          .direction = history::Direction::forward,
                          .arrivals = parameters.flag("arrivals"),
                          .as_of = parameters.time("as_of", time_max),
                          .stop = response.left()};
  if (parameters.flag("revisions")) query.revisions = history::Revisions::all;
  form.arrivals = query.arrivals;
  if (const std::string_view after = parameters.text("after"); !after.empty()) {
    query.after = parse_position(after);
    if (!query.after) parameters.fail("`after` must be the `next` of a former answer");
  }
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  const auto signal = node_.catalogue.find(form.signal);
  if (!signal) return response.send(unknown_signal(form.signal));
  form.signal = node_.catalogue.full_name(signal->id);
  query.asset = signal->asset;
  query.signal = signal->id;
  work_.spawn(request.shard, answer_raw(request.shard, std::move(form), std::move(query), std::move(response)));
}

Task<void> SampleRoutes::answer_raw(unsigned shard, RawForm form, query::RawRequest query, ResponseHandle response) {
  const auto raw = co_await query::Queries(node_.history, work_.loop(shard)).raw(std::move(query));
  if (!raw) {
    response.send(answer_of(raw.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  start_raw(json, form.signal);
  if (raw->bytes <= whole_bytes_max) {
    for (const history::Samples& samples : raw->vectors) write_samples(json, samples, form.arrivals);
    end_raw(json, *raw);
    response.send(net::json_response(std::move(body)));
    co_return;
  }
  net::ResponseWriter writer = response.stream(net::json_response({}));
  for (const history::Samples& samples : raw->vectors) {
    write_samples(json, samples, form.arrivals);
    const bool may_go_on = writer.send(as_bytes(body));
    body.clear();
    if (!may_go_on) co_await taken(writer);
    if (!writer.is_open()) co_return;
  }
  end_raw(json, *raw);
  writer.send(as_bytes(body));
  writer.done();
}

// All signals or, where one is not known, none.
void SampleRoutes::remove(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  const std::vector<std::string> names = parameters.texts("signal", settings_.signals_per_request_max);
  const Time from = parameters.needed_time("from");
  const Time to = parameters.needed_time("to");
  if (from >= to) parameters.fail("`from` must be before `to`");
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  const auto author = read_author(request);
  if (!author) return response.send(answer_of(author.error()));
  std::vector<Deletion> deletions;
  for (const std::string& name : names) {
    const auto signal = node_.catalogue.find(name);
    if (!signal) return response.send(unknown_signal(name));
    deletions.push_back({signal->asset, signal->id, from, to});
  }
  const std::string which =
      names.size() == 1 ? names.front() : fmt::format("{} and {} more", names[0], names.size() - 1);
  const std::string what = fmt::format("{}: samples from {} to {} deleted on the word of {} ({})", which,
                                       format_rfc3339(from), format_rfc3339(to), *author, to_text(request.peer));
  node_.admissions[request.shard]->submit(
      deletions, [this, what, from, to, count = names.size(),
                  response = std::move(response)](const Result<admission::Receipt>& receipt) mutable {
        if (!receipt) return response.send(answer_of(receipt.error()));
        node_.journal.info("serve", "{}", what);
        std::string body;
        JsonWriter json(body);
        json.start_object().member("signals", count).member("from", from).member("to", to).end_object();
        response.send(net::json_response(std::move(body)));
      });
}

void SampleRoutes::plot(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  std::string name(parameters.needed_text("signal"));
  query::PlotRequest query{.asset = {},
                           .signal = {},
                           .from = parameters.needed_time("from"),
                           .to = parameters.needed_time("to"),
                           .width = 0,
                           .as_of = parameters.time("as_of", time_max),
                           .stop = response.left()};
  query.width = static_cast<std::uint32_t>(parameters.number("width", 1000, 1, query::plot_width_max));
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  const auto signal = node_.catalogue.find(name);
  if (!signal) return response.send(unknown_signal(name));
  name = node_.catalogue.full_name(signal->id);
  query.asset = signal->asset;
  query.signal = signal->id;
  work_.spawn(request.shard, answer_plot(request.shard, std::move(name), std::move(query), std::move(response)));
}

Task<void> SampleRoutes::answer_plot(unsigned shard, std::string name, query::PlotRequest query,
                                     ResponseHandle response) {
  const Time from = query.from;
  const Time to = query.to;
  const std::uint32_t width = query.width;
  const auto plot = co_await query::Queries(node_.history, work_.loop(shard)).plot(std::move(query));
  if (!plot) {
    response.send(answer_of(plot.error()));
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.start_object().member("signal", name).member("from", from).member("to", to).member("width", width);
  json.key("columns").start_array();
  for (const query::PlotColumn& column : plot->columns) write_column(json, column);
  json.end_array();
  write_archived(json, plot->archived);
  json.member("incomplete", plot->incomplete).end_object();
  response.send(net::json_response(std::move(body)));
}

}  // namespace artery::serve
