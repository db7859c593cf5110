#include "history/stamps.h"

#include <algorithm>

#include "base/assert.h"
#include "history/codec/versions.h"

namespace artery::history {
namespace {

using codec::Effort;
using codec::run_fastest;
using Integers = std::vector<std::uint64_t>;

constexpr std::int64_t arrival_unit = 1'000'000;  // ns: the log gives arrivals as whole milliseconds, but for a few

void write_times(Buffer& out, const Samples& samples, Effort effort) {
  Integers since_first(samples.size());
  std::ranges::transform(samples.times, since_first.begin(),
                         [&](Time time) { return bits(time) - bits(samples.times.front()); });
  codec::write_integers(out, since_first, effort);
}

// In two columns: whole milliseconds, and what is left, which is nearly always nothing.
void write_arrivals(Buffer& out, const Samples& samples, Effort effort) {
  Integers whole(samples.size());
  Integers rest(samples.size());
  for (std::size_t row = 0; row < samples.size(); ++row) {
    const std::int64_t arrival = samples.arrivals[row].value();
    const std::int64_t left = ((arrival % arrival_unit) + arrival_unit) % arrival_unit;
    rest[row] = static_cast<std::uint64_t>(left);
    whole[row] = static_cast<std::uint64_t>(arrival / arrival_unit - (arrival % arrival_unit < 0 ? 1 : 0));
  }
  codec::write_integers(out, whole, effort);
  codec::write_integers(out, rest, effort);
}

// The passes over all rows, as codec/versions.h wants them.
struct Order {
  std::uint64_t descents = 0;
  std::uint64_t repeats = 0;
};
struct AddFirst {  // and tells how often times descend, or are what the one before was
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict since, std::size_t rows,
                                                std::uint64_t first, Time* __restrict times, Order* __restrict order) {
    times[0] = time_of(first + since[0]);
    Order found;  // without a way out on the way: that is quicker where there are none, as nearly always
    for (std::size_t row = 1; row < rows; ++row) {
      const Time time = time_of(first + since[row]);
      const Time before = time_of(first + since[row - 1]);
      found.descents += time < before ? 1U : 0U;
      found.repeats += time == before ? 1U : 0U;
      times[row] = time;
    }
    *order = found;
  }
};
struct DrawTimes {
  [[gnu::always_inline]] static inline void run(Time* __restrict times, std::size_t rows, std::uint64_t first,
                                                std::uint64_t step) {
    for (std::size_t row = 0; row < rows; ++row) times[row] = time_of(first + row * step);
  }
};
struct FromMilliseconds {
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict milliseconds, std::size_t rows,
                                                Time* __restrict times) {
    for (std::size_t row = 0; row < rows; ++row)
      times[row] = time_of(milliseconds[row] * static_cast<std::uint64_t>(arrival_unit));
  }
};

// Whether none of so many descends: a step that is no greater than what is left up to the greatest time for each.
bool ascends(const codec::Line& times, std::size_t rows) {
  return rows < 2 || times.step <= (bits(time_max) - times.first) / (rows - 1);
}

}  // namespace

void write_stamps(Buffer& out, const Samples& samples, Effort effort) {
  ARTERY_ASSERT(!samples.empty());
  const std::size_t start = out.size();
  write_times(out, samples, effort);
  write_arrivals(out, samples, effort);
  ARTERY_ASSERT(out.size() - start <= stamps_bytes_max);
}

std::optional<TimesFound> read_times(ByteReader& reader, std::uint64_t first, Space space, std::vector<Time>& into,
                                     bool asked_for) {
  const std::size_t rows = space.size();
  if (const auto line = codec::read_line(reader)) {
    if (line->first != 0 || !ascends({first, line->step}, rows)) return std::nullopt;
    const bool differ = line->step > 0 || rows == 1;
    if (asked_for || !differ) {
      into.resize(rows);
      run_fastest<DrawTimes>(into.data(), rows, first, line->step);
    }
    return TimesFound{{time_of(first), time_of(first + (rows - 1) * line->step)}, differ};
  }
  if (!codec::read_integers(reader, space)) return std::nullopt;
  into.resize(rows);
  Order order;
  run_fastest<AddFirst>(read_only(space), rows, first, into.data(), &order);
  if (bits(into.front()) != first || order.descents != 0) return std::nullopt;
  return TimesFound{{into.front(), into.back()}, order.repeats == 0};
}

bool read_arrivals(ByteReader& reader, Space space, std::vector<Time>& into) {
  if (const auto whole = codec::read_equal(reader)) {
    fill(into, space.size(), time_of(*whole * static_cast<std::uint64_t>(arrival_unit)));
  } else {
    if (!codec::read_integers(reader, space)) return false;
    into.resize(space.size());
    run_fastest<FromMilliseconds>(read_only(space), space.size(), into.data());
  }
  const auto rest = codec::read_equal(reader);
  if (rest == std::uint64_t{0}) return true;
  if (rest) {
    std::ranges::fill(space, *rest);
  } else if (!codec::read_integers(reader, space)) {
    return false;
  }
  std::ranges::transform(into, space, into.begin(),
                         [](Time whole, std::uint64_t left) { return time_of(bits(whole) + left); });
  return true;
}

}  // namespace artery::history
