#include "history/summary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string_view>

#include "base/assert.h"
#include "history/codec/versions.h"

namespace artery::history {
namespace {

using codec::run_fastest;

constexpr double seconds_per_ns = 1e-9;
// FNV-1a: short, without state, and what it gives is on disk.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3U;
  return hash;
}

Point point_at(const Samples& samples, std::size_t row) {
  const bool is_text = samples.type == ValueType::text;
  return {samples.times[row], is_text ? hash_of(samples.text_at(row)) : samples.words[row], samples.qualities[row]};
}

// A block: so few rows that plain sums over lanes lose nothing that counts, and all of its columns stay in the cache.
// The loops below are written for the compiler to take `lanes` rows at a time.
constexpr std::size_t block_rows = 1024;
constexpr std::size_t lanes = 8;

// Whole passes over a column, as codec/versions.h wants them. Floats are compared as signed numbers that ascend as they
// do, which a compiler may do for many at once without asking what NaN would come to.
constexpr std::int64_t ordered(std::uint64_t word, double) {
  const auto bits = static_cast<std::int64_t>(word);
  return bits ^ static_cast<std::int64_t>(static_cast<std::uint64_t>(bits >> 63U) >> 1U);
}
constexpr std::int64_t ordered(std::uint64_t word, std::int64_t) { return static_cast<std::int64_t>(word); }

template <class Number>
struct FindExtremes {  // as ordered() has them
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict words, std::size_t rows,
                                                std::int64_t* __restrict least, std::int64_t* __restrict greatest) {
    std::int64_t low = std::numeric_limits<std::int64_t>::max();
    std::int64_t high = std::numeric_limits<std::int64_t>::min();
    for (std::size_t row = 0; row < rows; ++row) {
      const std::int64_t number = ordered(words[row], Number());
      low = number < low ? number : low;
      high = number > high ? number : high;
    }
    *least = low;
    *greatest = high;
  }
};
template <class Number>
struct CountEqual {
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict words, std::size_t rows, Number number,
                                                std::size_t* __restrict count) {
    std::size_t found = 0;
    for (std::size_t row = 0; row < rows; ++row) found += std::bit_cast<Number>(words[row]) == number ? 1U : 0U;
    *count = found;
  }
};
struct AnyNan {
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict words, std::size_t rows,
                                                bool* __restrict any) {
    constexpr std::uint64_t infinity = 0x7FF0000000000000;
    std::uint64_t signs = 0;
    for (std::size_t row = 0; row < rows; ++row) signs |= infinity - (words[row] & ~(std::uint64_t{1} << 63U));
    *any = signs >> 63U != 0;
  }
};
struct AllBits {
  [[gnu::always_inline]] static inline void run(const Quality* __restrict qualities, std::size_t rows,
                                                std::uint32_t* __restrict all) {
    std::uint32_t bits = 0;
    for (std::size_t row = 0; row < rows; ++row) bits |= qualities[row].value();
    *all = bits;
  }
};

