// M4: per pixel column the first, last, least and greatest value, from summaries in the order of their time.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "history/summary.h"
#include "query/query.h"

namespace artery::query {

class M4 {
 public:
  // from < to, width at least 1.
  M4(Time from, Time to, std::uint32_t width);
  // The end of the column that has the time, which is within the range.
  [[nodiscard]] Time end_of(Time time) const { return edge(column_of(time) + 1); }
  // Of numbers, made with Usable::any, each of one column's samples; a column may come in several, one after the other.
  void add(const history::Summary& summary);
  [[nodiscard]] std::vector<PlotColumn> take() { return std::move(columns_); }

 private:
  [[nodiscard]] std::uint32_t column_of(Time time) const;
  // The first time of the column, or behind the last one.
  [[nodiscard]] Time edge(std::uint32_t column) const;

  const Time from_;
  const Time to_;
  const std::uint64_t range_;
  const std::uint32_t width_;
  const std::uint64_t grain_;  // what edges are rounded down to, in ns; 1: they are where they are
  std::vector<PlotColumn> columns_;
};

}  // namespace artery::query
