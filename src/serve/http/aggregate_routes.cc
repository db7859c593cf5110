#include "serve/http/aggregate_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "query/intervals.h"
#include "serve/http/sample_json.h"

namespace artery::serve {

using net::ResponseHandle;
using query::Aggregate;
using query::Line;
using runtime::Task;

namespace {

std::optional<Line> line_of(Parameters& parameters) {
  const std::string_view text = parameters.text("line");
  if (text == "stepped") return Line::stepped;
  if (text == "linear") return Line::linear;
  if (!text.empty()) parameters.fail(fmt::format("`line` is '{}'; it must be stepped or linear", text));
  return std::nullopt;
}

history::Usable usable_of(Parameters& parameters) {
  return parameters.flag("uncertain_is_bad") ? history::Usable::good : history::Usable::not_bad;
}

std::vector<const Aggregate*> aggregates_of(Parameters& parameters) {
  std::vector<const Aggregate*> aggregates;
  for (const std::string& name : parameters.texts("aggregate", query::all_aggregates().size())) {
    const Aggregate* found = query::aggregate_named(name);
    if (found == nullptr) {
      std::vector<std::string_view> names;
      for (const Aggregate& aggregate : query::all_aggregates()) names.push_back(aggregate.name);
      parameters.fail(fmt::format("there is no aggregate '{}'; there are: {}", name, fmt::join(names, ", ")));
    } else if (std::ranges::find(aggregates, found) != aggregates.end()) {
      parameters.fail(fmt::format("`aggregate` has {} twice", name));
    } else {
      aggregates.push_back(found);
    }
  }
  return aggregates;
}

Error too_many_values(std::size_t signals, std::uint64_t each) {
  return {query::QueryError::bad_limit,
          fmt::format("{} signals of {} values each are asked for; an answer may hold {}: ask for fewer, or in parts",
                      signals, each, answer_values_max)};
}

Error too_many_states() {
  return {query::QueryError::bad_limit,
          fmt::format("the answer has more than {} states: ask for fewer signals, a shorter range or a longer step",
                      answer_values_max)};
}

void write_number(JsonWriter& json, const query::AggregateValue& value) {
  if (const auto* real = std::get_if<double>(&value)) {
    json.number(*real);
  } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    json.number(*whole);
  } else if (const auto* time = std::get_if<Time>(&value)) {
    json.time(*time);
  } else {
    json.null();
  }
}

void write_interval(JsonWriter& json, const query::Interval& interval, std::span<const Aggregate* const> aggregates,
                    Line line) {
  json.start_object().member("from", interval.from).member("to", interval.to);
  for (const Aggregate* aggregate : aggregates) {
    json.key(aggregate->name);
    write_number(json, aggregate->of(interval, line));
  }
  json.end_object();
}

void write_states(JsonWriter& json, const query::StatesInterval& interval) {
  json.start_object().member("from", interval.from).member("to", interval.to).key("states").start_array();
  for (const query::State& state : interval.states) {
    json.start_object().key("value");
    write_value(json, view_of(state.value));
    json.key("seconds").number(static_cast<double>(state.lasted_ns) / 1e9);
    json.member("entered", state.entered).end_object();
  }
  json.end_array().end_object();
}

void start_signal(JsonWriter& json, const std::string& name, Line line) {
  json.start_object().member("signal", name).member("line", line == Line::stepped ? "stepped" : "linear");
}

// from, from + step and so on, below `to`; no more than `count_max` + 1.
std::vector<Time> times_between(Time from, Time to, Duration step, std::uint64_t count_max) {
  const query::Intervals intervals(from, to, step, from);
  const std::uint64_t count = std::min(intervals.count(), count_max + 1);
  std::vector<Time> times;
  times.reserve(count);
  for (std::uint64_t index = 0; index < count; ++index) times.push_back(intervals.from(index));
  return times;
}

// Either `time`, as often as it is given, or `from`, `to` and `step`. In order, each once.
std::vector<Time> times_of(Parameters& parameters) {
  if (parameters.has("time")) {
    std::vector<Time> times = parameters.times("time", query::at_times_max);
    std::ranges::sort(times);
    const auto repeated = std::ranges::unique(times);
    times.erase(repeated.begin(), repeated.end());
    return times;
  }
  const Time from = parameters.needed_time("from");
  const Time to = parameters.needed_time("to");
  const Duration step = parameters.duration("step").value_or(Duration(0));
  if (step.count() == 0) parameters.fail("`time` is missing, or `from`, `to` and `step`");
  if (from >= to) parameters.fail("`from` must be before `to`");
  if (parameters.failed()) return {};
  return times_between(from, to, step, query::at_times_max);
}

}  // namespace

