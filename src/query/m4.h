// M4: per pixel column the first, last, least and greatest value, from samples in the order of their time.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "history/samples.h"
#include "query/query.h"

namespace artery::query {

class M4 {
 public:
  // from < to, width at least 1.
  M4(Time from, Time to, std::uint32_t width);
  // Samples within the range, none earlier than what was added before; not of texts.
  void add(const history::Samples& samples);
  [[nodiscard]] std::vector<PlotColumn> take() { return std::move(columns_); }

 private:
  template <class Number>
  void add_numbers(const history::Samples& samples);
  [[nodiscard]] std::uint32_t column_of(Time time) const;
  // The first time that is not in the column.
  [[nodiscard]] Time end_of(std::uint32_t column) const;

  const Time from_;
  const std::uint64_t range_;
  const std::uint32_t width_;
  std::vector<PlotColumn> columns_;
  Time column_end_;  // of the last one
};

}  // namespace artery::query