template <class Term>
double sum_of(std::size_t rows, Term term) {
  std::array<double, lanes> sums{};
  std::size_t row = 0;
  for (; row + lanes <= rows; row += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += term(row + lane);
  }
  for (std::size_t lane = 0; row < rows; ++row, ++lane) sums[lane] += term(row);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

// Rows of one block, all of them usable, as numbers.
template <class Number>
class Numbers {
 public:
  Numbers(const Samples& samples, std::size_t begin, std::size_t end)
      : times_(samples.times.data() + begin), words_(samples.words.data() + begin), rows_(end - begin) {}

  [[nodiscard]] Number at(std::size_t row) const { return std::bit_cast<Number>(words_[row]); }
  [[nodiscard]] std::size_t size() const { return rows_; }

  struct Extremes {
    Number least;
    Number greatest;
  };
  [[nodiscard]] Extremes extremes() const {
    std::int64_t least = 0;
    std::int64_t greatest = 0;
    run_fastest<FindExtremes<Number>>(words_, rows_, &least, &greatest);
    // ordered() is its own inverse.
    const auto number = [](std::int64_t of) {
      return std::bit_cast<Number>(ordered(static_cast<std::uint64_t>(of), Number()));
    };
    return {number(least), number(greatest)};
  }
  [[nodiscard]] std::size_t first_equal(Number number) const {
    std::size_t row = 0;
    for (std::size_t found = 0;; row += stretch_rows) {
      run_fastest<CountEqual<Number>>(words_ + row, std::min(stretch_rows, rows_ - row), number, &found);
      if (found > 0) break;
    }
    while (at(row) != number) ++row;
    return row;
  }

  void sum_up(Summary& into, const Extremes& extremes) const {
    if constexpr (std::is_same_v<Number, double>) {
      const About about = about_mean([&](std::size_t row) { return at(row); });
      into.sum.high = about.mean * static_cast<double>(rows_);
      if (std::isfinite(into.sum.high)) {  // what rounding took from the product, and from the mean
        into.sum.low = std::fma(about.mean, static_cast<double>(rows_), -into.sum.high);
        into.sum.add(about.offsets);
      }
      into.squares = about.squares;
    } else {
      WideInteger sum = 0;
      for (std::size_t row = 0; row < rows_; ++row) sum += at(row);
      into.whole_sum = sum;
      // Counted from the least, where the differences are small even if the numbers are not.
      const Number least = extremes.least;
      into.squares = static_cast<double>(extremes.greatest) - static_cast<double>(least) < 0x1p62
                         ? about_mean([&](std::size_t row) { return static_cast<double>(at(row) - least); }).squares
                         : about_mean([&](std::size_t row) { return static_cast<double>(at(row)); }).squares;
    }
  }
  [[nodiscard]] std::uint64_t transitions() const {
    std::uint64_t count = 0;
    for (std::size_t row = 1; row < rows_; ++row) count += at(row) != at(row - 1) ? 1U : 0U;
    return count;
  }
  [[nodiscard]] TimeWeighted weighted() const {
    TimeWeighted to;
    to.usable_ns = nanoseconds_between(times_[0], times_[rows_ - 1]);
    std::uint64_t nonzero_ns = 0;
    for (std::size_t row = 0; row + 1 < rows_; ++row) nonzero_ns += at(row) != 0 ? span(row) : 0;
    to.nonzero_ns = nonzero_ns;
    std::array<double, block_rows> space;
    double* const spans = space.data();
    const bool fits = to.usable_ns <= static_cast<std::uint64_t>(time_max.value());  // signed ones convert faster
    for (std::size_t row = 0; row + 1 < rows_; ++row) {
      spans[row] = fits ? static_cast<double>(std::bit_cast<std::int64_t>(span(row))) : static_cast<double>(span(row));
    }
    const auto number = [&](std::size_t row) { return static_cast<double>(at(row)); };
    to.stepped.high = seconds_per_ns * sum_of(rows_ - 1, [&](std::size_t row) { return number(row) * spans[row]; });
    to.linear.high = seconds_per_ns * sum_of(rows_ - 1, [&](std::size_t row) {
                       return (0.5 * number(row) + 0.5 * number(row + 1)) * spans[row];
                     });
    return to;
  }

 private:
  static constexpr std::size_t stretch_rows = 64;

  [[nodiscard]] std::uint64_t span(std::size_t row) const { return nanoseconds_between(times_[row], times_[row + 1]); }

  struct About {
    double mean;     // rounded
    double offsets;  // sum of what the terms are off that
    double squares;  // of what they are off the mean itself
  };
  template <class Term>
  [[nodiscard]] About about_mean(Term term) const {
    const auto rows = static_cast<double>(rows_);
    const double mean = sum_of(rows_, term) / rows;
    const double offsets = sum_of(rows_, [&](std::size_t row) { return term(row) - mean; });
    const double squares = sum_of(rows_, [&](std::size_t row) {
      const double offset = term(row) - mean;
      return offset * offset;
    });
    return {mean, offsets, squares - offsets * offsets / rows};
  }

  const Time* times_;
  const std::uint64_t* words_;
  std::size_t rows_;
};

template <class Number>
void add_numbers(Summary& to, const Samples& samples, std::size_t begin, std::size_t end, SummaryParts parts) {
  const Numbers<Number> numbers(samples, begin, end);
  const auto extremes = numbers.extremes();
  to.min = point_at(samples, begin + numbers.first_equal(extremes.least));
  to.max = point_at(samples, begin + numbers.first_equal(extremes.greatest));
  if (parts == SummaryParts::points) return;
  numbers.sum_up(to, extremes);
  to.transitions = numbers.transitions();
  to.weighted = numbers.weighted();
}

void add_texts(Summary& to, const Samples& samples, std::size_t begin, std::size_t end) {
  for (std::size_t row = begin + 1; row < end; ++row) {
    to.transitions += samples.text_at(row) != samples.text_at(row - 1) ? 1U : 0U;
  }
  to.weighted.usable_ns = nanoseconds_between(samples.times[begin], samples.times[end - 1]);
}

// The columns' plain pointers: a checked index would keep these loops from being vectorised.
Quality worst_of(const Quality* qualities, std::size_t rows) {
  std::uint32_t all = 0;
  run_fastest<AllBits>(qualities, rows, &all);
  Quality worst = qualities[0];
  if (severity_of(Quality(all)) == 0) return worst;
  for (std::size_t row = 0; row < rows; ++row) {
    if (severity_of(qualities[row]) > severity_of(worst)) worst = qualities[row];
  }
  return worst;
}

std::uint64_t uncertain_of(const Quality* qualities, std::size_t rows) {
  std::uint32_t count = 0;
  for (std::size_t row = 0; row < rows; ++row) count += severity_of(qualities[row]) == 1 ? 1U : 0U;
  return count;
}

// Rows of one block that are all usable, or all not.
Summary summary_of(const Samples& samples, std::size_t begin, std::size_t end, bool usable, SummaryParts parts) {
  Summary to;
  to.type = samples.type;
  to.count = end - begin;
  to.worst = worst_of(samples.qualities.data() + begin, to.count);
  to.first = point_at(samples, begin);
  to.last = end - begin == 1 ? to.first : point_at(samples, end - 1);
  if (!usable) {
    to.unusable = to.count;
    return to;
  }
  if (severity_of(to.worst) != 0) to.uncertain = uncertain_of(samples.qualities.data() + begin, to.count);
  to.first_usable = to.first;
  to.last_usable = to.last;
  if (samples.type == ValueType::f64) {
    add_numbers<double>(to, samples, begin, end, parts);
  } else if (samples.type == ValueType::text) {
    add_texts(to, samples, begin, end);
  } else {
    add_numbers<std::int64_t>(to, samples, begin, end, parts);  // of a bool the word is 0 or 1
  }
  return to;
}

// Tells which rows are usable.
class UsableRows {
 public:
  UsableRows(const Samples& samples, Usable rule)
      : qualities_(samples.qualities.data()),
        words_(samples.words.data()),
        may_be_nan_(samples.type == ValueType::f64),
        mask_(mask_of(rule)) {}

  [[nodiscard]] bool all(std::size_t begin, std::size_t end) const {
    std::uint32_t qualities = 0;
    run_fastest<AllBits>(qualities_ + begin, end - begin, &qualities);
    if ((qualities & mask_) != 0) return false;
    bool any_nan = false;
    if (may_be_nan_) run_fastest<AnyNan>(words_ + begin, end - begin, &any_nan);
    return !any_nan;
  }
  [[nodiscard]] bool at(std::size_t row) const {
    return (qualities_[row].value() & mask_) == 0 && !(may_be_nan_ && is_nan(row));
  }

 private:
  // The bits of a quality that make a sample unusable.
  static std::uint32_t mask_of(Usable rule) {
    switch (rule) {
      case Usable::good:
        return 0xC0000000U;
      case Usable::not_bad:
        return 0x80000000U;
      case Usable::any:
        break;
    }
    return 0;
  }
  [[nodiscard]] bool is_nan(std::size_t row) const { return std::isnan(std::bit_cast<double>(words_[row])); }

  const Quality* qualities_;
  const std::uint64_t* words_;
  const bool may_be_nan_;
  const std::uint32_t mask_;
};

// The mean of `later` less that of `earlier`, as exactly as the sums are.
double mean_step(const Summary& earlier, const Summary& later) {
  const auto before = static_cast<double>(earlier.usable());
  const auto after = static_cast<double>(later.usable());
  if (earlier.type != ValueType::f64) {
    const auto before_count = static_cast<WideInteger>(earlier.usable());
    const auto after_count = static_cast<WideInteger>(later.usable());
    const WideInteger whole = later.whole_sum / after_count - earlier.whole_sum / before_count;
    return static_cast<double>(whole) + (static_cast<double>(later.whole_sum % after_count) / after -
                                         static_cast<double>(earlier.whole_sum % before_count) / before);
  }
  const double mean_before = earlier.sum.high / before;
  const double mean_after = later.sum.high / after;
  const double rest_before = (std::fma(-mean_before, before, earlier.sum.high) + earlier.sum.low) / before;
  const double rest_after = (std::fma(-mean_after, after, later.sum.high) + later.sum.low) / after;
  return (mean_after - mean_before) + (rest_after - rest_before);
}

// What only numbers have; both hold usable ones.
void join_numbers(Summary& to, const Summary& later) {
  const auto before = static_cast<double>(to.usable());
  const auto after = static_cast<double>(later.usable());
  const double step = mean_step(to, later);
  to.squares += later.squares + step * step * (before * after / (before + after));  // Chan, Golub, LeVeque 1979
  const auto less = [&](const Point& a, const Point& b) {
    if (to.type == ValueType::f64) return std::bit_cast<double>(a.word) < std::bit_cast<double>(b.word);
    return std::bit_cast<std::int64_t>(a.word) < std::bit_cast<std::int64_t>(b.word);
  };
  if (less(later.min, to.min)) to.min = later.min;
  if (less(to.max, later.max)) to.max = later.max;
  to.sum.add(later.sum);
  to.whole_sum += later.whole_sum;
}

// Both hold usable samples, or `to` takes over what `later` has of them.
void join_usable(Summary& to, const Summary& later) {
  if (later.usable() == 0) return;
  if (to.usable() == 0) {
    to.first_usable = later.first_usable;
    to.min = later.min;
    to.max = later.max;
    to.sum = later.sum;
    to.whole_sum = later.whole_sum;
    to.squares = later.squares;
    to.transitions = later.transitions;
  } else {
    to.transitions += later.transitions + (same_value(to.type, to.last_usable, later.first_usable) ? 0U : 1U);
    if (to.type != ValueType::text) join_numbers(to, later);
  }
  to.last_usable = later.last_usable;
}

}  // namespace