void AggregateRoutes::add_to(net::HttpServer& server) {
  const auto handle = [&](std::string_view path, auto method) {
    server.handle(net::Method::get, path, [this, method](const net::Request& request, ResponseHandle response) {
      if (!work_.refuses(request.shard, response)) (this->*method)(request, std::move(response));
    });
  };
  handle("/api/v1/aggregate", &AggregateRoutes::aggregate);
  handle("/api/v1/states", &AggregateRoutes::states);
  handle("/api/v1/at", &AggregateRoutes::at);
}

std::optional<std::vector<AggregateRoutes::Wanted>> AggregateRoutes::find(const std::vector<std::string>& names,
                                                                          std::optional<Line> line,
                                                                          ResponseHandle& response) const {
  std::vector<Wanted> wanted;
  for (const std::string& name : names) {
    const auto signal = node_.catalogue.signal(name);
    if (!signal) {
      response.send(net::problem(404, "unknown signal", fmt::format("there is no signal '{}'", name)));
      return std::nullopt;
    }
    const Line its_own = signal->stepped ? Line::stepped : query::usual_line(signal->type);
    wanted.push_back({name, {signal->asset, signal->id}, signal->type, line.value_or(its_own)});
  }
  return wanted;
}

void AggregateRoutes::aggregate(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  const auto names = parameters.texts("signal", settings_.signals_per_request_max);
  Aggregates aggregates = aggregates_of(parameters);
  const auto line = line_of(parameters);
  const Time as_of = parameters.time("as_of", time_max);
  query::AggregateRequest common{.asset = {},
                                 .signal = {},
                                 .from = parameters.needed_time("from"),
                                 .to = parameters.needed_time("to"),
                                 .step = parameters.duration("step"),
                                 .origin = parameters.time("origin", Time(0)),
                                 .needs_numbers = std::ranges::any_of(aggregates, &Aggregate::needs_numbers),
                                 .usable = usable_of(parameters),
                                 .now = std::min(node_.clock.now(), as_of),
                                 .as_of = as_of,
                                 .stop = {}};
  if (common.from >= common.to) parameters.fail("`from` must be before `to`");
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  auto wanted = find(names, line, response);
  if (!wanted) return;
  const std::uint64_t intervals =
      std::min(query::Intervals(common.from, common.to, common.step, common.origin).count(), answer_values_max + 1);
  if (wanted->size() * intervals * aggregates.size() > answer_values_max &&
      intervals <= query::aggregate_intervals_max) {
    return response.send(answer_of(too_many_values(wanted->size(), intervals * aggregates.size())));
  }
  work_.spawn(request.shard, answer_aggregate(request.shard, std::move(*wanted), std::move(aggregates),
                                              std::move(common), std::move(response)));
}

Task<void> AggregateRoutes::answer_aggregate(unsigned shard, std::vector<Wanted> wanted, Aggregates aggregates,
                                             query::AggregateRequest common, ResponseHandle response) {
  query::Queries queries(node_.history, work_.loop(shard));
  std::string body;
  JsonWriter json(body);
  json.start_object().member("from", common.from).member("to", common.to).key("signals").start_array();
  for (const Wanted& signal : wanted) {
    start_signal(json, signal.name, signal.line);
    json.key("intervals").start_array();
    query::AggregateRequest request = common;
    request.asset = signal.key.asset;
    request.signal = signal.key.signal;
    const Line line = signal.line;
    const query::IntervalSink sink = [&json, &aggregates, line](std::span<const query::Interval> intervals) {
      for (const query::Interval& interval : intervals) write_interval(json, interval, aggregates, line);
    };
    const auto done = co_await queries.aggregate(std::move(request), sink);
    if (!done) {
      response.send(answer_of(Error(done.error()).at(signal.name)));
      co_return;
    }
    json.end_array().member("incomplete", done->incomplete).end_object();
    if (!response.is_open()) co_return;
  }
  json.end_array().end_object();
  co_await send_json(std::move(response), std::move(body));
}

