#include "query/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/checked.h"
#include "query/aggregator.h"
#include "query/m4.h"
#include "query/nearest.h"
#include "query/neighbours.h"

namespace artery::query {

using history::Column;
using history::Cursor;
using history::Samples;
using history::Scan;
using runtime::Task;

namespace {

Error bad_range() { return {QueryError::bad_range, "`from` must be before `to`"}; }

Error bad_limit(std::string_view what, std::uint64_t value, std::uint64_t most) {
  return {QueryError::bad_limit, fmt::format("{} is {}; it must be from 1 to {}", what, value, most)};
}

// A page that is being filled.
class Page {
 public:
  Page(std::uint64_t rows_max, std::uint64_t bytes_max) : rows_left_(rows_max), bytes_max_(bytes_max) {}

  // Takes from the front what there is room for. False when something was left over: the page is full, and `next` says
  // where the one after it begins.
  bool take(Samples samples) {
    const std::size_t rows = fitting(samples);
    const bool all = rows == samples.size();
    if (rows > 0) {
      samples.truncate(rows);
      rows_left_ -= rows;
      raw_.vectors.push_back(std::move(samples));
    }
    if (all) return true;
    const Samples& end = raw_.vectors.back();
    raw_.next = history::Position{end.times.back(), end.revisions.back()};
    return false;
  }
  [[nodiscard]] Raw finish(bool incomplete) {
    raw_.incomplete = incomplete;
    return std::move(raw_);
  }

 private:
  std::size_t fitting(const Samples& samples) {
    std::size_t rows = 0;
    for (; rows < samples.size() && rows < rows_left_; ++rows) {
      const std::uint64_t more = raw_sample_bytes + samples.text_at(rows).size();
      const bool is_first = raw_.bytes == 0;
      if (!is_first && raw_.bytes + more > bytes_max_) break;
      raw_.bytes += more;
    }
    return rows;
  }

  std::uint64_t rows_left_;
  const std::uint64_t bytes_max_;
  Raw raw_;
};

// The scan was asked for one sample more than the page may hold, so that what is left over tells of a next page.
Task<Result<Raw>> read_raw(Result<Cursor> cursor, Page page) {
  if (!cursor) co_return cursor.error();
  while (true) {
    auto samples = co_await cursor->next();
    if (!samples) co_return samples.error();
    if (samples->empty() || !page.take(std::move(*samples))) break;
  }
  co_return page.finish(cursor->incomplete());
}

// Keeps an aggregate's samples of one type, and of numbers where these are needed.
class TypeCheck {
 public:
  explicit TypeCheck(bool needs_numbers) : needs_numbers_(needs_numbers) {}
  Result<void> see(ValueType type) {
    if (seen_ && *seen_ != type) {
      return Error(
          QueryError::mixed_types,
          fmt::format("the signal's type was changed: its samples in this range, or beside it, are of the types "
                      "{} and {}; ask for a range of one type, or for the raw samples",
                      name_of(*seen_), name_of(type)));
    }
    seen_ = type;
    if (type != ValueType::text || !needs_numbers_) return {};
    return Error(QueryError::not_numeric, "the signal is a text; this can only be asked of numbers");
  }

