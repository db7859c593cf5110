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

using Aggregates = std::vector<const Aggregate*>;

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

Aggregates aggregates_of(Parameters& parameters) {
  Aggregates aggregates;
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

Error too_long() {
  return {query::QueryError::bad_limit,
          fmt::format("the answer has more than {} states, or more than {} MiB: ask for fewer signals, a shorter range "
                      "or a longer step",
                      answer_values_max, answer_bytes_max >> 20U)};
}

void write_aggregate(JsonWriter& json, const query::AggregateValue& value) {
  if (const auto* real = std::get_if<double>(&value)) {
    json.number(*real);
  } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    json.number(*whole);
  } else if (const auto* time = std::get_if<Time>(&value)) {
    json.time(*time);
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    json.text(*text);
  } else {
    json.null();
  }
}

void write_interval(JsonWriter& json, const query::Interval& interval, std::span<const Aggregate* const> aggregates,
                    Line line) {
  json.start_object().member("from", interval.from).member("to", interval.to);
  for (const Aggregate* aggregate : aggregates) {
    json.key(aggregate->name);
    write_aggregate(json, aggregate->of(interval, line));
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

void write_line(JsonWriter& json, Line line) { json.member("line", line == Line::stepped ? "stepped" : "linear"); }

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

// What aggregates and states are asked of, but the signal.
query::IntervalsRequest intervals_of(Parameters& parameters, Time now, std::stop_token stop) {
  query::IntervalsRequest request;
  request.stop = std::move(stop);
  request.from = parameters.needed_time("from");
  request.to = parameters.needed_time("to");
  request.step = parameters.duration("step");
  request.origin = parameters.time("origin", Time(0));
  request.usable = usable_of(parameters);
  request.as_of = parameters.time("as_of", time_max);
  request.now = std::min(now, request.as_of);
  if (request.from >= request.to) parameters.fail("`from` must be before `to`");
  return request;
}

// Stops what makes intervals, when nobody waits for them any more or the answer is too long.
class Stop {
 public:
  // Puts itself into the request.
  explicit Stop(query::IntervalsRequest& request)
      : left_(std::exchange(request.stop, source_.get_token()), [this] { source_.request_stop(); }) {}
  void request() { source_.request_stop(); }

 private:
  std::stop_source source_;
  std::stop_callback<std::function<void()>> left_;
};

// Writes intervals while there is room.
template <class Interval, class Write>
auto sink_of(Answer* answer, Stop* stop, Write write) {
  return [=](std::span<const Interval> intervals) {
    for (const Interval& interval : intervals) {
      if (answer->is_too_long()) stop->request();
      if (!answer->is_too_long()) write(interval);
    }
  };
}

Task<Result<bool>> write_aggregates(query::Queries* queries, Answer* answer, const Wanted* signal,
                                    query::AggregateRequest request, const Aggregates* aggregates) {
  Stop stop(request);
  request.asset = signal->key.asset;
  request.signal = signal->key.signal;
  JsonWriter& json = answer->json;
  write_line(json, signal->line);
  json.key("intervals").start_array();
  const auto write = [=, &json, line = signal->line](const query::Interval& interval) {
    write_interval(json, interval, *aggregates, line);
  };
  const auto done = co_await queries->aggregate(std::move(request), sink_of<query::Interval>(answer, &stop, write));
  if (answer->is_too_long()) co_return too_long();
  if (!done) co_return done.error();
  json.end_array();
  write_archived(json, done->archived);
  co_return done->incomplete;
}

Task<Result<bool>> write_all_states(query::Queries* queries, Answer* answer, const Wanted* signal,
                                    query::IntervalsRequest request) {
  Stop stop(request);
  request.asset = signal->key.asset;
  request.signal = signal->key.signal;
  answer->json.key("intervals").start_array();
  const auto write = [=](const query::StatesInterval& interval) {
    answer->states += interval.states.size();
    if (!answer->is_too_long()) write_states(answer->json, interval);
  };
  const auto done = co_await queries->states(std::move(request), sink_of<query::StatesInterval>(answer, &stop, write));
  if (answer->is_too_long()) co_return too_long();
  if (!done) co_return done.error();
  answer->json.end_array();
  co_return done->incomplete;
}

Task<Result<bool>> write_values_at(query::Queries* queries, Answer* answer, const Wanted* signal,
                                   query::AtTimeRequest request) {
  request.asset = signal->key.asset;
  request.signal = signal->key.signal;
  request.line = signal->line;
  const std::vector<Time> times = request.times;
  const auto at = co_await queries->at_time(std::move(request));
  if (!at) co_return at.error();
  write_line(answer->json, signal->line);
  answer->json.key("values").start_array();
  for (std::size_t i = 0; i < at->values.size(); ++i) write_value_at(answer->json, times[i], at->values[i]);
  answer->json.end_array();
  if (answer->is_too_long()) co_return too_long();
  co_return at->incomplete;
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

std::optional<std::vector<Wanted>> AggregateRoutes::find(const std::vector<std::string>& names,
                                                         std::optional<Line> line, ResponseHandle& response) const {
  std::vector<Wanted> wanted;
  for (const std::string& name : names) {
    const auto signal = node_.catalogue.signal(name);
    if (!signal) {
      response.send(net::problem(404, "unknown signal", fmt::format("there is no signal '{}'", name)));
      return std::nullopt;
    }
    const Line its_own = signal->stepped ? Line::stepped : query::usual_line(signal->type);
    wanted.push_back({signal->full_name, {signal->asset, signal->id}, signal->type, line.value_or(its_own)});
  }
  return wanted;
}

void AggregateRoutes::aggregate(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  const auto names = parameters.texts("signal", settings_.signals_per_request_max);
  Aggregates aggregates = aggregates_of(parameters);
  const auto line = line_of(parameters);
  const query::IntervalsRequest range = intervals_of(parameters, node_.clock.now(), response.left());
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  auto wanted = find(names, line, response);
  if (!wanted) return;
  const std::uint64_t intervals = std::min(query::Intervals(range).count(), answer_values_max + 1);
  if (wanted->size() * intervals * aggregates.size() > answer_values_max &&
      intervals <= query::aggregate_intervals_max) {
    return response.send(answer_of(too_many_values(wanted->size(), intervals * aggregates.size())));
  }
  const auto any = [&](query::MadeOf kind) {
    return std::ranges::any_of(aggregates, [kind](const Aggregate* one) { return one->made_of == kind; });
  };
  const query::AggregateRequest asked{range, any(query::MadeOf::numbers), any(query::MadeOf::values)};
  WriteOne write_one = [asked, aggregates = std::move(aggregates)](auto* queries, auto* answer, const Wanted* signal) {
    return write_aggregates(queries, answer, signal, asked, &aggregates);
  };
  work_.spawn(request.shard,
              answer(request.shard, std::move(*wanted), range, std::move(write_one), std::move(response)));
}

void AggregateRoutes::states(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  const auto names = parameters.texts("signal", settings_.signals_per_request_max);
  const query::IntervalsRequest range = intervals_of(parameters, node_.clock.now(), response.left());
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  auto wanted = find(names, Line::stepped, response);
  if (!wanted) return;
  WriteOne write_one = [range](auto* queries, auto* answer, const Wanted* signal) {
    return write_all_states(queries, answer, signal, range);
  };
  work_.spawn(request.shard,
              answer(request.shard, std::move(*wanted), range, std::move(write_one), std::move(response)));
}

void AggregateRoutes::at(const net::Request& request, ResponseHandle response) {
  Parameters parameters(request);
  const auto names = parameters.texts("signal", settings_.signals_per_request_max);
  const auto line = line_of(parameters);
  query::AtTimeRequest asked;
  asked.times = times_of(parameters);
  asked.usable = usable_of(parameters);
  asked.as_of = parameters.time("as_of", time_max);
  asked.now = std::min(node_.clock.now(), asked.as_of);
  asked.stop = response.left();
  if (const auto fault = parameters.fault()) return response.send(net::problem(*fault));
  auto wanted = find(names, line, response);
  if (!wanted) return;
  if (wanted->size() * asked.times.size() > answer_values_max && asked.times.size() <= query::at_times_max) {
    return response.send(answer_of(too_many_values(wanted->size(), asked.times.size())));
  }
  WriteOne write_one = [asked = std::move(asked)](auto* queries, auto* answer, const Wanted* signal) {
    return write_values_at(queries, answer, signal, asked);
  };
  work_.spawn(request.shard,
              answer(request.shard, std::move(*wanted), std::nullopt, std::move(write_one), std::move(response)));
}

Task<void> AggregateRoutes::answer(unsigned shard, std::vector<Wanted> wanted,
                                   std::optional<query::IntervalsRequest> range, WriteOne write_one,
                                   ResponseHandle response) {
  query::Queries queries(node_.history, work_.loop(shard));
  Answer answer;
  JsonWriter& json = answer.json;
  json.start_object();
  if (range) json.member("from", range->from).member("to", range->to);
  json.key("signals").start_array();
  for (const Wanted& signal : wanted) {
    json.start_object().member("signal", signal.name);
    const auto incomplete = co_await write_one(&queries, &answer, &signal);
    if (!incomplete) {
      response.send(answer_of(Error(incomplete.error()).at(signal.name)));
      co_return;
    }
    json.member("incomplete", *incomplete).end_object();
    if (!response.is_open()) co_return;
  }
  json.end_array().end_object();
  co_await send_json(std::move(response), std::move(answer.body));
}

}  // namespace artery::serve
