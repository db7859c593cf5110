#include "query/m4.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "history/tile.h"

namespace artery::query {
namespace {

__extension__ using Wide = unsigned __int128;  // a range of time times a width

constexpr std::uint64_t grains_per_column = 8;

std::uint64_t grain_of(std::uint64_t range, std::uint32_t width) {
  std::uint64_t grain = 1;
  for (const Duration length : history::tile_lengths) {
    const auto nanoseconds = static_cast<std::uint64_t>(length.count());
    if (nanoseconds <= range / width / grains_per_column) grain = nanoseconds;
  }
  return grain;
}

PlotPoint point_of(ValueType type, const history::Point& point) {
  if (type == ValueType::f64) return {point.time, std::bit_cast<double>(point.word)};
  return {point.time, std::bit_cast<std::int64_t>(point.word)};  // of a bool the word is 0 or 1
}

}  // namespace

M4::M4(Time from, Time to, std::uint32_t width)
    : from_(from),
      to_(to),
      range_(history::nanoseconds_between(from, to)),
      width_(width),
      grain_(grain_of(range_, width)) {}

Time M4::edge(std::uint32_t column) const {
  if (column == 0) return from_;
  if (column >= width_) return to_;
  const auto offset = static_cast<std::uint64_t>((Wide{column} * range_ + width_ - 1) / width_);
  const auto exact = static_cast<std::int64_t>(static_cast<std::uint64_t>(from_.value()) + offset);
  const auto grain = static_cast<std::int64_t>(grain_);
  const std::int64_t beyond = ((exact % grain) + grain) % grain;
  return history::nanoseconds_between(from_, Time(exact)) < static_cast<std::uint64_t>(beyond) ? from_
                                                                                               : Time(exact - beyond);
}

std::uint32_t M4::column_of(Time time) const {
  auto column = static_cast<std::uint32_t>(Wide{history::nanoseconds_between(from_, time)} * width_ / range_);
  while (time >= edge(column + 1)) ++column;  // edges are rounded down
  return column;
}

void M4::add(const history::Summary& summary) {
  ARTERY_ASSERT(summary.type != ValueType::text);
  if (summary.usable() == 0) return;
  const auto point = [&](const history::Point& of) { return point_of(summary.type, of); };
  const PlotColumn next{column_of(summary.first.time),
                        summary.usable(),
                        point(summary.first_usable),
                        point(summary.min),
                        point(summary.max),
                        point(summary.last_usable),
                        summary.worst};
  if (columns_.empty() || columns_.back().column != next.column) {
    columns_.push_back(next);
    return;
  }
  PlotColumn& column = columns_.back();
  column.count += next.count;
  column.last = next.last;
  if (next.min.value < column.min.value) column.min = next.min;
  if (next.max.value > column.max.value) column.max = next.max;
  if (severity_of(next.worst) > severity_of(column.worst)) column.worst = next.worst;
}

}  // namespace artery::query