 private:
  const bool needs_numbers_;
  std::optional<ValueType> seen_;
};

Result<history::Summary> summary_of(const Result<Nearest>& nearest, history::Usable rule) {
  if (!nearest) return nearest.error();
  history::Summary summary;
  summary.add(nearest->samples, 0, nearest->samples.size(), rule);
  return summary;
}

// The next ones that may be shown; none at the end.
Task<Result<std::vector<history::Summary>>> next_of(history::SummaryCursor* cursor, TypeCheck* types) {
  auto some = co_await cursor->next();
  if (!some) co_return some.error();
  for (const history::Summary& summary : *some) {
    if (const auto fits = types->see(summary.type); !fits) co_return fits.error();
  }
  co_return some;
}

template <class Request>
SignalView view_of(const Request& request) {
  return {.key = {request.asset, request.signal}, .as_of = request.as_of, .stop = request.stop};
}

history::SummaryScan summaries_of(const SignalView& view, Time from, Time to) {
  history::SummaryScan scan;
  scan.asset = view.key.asset;
  scan.signal = view.key.signal;
  scan.from = from;
  scan.to = to;
  scan.as_of = view.as_of;
  scan.stop = view.stop;
  return scan;
}

// What of it the rule has unusable is that of all its samples: of these the outermost one alone counts.
void heed(history::Usable rule, const history::Point& outermost, history::Summary& summary) {
  if (rule == history::Usable::good && severity_of(outermost.quality) > 0) summary.unusable = summary.count;
}

// What stands for the last sample before `time` where no scan shows one: the end of all that tiles tell of. Nothing
// where a tile goes on beyond it: what the value was just then is not known.
Task<Result<history::Summary>> told_before(history::History* history, const SignalView* view, Time time,
                                           history::Usable rule) {
  history::SummaryScan scan = summaries_of(*view, time_min, time);
  scan.parts = history::SummaryParts::points;
  auto cursor = co_await history->summaries(std::move(scan));
  if (!cursor) co_return cursor.error();
  history::Summary before;
  while (true) {
    const auto some = co_await cursor->next();
    if (!some) co_return some.error();
    if (some->empty()) break;
    before = some->back();
  }
  if (!before.empty() && before.last.time >= time) before = {};
  heed(rule, before.last, before);
  co_return before;
}

// The same of the first one from `time` on: what the next day comes to that has any, of which only the first counts.
Task<Result<history::Summary>> told_from(history::History* history, const SignalView* view, Time time,
                                         history::Usable rule) {
  history::SummaryScan scan = summaries_of(*view, time, time_max);
  scan.parts = history::SummaryParts::points;
  scan.end_of = [](Time at) {
    constexpr std::int64_t day = history::tile_lengths.back().count();
    const std::int64_t into_day = (at.value() % day + day) % day;
    return Time(checked_add(at.value(), day - into_day).value_or(time_max.value()));
  };
  auto cursor = co_await history->summaries(std::move(scan));
  if (!cursor) co_return cursor.error();
  const auto some = co_await cursor->next();
  if (!some) co_return some.error();
  history::Summary after;
  if (!some->empty()) after = some->front();
  heed(rule, after.first, after);
  co_return after;
}

// A summary of nothing is one too.
Result<void> see(TypeCheck& types, const Result<history::Summary>& summary) {
  if (!summary) return summary.error();
  return summary->empty() ? Result<void>() : types.see(summary->type);
}

// Gives intervals on, with the texts that summaries do not hold, where these are asked for. Holds the texts of one.
class WithTexts {
 public:
  // `history` must outlive it.
  WithTexts(history::History& history, SignalView view, bool wanted, IntervalSink sink)
      : wanted_(wanted), sink_(std::move(sink)), samples_(history, std::move(view)) {}

  // Those that have no texts, and follow none that have, go on at once.
  void take(std::span<const Interval> intervals) {
    if (!wanted_ || (waiting_.empty() && std::ranges::none_of(intervals, has_texts))) return sink_(intervals);
    waiting_.insert(waiting_.end(), intervals.begin(), intervals.end());
  }
  // After some were taken: the others.
  Task<Result<void>> give() {
    for (Interval& interval : waiting_) {
      if (has_texts(interval)) {
        auto first = co_await text_at(interval.samples.first_usable.time);
        if (!first) co_return first.error();
        interval.first_text = std::move(*first);
        auto last = co_await text_at(interval.samples.last_usable.time);
        if (!last) co_return last.error();
        interval.last_text = std::move(*last);
      }
      sink_({&interval, 1});
      interval = {};
    }
    waiting_.clear();
    co_return Result<void>();
  }
  [[nodiscard]] bool incomplete() const { return samples_.incomplete(); }

 private:
  static bool has_texts(const Interval& interval) {
    return interval.samples.type == ValueType::text && interval.samples.usable() > 0;
  }
  // Times never descend. Nothing where the sample is not there any more.
  Task<Result<std::optional<std::string>>> text_at(Time time) {
    if (at_ != time) {
      auto moved = co_await samples_.move_to(time);
      if (!moved) co_return moved.error();
      at_ = time;
    }
    const auto& sample = samples_.before();
    const auto* text = sample && sample->time == time ? std::get_if<std::string>(&sample->value) : nullptr;
    co_return text == nullptr ? std::nullopt : std::optional(*text);
  }