double number_of(ValueType type, std::uint64_t word) {
  if (type == ValueType::f64) return std::bit_cast<double>(word);
  return type == ValueType::text ? 0 : static_cast<double>(std::bit_cast<std::int64_t>(word));
}

bool same_value(ValueType type, const Point& a, const Point& b) {
  if (type == ValueType::f64) return std::bit_cast<double>(a.word) == std::bit_cast<double>(b.word);
  return a.word == b.word;
}

void Compensated::add(double term) {
  const double sum = high + term;
  low += std::abs(high) >= std::abs(term) ? (high - sum) + term : (term - sum) + high;
  high = sum;
}

void Compensated::add(const Compensated& other) {
  add(other.high);
  low += other.low;
}

double Compensated::value() const { return std::isfinite(high) ? high + low : high; }

void TimeWeighted::add(const TimeWeighted& other) {
  usable_ns += other.usable_ns;
  nonzero_ns += other.nonzero_ns;
  stepped.add(other.stepped);
  linear.add(other.linear);
}

TimeWeighted between(ValueType type, const Point& before, const std::optional<Point>& next, Time from, Time to) {
  TimeWeighted weighted;
  weighted.usable_ns = nanoseconds_between(from, to);
  if (type == ValueType::text) return weighted;
  const double held = number_of(type, before.word);
  const double seconds = static_cast<double>(weighted.usable_ns) * seconds_per_ns;
  if (held != 0) weighted.nonzero_ns = weighted.usable_ns;
  weighted.stepped.high = held * seconds;
  if (!next) {
    weighted.linear = weighted.stepped;
    return weighted;
  }
  // The mean of a straight line is its value in the middle, which lies `part` of the way to `next`.
  const auto whole = static_cast<double>(nanoseconds_between(before.time, next->time));
  const double part = (0.5 * static_cast<double>(nanoseconds_between(before.time, from)) +
                       0.5 * static_cast<double>(nanoseconds_between(before.time, to))) /
                      whole;
  weighted.linear.high = (held * (1 - part) + number_of(type, next->word) * part) * seconds;
  return weighted;
}

