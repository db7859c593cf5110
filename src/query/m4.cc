#include "query/m4.h"

#include <bit>
#include <cmath>

#include "base/assert.h"

namespace artery::query {
namespace {

__extension__ using Wide = unsigned __int128;  // a range of time times a width

bool is_nothing(double number) { return std::isnan(number); }
bool is_nothing(std::int64_t) { return false; }

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

template <class Number>
void M4::add_numbers(const history::Samples& samples) {
  for (std::size_t row = 0; row < samples.size(); ++row) {
    const auto number = std::bit_cast<Number>(samples.words[row]);
    if (is_nothing(number)) continue;
    const PlotPoint point{samples.times[row], number};
    if (columns_.empty() || point.time >= column_end_) {
      const std::uint32_t column = column_of(point.time);
      column_end_ = end_of(column);
      columns_.push_back({column, 1, point, point, point, point, samples.qualities[row]});
      continue;
    }
    PlotColumn& column = columns_.back();
    ++column.count;
    column.last = point;
    if (number < *std::get_if<Number>(&column.min.value)) column.min = point;
    if (number > *std::get_if<Number>(&column.max.value)) column.max = point;
    if (severity(samples.qualities[row]) > severity(column.worst)) column.worst = samples.qualities[row];
  }
}

void M4::add(const history::Samples& samples) {
  ARTERY_ASSERT(samples.type != ValueType::text);
  if (samples.type == ValueType::f64) {
    add_numbers<double>(samples);
  } else {
    add_numbers<std::int64_t>(samples);  // of a bool the word is 0 or 1
  }
}

}  // namespace artery::query