  const bool wanted_;
  const IntervalSink sink_;
  std::vector<Interval> waiting_;
  Neighbours samples_;
  std::optional<Time> at_;
};

// On the pool from the first wait on.
Task<Result<Aggregated>> read_aggregate(history::History* history, AggregateRequest request, IntervalSink sink) {
  const Intervals intervals(request);
  const SignalView view = view_of(request);
  TypeCheck types(request.needs_numbers);
  WithTexts out(*history, view, request.shows_values, std::move(sink));
  Aggregator aggregator(intervals, request.now, [&out](std::span<const Interval> some) { out.take(some); });

  history::SummaryScan scan = summaries_of(view, request.from, request.to);
  scan.end_of = [&intervals](Time time) { return intervals.to(intervals.index_of(time)); };
  scan.usable = request.usable;
  auto cursor = co_await history->summaries(std::move(scan));
  if (!cursor) co_return cursor.error();

  const auto nearest_before = co_await last_before(history, view, request.from);
  auto before = summary_of(nearest_before, request.usable);
  if (before && before->empty() && cursor->hides_samples()) {
    before = co_await told_before(history, &view, request.from, request.usable);
  }
  if (const auto seen = see(types, before); !seen) co_return seen.error();
  if (!before->empty()) aggregator.before(*before);

  while (true) {
    const auto some = co_await next_of(&*cursor, &types);
    if (!some) co_return some.error();
    if (some->empty()) break;
    for (const history::Summary& summary : *some) aggregator.add(summary);
    if (const auto given = co_await out.give(); !given) co_return given.error();
  }

  const auto nearest_after = co_await first_from(history, view, request.to);
  auto after = summary_of(nearest_after, request.usable);
  if (after && request.to < cursor->samples_from()) {
    after = co_await told_from(history, &view, request.to, request.usable);
  }
  if (const auto seen = see(types, after); !seen) co_return seen.error();
  aggregator.finish(*after);
  if (const auto given = co_await out.give(); !given) co_return given.error();
  const bool beside = nearest_before->incomplete || nearest_after->incomplete;
  co_return Aggregated{cursor->incomplete() || beside || out.incomplete(), cursor->archived()};
}

// On the pool from the first wait on.
Task<Result<Plot>> read_plot(history::History* history, PlotRequest request) {
  M4 m4(request.from, request.to, request.width);
  history::SummaryScan scan = summaries_of(view_of(request), request.from, request.to);
  scan.end_of = [&m4](Time time) { return m4.end_of(time); };
  scan.usable = history::Usable::any;
  scan.parts = history::SummaryParts::points;
  auto cursor = co_await history->summaries(std::move(scan));
  if (!cursor) co_return cursor.error();
  TypeCheck types(true);
  while (true) {
    const auto some = co_await next_of(&*cursor, &types);
    if (!some) co_return some.error();
    if (some->empty()) break;
    for (const history::Summary& summary : *some) m4.add(summary);
  }
  co_return Plot{m4.take(), cursor->incomplete(), cursor->archived()};
}

std::size_t text_bytes_of(const ValueAt& at) {
  const auto* text = at.value ? std::get_if<std::string>(&*at.value) : nullptr;
  return text == nullptr ? 0 : text->size();
}

Error too_much_text() {
  return {QueryError::bad_limit, fmt::format("the texts at these times come to more than {} MiB: ask for fewer times",
                                             at_text_bytes_max >> 20U)};
}

bool is_text(const std::optional<Sample>& sample) { return sample && type_of(sample->value) == ValueType::text; }

// On the pool from the first wait on.
Task<Result<AtTime>> read_at_time(history::History* history, AtTimeRequest request) {
  AtTime answer;
  answer.values.reserve(request.times.size());
  std::uint64_t text_bytes = 0;
  Neighbours neighbours(*history, view_of(request));
  for (const Time time : request.times) {
    const auto done = co_await neighbours.move_to(time);
    if (!done) co_return done.error();
    if (request.line == Line::linear && is_text(neighbours.before())) {
      co_return Error(QueryError::not_numeric, "the signal is a text; no line runs from one to another");
    }
    answer.values.push_back(value_at(time, neighbours.before(), neighbours.after(), request));
    text_bytes += text_bytes_of(answer.values.back());
    if (text_bytes > at_text_bytes_max) co_return too_much_text();
  }
  answer.incomplete = neighbours.incomplete();
  co_return answer;
}

// On the pool from the first wait on.
Task<Result<Aggregated>> read_states(history::History* history, IntervalsRequest request, StatesSink sink) {
  const Intervals intervals(request);
  StateCounter counter(intervals, request.usable, request.now, std::move(sink));
  const SignalView view = view_of(request);
  const auto before = co_await last_before(history, view, request.from);
  if (!before) co_return before.error();
  if (auto added = counter.add(before->samples); !added) co_return added.error();

  Scan scan = scan_of(view);
  scan.from = request.from;
  scan.to = request.to;
  auto cursor = co_await history->scan(std::move(scan));
  if (!cursor) co_return cursor.error();
  while (true) {
    auto samples = co_await cursor->next();
    if (!samples) co_return samples.error();
    if (samples->empty()) break;
    if (auto added = counter.add(*samples); !added) co_return added.error();
    cursor->recycle(std::move(*samples));
  }
  const auto after = co_await first_from(history, view, request.to);
  if (!after) co_return after.error();
  if (auto finished = counter.finish(after->samples); !finished) co_return finished.error();
  co_return Aggregated{before->incomplete || cursor->incomplete() || after->incomplete, std::nullopt};
}

Result<void> check_intervals(const IntervalsRequest& request) {
  if (request.from >= request.to) return bad_range();
  if (request.step && request.step->count() < 1)
    return Error(QueryError::bad_limit, "the step must be at least one nanosecond");
  const Intervals intervals(request);
  if (intervals.count() <= aggregate_intervals_max) return {};
  return Error(QueryError::bad_limit,
               fmt::format("the range has {} intervals of this step; there may be at most {}: take a longer step",
                           intervals.count(), aggregate_intervals_max));
}

}  // namespace

bool may_go_well_later(const Error& error) {
  return error.is(history::HistoryError::cancelled) || error.is(history::HistoryError::too_much);
}

Task<Result<Raw>> Queries::raw(RawRequest request) {
  if (request.from >= request.to) co_return bad_range();
  if (request.limit < 1 || request.limit > raw_limit_max) co_return bad_limit("limit", request.limit, raw_limit_max);
  Scan scan = scan_of(view_of(request));
  scan.from = request.from;
  scan.to = request.to;
  scan.direction = request.direction;
  scan.revisions = request.revisions;
  scan.limit = request.limit + 1;
  scan.after = request.after;
  scan.columns = scan.columns.with({Column::revisions});
  if (request.arrivals) scan.columns = scan.columns.with({Column::arrivals});
  auto cursor = co_await history_.scan(std::move(scan));
  auto raw = co_await read_raw(std::move(cursor), Page(request.limit, request.bytes_max));
  co_await runtime::on(home_);
  co_return raw;
}

Task<Result<Plot>> Queries::plot(PlotRequest request) {
  if (request.from >= request.to) co_return bad_range();
  if (request.width < 1 || request.width > plot_width_max) co_return bad_limit("width", request.width, plot_width_max);
  auto plot = co_await read_plot(&history_, std::move(request));
  co_await runtime::on(home_);
  co_return plot;
}

Task<Result<Aggregated>> Queries::aggregate(AggregateRequest request, IntervalSink sink) {
  if (auto fits = check_intervals(request); !fits) co_return fits.error();
  auto aggregated = co_await read_aggregate(&history_, std::move(request), std::move(sink));
  co_await runtime::on(home_);
  co_return aggregated;
}

Task<Result<Aggregated>> Queries::states(IntervalsRequest request, StatesSink sink) {
  if (auto fits = check_intervals(request); !fits) co_return fits.error();
  auto states = co_await read_states(&history_, std::move(request), std::move(sink));
  co_await runtime::on(home_);
  co_return states;
}

Task<Result<AtTime>> Queries::at_time(AtTimeRequest request) {
  if (request.times.empty() || request.times.size() > at_times_max) {
    co_return bad_limit("the number of times", request.times.size(), at_times_max);
  }
  if (std::ranges::adjacent_find(request.times, std::greater_equal()) != request.times.end()) {
    co_return Error(QueryError::bad_range, "the times must ascend, each once");
  }
  auto answer = co_await read_at_time(&history_, std::move(request));
  co_await runtime::on(home_);
  co_return answer;
}

}  // namespace artery::query