double Summary::total() const { return type == ValueType::f64 ? sum.value() : static_cast<double>(whole_sum); }

double Summary::mean() const { return total() / static_cast<double>(usable()); }

void Summary::add(const Samples& samples, std::size_t begin, std::size_t end, Usable rule, SummaryParts parts) {
  ARTERY_ASSERT(begin <= end && end <= samples.size());
  const UsableRows usable(samples, rule);
  while (begin < end) {
    std::size_t stop = std::min(end, begin + block_rows);
    const bool is_usable = usable.at(begin);
    if (!is_usable || !usable.all(begin, stop)) {
      const std::size_t limit = stop;
      for (stop = begin + 1; stop < limit && usable.at(stop) == is_usable;) ++stop;
    }
    join(summary_of(samples, begin, stop, is_usable, parts));
    begin = stop;
  }
}

void Summary::join(const Summary& later) {
  if (later.empty()) return;
  if (empty()) {
    *this = later;
    return;
  }
  ARTERY_ASSERT(type == later.type && last.time < later.first.time);
  if (ends_usable()) {
    const auto next = later.begins_usable() ? std::optional(later.first) : std::nullopt;
    weighted.add(between(type, last, next, last.time, later.first.time));
  }
  weighted.add(later.weighted);
  join_usable(*this, later);
  if (severity_of(later.worst) > severity_of(worst)) worst = later.worst;
  count += later.count;
  unusable += later.unusable;
  uncertain += later.uncertain;
  last = later.last;
}

}  // namespace artery::history
