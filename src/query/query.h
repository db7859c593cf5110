// Native queries: answers that never enter an SQL engine. Names are resolved before (serve); what comes here is ids.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "history/history.h"
#include "query/aggregate.h"
#include "query/at_time.h"
#include "query/states.h"
#include "runtime/executor.h"
#include "runtime/task.h"

namespace artery::query {

enum class QueryError {
  bad_range,    // from is not before to
  bad_limit,    // nought or above the limit
  not_numeric,  // a plot of texts, or an aggregate that texts do not have
  mixed_types,  // a plot or an aggregate of samples of several types
  too_many_states,
};
inline std::string_view error_module(QueryError) { return "query"; }
// Whether the same question may be answered another time: this one was cancelled, or the disk is full.
bool may_go_well_later(const Error& error);

inline constexpr std::uint64_t raw_limit_max = 100'000;
inline constexpr std::uint64_t raw_bytes_max_default = 8ULL << 20;
inline constexpr std::uint64_t raw_sample_bytes = 32;  // what a sample costs besides its text
inline constexpr std::uint32_t plot_width_max = 10'000;

struct RawRequest {
  AssetId asset;
  SignalId signal;
  Time from = time_min;  // from <= time < to
  Time to = time_max;
  // A page ends at whichever comes first: `limit` samples, or `bytes_max` of raw_sample_bytes and text for each. Its
  // first sample is given however long it is, so paging always goes on.
  std::uint64_t limit = raw_limit_max;
  std::uint64_t bytes_max = raw_bytes_max_default;
  std::optional<history::Position> after;
  history::Revisions revisions = history::Revisions::newest;
  history::Direction direction = history::Direction::forward;
  bool arrivals = false;  // whether samples shall tell when they arrived
  Time as_of = time_max;  // as history::Scan::as_of, here and below
  std::stop_token stop{};
};

struct Raw {
  std::vector<history::Samples> vectors;  // in the order asked for, none empty; with all columns but, perhaps, arrivals
  std::uint64_t bytes = 0;                // of them all, counted as RawRequest::bytes_max is
  std::optional<history::Position> next;  // the `after` of the next page; nothing when this was the last
  bool incomplete = false;                // damage has eaten something
};

struct PlotRequest {
  AssetId asset;
  SignalId signal;
  Time from;
  Time to;
  std::uint32_t width = 0;  // in pixel columns
  Time as_of = time_max;
  std::stop_token stop{};
};

struct PlotPoint {
  Time time;
  std::variant<double, std::int64_t> value;  // as it was stored; bool as 0 and 1
};

// M4 (Jugel et al., VLDB 2014): what a line chart of this width needs to be exactly that of the raw data. Of equal
// extremes the earliest is named. Values that are not a number are left out.
//
// Column i begins at from + i * (to - from) / width, rounded up to a nanosecond, then down to a whole multiple of the
// longest tile (history/tile.h) that is at most an eighth of a column: a shift that nobody sees, and no sample need be
// read for a column that tiles fill.
struct PlotColumn {
  std::uint32_t column = 0;
  std::uint64_t count = 0;
  PlotPoint first;
  PlotPoint min;
  PlotPoint max;
  PlotPoint last;
  Quality worst;  // the quality of greatest severity among all samples of the column
};

struct Plot {
  std::vector<PlotColumn> columns;  // ascending; columns without a sample are left out
  bool incomplete = false;
  std::optional<history::ArchivedPart> archived;  // as Aggregated's
};

// Makes queries for the tasks of one executor, `home`: every function is called there and its task goes on there; the
// work is done on history's pool. Holds nothing; both must outlive it. Thread-safe as far as `home` is one.
class Queries {
 public:
  Queries(history::History& history, runtime::Executor& home) : history_(history), home_(home) {}

  // Errors: QueryError::bad_range, bad_limit, HistoryError::*, FileError::*.
  runtime::Task<Result<Raw>> raw(RawRequest request);
  // Errors: as raw(), and QueryError::not_numeric, mixed_types.
  runtime::Task<Result<Plot>> plot(PlotRequest request);
  // `sink` is called on history's pool, by one thread at a time, and not after the task has ended. Errors: as
  // plot().
  runtime::Task<Result<Aggregated>> aggregate(AggregateRequest request, IntervalSink sink);
  // Errors: as plot().
  runtime::Task<Result<AtTime>> at_time(AtTimeRequest request);
  // `sink` as of aggregate(). Errors: as raw(), and QueryError::too_many_states.
  runtime::Task<Result<Aggregated>> states(IntervalsRequest request, StatesSink sink);

 private:
  history::History& history_;
  runtime::Executor& home_;
};

}  // namespace artery::query