void AggregateRoutes::states(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  const auto names = parameters.texts("signal", settings_.signals_per_request_max);
  const Time as_of = parameters.time("as_of", time_max);
  query::StatesRequest common{.asset = {},
                              .signal = {},
                              .from = parameters.needed_time("from"),
                              .to = parameters.needed_time("to"),
                              .step = parameters.duration("step"),
                              .origin = parameters.time("origin", Time(0)),
                              .usable = usable_of(parameters),
                              .now = std::min(node_.clock.now(), as_of),
                              .as_of = as_of,
                              .stop = {}};
  if (common.from >= common.to) parameters.fail("`from` must be before `to`");
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  auto wanted = find(names, Line::stepped, response);
  if (!wanted) return;
  work_.spawn(request.shard, answer_states(request.shard, std::move(*wanted), std::move(common), std::move(response)));
}

Task<void> AggregateRoutes::answer_states(unsigned shard, std::vector<Wanted> wanted, query::StatesRequest common,
                                          ResponseHandle response) {
  query::Queries queries(node_.history, work_.loop(shard));
  std::string body;
  JsonWriter json(body);
  std::uint64_t values = 0;
  json.start_object().member("from", common.from).member("to", common.to).key("signals").start_array();
  for (const Wanted& signal : wanted) {
    json.start_object().member("signal", signal.name).key("intervals").start_array();
    query::StatesRequest request = common;
    request.asset = signal.key.asset;
    request.signal = signal.key.signal;
    std::stop_source stop;
    request.stop = stop.get_token();
    const query::StatesSink sink = [&json, &values, &stop](std::span<const query::StatesInterval> intervals) {
      for (const query::StatesInterval& interval : intervals) {
        values += interval.states.size();
        if (values > answer_values_max) stop.request_stop();
        if (values <= answer_values_max) write_states(json, interval);
      }
    };
    const auto done = co_await queries.states(std::move(request), sink);
    if (values > answer_values_max) {
      response.send(answer_of(too_many_states()));
      co_return;
    }
    if (!done) {
      response.send(answer_of(Error(done.error()).at(signal.name)));
      co_return;
    }
    json.end_array().member("incomplete", done->incomplete).end_object();
    if (!response.is_open()) co_return;
  }
  json.end_array().end_object();
  co_await send_json(std::move(response), std::move(body));
}

void AggregateRoutes::at(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  const auto names = parameters.texts("signal", settings_.signals_per_request_max);
  const auto line = line_of(parameters);
  const Time as_of = parameters.time("as_of", time_max);
  query::AtTimeRequest common{.asset = {},
                              .signal = {},
                              .times = times_of(parameters),
                              .line = Line::stepped,
                              .usable = usable_of(parameters),
                              .now = std::min(node_.clock.now(), as_of),
                              .as_of = as_of,
                              .stop = {}};
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  auto wanted = find(names, line, response);
  if (!wanted) return;
  if (wanted->size() * common.times.size() > answer_values_max && common.times.size() <= query::at_times_max) {
    return response.send(answer_of(too_many_values(wanted->size(), common.times.size())));
  }
  work_.spawn(request.shard, answer_at(request.shard, std::move(*wanted), std::move(common), std::move(response)));
}

Task<void> AggregateRoutes::answer_at(unsigned shard, std::vector<Wanted> wanted, query::AtTimeRequest common,
                                      ResponseHandle response) {
  query::Queries queries(node_.history, work_.loop(shard));
  std::string body;
  JsonWriter json(body);
  json.start_object().key("signals").start_array();
  for (const Wanted& signal : wanted) {
    query::AtTimeRequest request = common;
    request.asset = signal.key.asset;
    request.signal = signal.key.signal;
    request.line = signal.line;
    const auto at = co_await queries.at_time(std::move(request));
    if (!at) {
      response.send(answer_of(Error(at.error()).at(signal.name)));
      co_return;
    }
    start_signal(json, signal.name, signal.line);
    json.key("values").start_array();
    for (std::size_t i = 0; i < at->values.size(); ++i) write_value_at(json, common.times[i], at->values[i]);
    json.end_array().member("incomplete", at->incomplete).end_object();
    if (!response.is_open()) co_return;
  }
  json.end_array().end_object();
  co_await send_json(std::move(response), std::move(body));
}

}  // namespace artery::serve
