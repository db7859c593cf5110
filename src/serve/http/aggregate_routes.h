// GET /api/v1/aggregate, /states and /at: aggregates and states per interval, and values at times, of many signals at
// once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/http_server.h"
#include "query/query.h"
#include "serve/http/node_view.h"
#include "serve/http/parameters.h"
#include "serve/http/sample_json.h"
#include "serve/http/work.h"

namespace artery::serve {

// Values that one answer may hold: signals times intervals times aggregates, or signals times times.
inline constexpr std::uint64_t answer_values_max = 500'000;
inline constexpr std::uint64_t answer_bytes_max = 64ULL << 20;  // which only texts come to

// An answer as far as it is written.
struct Answer {
  std::string body;
  JsonWriter json{body};
  std::uint64_t states = 0;
  [[nodiscard]] bool is_too_long() const { return states > answer_values_max || body.size() > answer_bytes_max; }
};

// A signal of an answer.
struct Wanted {
  std::string name;
  live::SignalKey key;
  ValueType type = ValueType::f64;
  query::Line line = query::Line::stepped;
};

class AggregateRoutes {
 public:
  // All must outlive it, and it the server.
  AggregateRoutes(const NodeView& node, const ApiSettings& settings, Work& work)
      : node_(node), settings_(settings), work_(work) {}
  void add_to(net::HttpServer& server);

 private:
  void aggregate(const net::Request& request, net::ResponseHandle response);
  void at(const net::Request& request, net::ResponseHandle response);
  void states(const net::Request& request, net::ResponseHandle response);
  // `line` as it was asked for; else the signal's own.
  std::optional<std::vector<Wanted>> find(const std::vector<std::string>& names, std::optional<query::Line> line,
                                          net::ResponseHandle& response) const;

  // Writes what is asked of one signal into its object, but nothing more once the answer is too long; whether damage
  // has eaten something of it.
  using WriteOne =
      std::function<runtime::Task<Result<bool>>(query::Queries* queries, Answer* answer, const Wanted* signal)>;
  // `range` stands above the signals, where there is one.
  runtime::Task<void> answer(unsigned shard, std::vector<Wanted> wanted, std::optional<query::IntervalsRequest> range,
                             WriteOne write_one, net::ResponseHandle response);

  const NodeView& node_;
  const ApiSettings& settings_;
  Work& work_;
};

}  // namespace artery::serve
