#include "query/query.h"

#include <fmt/format.h>

#include <utility>

#include "query/m4.h"

namespace artery::query {

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

Task<Result<Plot>> read_plot(Result<Cursor> cursor, Time from, Time to, std::uint32_t width) {
  if (!cursor) co_return cursor.error();
  M4 m4(from, to, width);
  while (true) {
    const auto samples = co_await cursor->next();
    if (!samples) co_return samples.error();
    if (samples->empty()) break;
    if (samples->type == ValueType::text) {
      co_return Error(QueryError::not_numeric, "the signal is a text; only numbers can be plotted");
    }
    m4.add(*samples);
  }
  co_return Plot{m4.take(), cursor->incomplete()};
}

}  // namespace

Task<Result<Raw>> Queries::raw(RawRequest request) {
  if (request.from >= request.to) co_return bad_range();
  if (request.limit < 1 || request.limit > raw_limit_max) co_return bad_limit("limit", request.limit, raw_limit_max);
  Scan scan{request.asset,     request.signal,    request.from,  request.to,  request.direction,
            request.revisions, request.limit + 1, request.after, request.stop};
  auto cursor = co_await history_.scan(std::move(scan));
  auto raw = co_await read_raw(std::move(cursor), Page(request.limit, request.bytes_max));
  co_await runtime::on(home_);
  co_return raw;
}

Task<Result<Plot>> Queries::plot(PlotRequest request) {
  if (request.from >= request.to) co_return bad_range();
  if (request.width < 1 || request.width > plot_width_max) co_return bad_limit("width", request.width, plot_width_max);
  Scan scan;
  scan.asset = request.asset;
  scan.signal = request.signal;
  scan.from = request.from;
  scan.to = request.to;
  scan.stop = request.stop;
  auto cursor = co_await history_.scan(std::move(scan));
  auto plot = co_await read_plot(std::move(cursor), request.from, request.to, request.width);
  co_await runtime::on(home_);
  co_return plot;
}

}  // namespace artery::query
