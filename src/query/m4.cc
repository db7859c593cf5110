#include "query/m4.h"

#include <cmath>

namespace artery::query {
namespace {

__extension__ using Wide = unsigned __int128;  // a range of time times a width

double number(const history::Samples& samples, std::size_t row) {
  const std::uint64_t word = samples.words[row];
  switch (samples.type) {
    case ValueType::f64:
      return std::bit_cast<double>(word);
    case ValueType::i64:
      return static_cast<double>(std::bit_cast<std::int64_t>(word));
    case ValueType::boolean:
      return word != 0 ? 1.0 : 0.0;
    case ValueType::text:
      break;
  }
  return std::nan("");
}

constexpr std::uint32_t severity(Quality quality) { return quality.value() >> 30U; }

std::uint64_t distance(Time from, Time to) {
  return static_cast<std::uint64_t>(to.value()) - static_cast<std::uint64_t>(from.value());
}

}  // namespace

M4::M4(Time from, Time to, std::uint32_t width)
    : from_(from), range_(distance(from, to)), width_(width), column_end_(from) {}

std::uint32_t M4::column_of(Time time) const {
  return static_cast<std::uint32_t>(Wide{distance(from_, time)} * width_ / range_);
}

Time M4::end_of(std::uint32_t column) const {
  const auto offset = static_cast<std::uint64_t>((Wide{column + 1} * range_ + width_ - 1) / width_);
  return Time(static_cast<std::int64_t>(static_cast<std::uint64_t>(from_.value()) + offset));
}

void M4::add(const history::Samples& samples) {
  for (std::size_t row = 0; row < samples.size(); ++row) {
    const PlotPoint point{samples.times[row], number(samples, row)};
    if (std::isnan(point.value)) continue;
    if (columns_.empty() || point.time >= column_end_) {
      const std::uint32_t column = column_of(point.time);
      column_end_ = end_of(column);
      columns_.push_back({column, 1, point, point, point, point, samples.qualities[row]});
      continue;
    }
    PlotColumn& column = columns_.back();
    ++column.count;
    column.last = point;
    if (point.value < column.min.value) column.min = point;
    if (point.value > column.max.value) column.max = point;
    if (severity(samples.qualities[row]) > severity(column.worst)) column.worst = samples.qualities[row];
  }
}

}  // namespace artery::query
