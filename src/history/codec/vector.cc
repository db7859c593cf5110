#include "history/codec/vector.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/assert.h"
#include "history/codec/bits.h"
#include "history/codec/sums.h"
#include "history/codec/versions.h"

namespace artery::codec {
namespace {

using Values = std::span<const std::uint64_t>;
using Scratch = std::array<std::uint64_t, vector_values>;

constexpr std::size_t dictionary_max = 64;
constexpr std::size_t width_bytes = 1;

// The passes over all values, as versions.h wants them.
struct Extremes {
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict values, std::size_t count,
                                                std::int64_t* __restrict low, std::int64_t* __restrict high) {
    std::int64_t least = *low;
    std::int64_t greatest = *high;
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = static_cast<std::int64_t>(values[i]);
      least = value < least ? value : least;
      greatest = value > greatest ? value : greatest;
    }
    *low = least;
    *high = greatest;
  }
};
struct Offsets {
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict values, std::size_t count,
                                                std::uint64_t base, std::uint64_t* __restrict offsets) {
    for (std::size_t i = 0; i < count; ++i) offsets[i] = values[i] - base;
  }
};
struct Differences {  // from the second one on
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict values, std::size_t count,
                                                std::uint64_t* __restrict differences) {
    for (std::size_t i = 1; i < count; ++i) differences[i] = values[i] - values[i - 1];
  }
};
struct Changes {  // adds their number
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict values, std::size_t count,
                                                std::size_t* __restrict changes) {
    std::size_t found = 0;
    for (std::size_t i = 1; i < count; ++i) found += values[i] != values[i - 1] ? 1U : 0U;
    *changes += found;
  }
};

std::size_t varint_bytes(std::uint64_t value) { return std::max(1U, (bits_of(value) + 6) / 7); }

// A frame of reference: every value is base + something of `width` bits. The base is the least as a signed number.
struct Frame {
  std::uint64_t base = 0;
  unsigned width = 0;

  static Frame of(Values values) {
    auto low = std::numeric_limits<std::int64_t>::max();
    auto high = std::numeric_limits<std::int64_t>::min();
    run_fastest<Extremes>(values.data(), values.size(), &low, &high);
    return {static_cast<std::uint64_t>(low),
            bits_of(static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low))};
  }
  [[nodiscard]] std::size_t bytes(std::size_t count) const {
    return varint_bytes(zigzag(base)) + width_bytes + packed_bytes(count, width);
  }
};

void write_frame(Buffer& out, Values values, const Frame& frame) {
  put_varint(out, zigzag(frame.base));
  out.push_back(static_cast<std::byte>(frame.width));
  Scratch offsets;
  run_fastest<Offsets>(values.data(), values.size(), frame.base, offsets.data());
  pack(out, std::span(offsets).first(values.size()), frame.width);
}

bool read_frame(ByteReader& reader, std::span<std::uint64_t> values) {
  const std::uint64_t base = unzigzag(get_varint(reader));
  const unsigned width = reader.get<std::uint8_t>();
  if (width > width_max) return false;
  const Bytes packed = reader.bytes(packed_bytes(values.size(), width));
  if (reader.failed()) return false;
  unpack_add(packed, width, base, values);
  return true;
}

// The difference to the value before; that of the first is the second's, so that it costs nothing of its own.
struct Deltas {
  Scratch values;
  Frame frame;

  explicit Deltas(Values of) {
    run_fastest<Differences>(of.data(), of.size(), values.data());
    frame = of.size() < 2 ? Frame{} : Frame::of(std::span(values).subspan(1, of.size() - 1));
    values[0] = of.size() < 2 ? 0 : values[1];
  }
};

struct Runs {
  std::size_t count = 0;
  Scratch values;
  Scratch lengths;

  explicit Runs(Values of) {
    for (std::size_t i = 0; i < of.size(); ++count) {
      std::size_t end = i + 1;
      while (end < of.size() && of[end] == of[i]) ++end;
      values[count] = of[i];
      lengths[count] = end - i;
      i = end;
    }
  }
  [[nodiscard]] Values all_values() const { return Values(values).first(count); }
  [[nodiscard]] Values all_lengths() const { return Values(lengths).first(count); }
};

std::size_t count_runs(Values values) {
  std::size_t runs = 1;
  run_fastest<Changes>(values.data(), values.size(), &runs);
  return runs;
}

// The distinct values, ascending; empty where they are more than a dictionary may have.
struct Dictionary {
  std::size_t count = 0;
  std::array<std::uint64_t, dictionary_max> entries;

  explicit Dictionary(Values of) {
    for (const std::uint64_t value : of) {
      const auto at = std::lower_bound(entries.begin(), end(), value);
      if (at != end() && *at == value) continue;
      if (count == dictionary_max) {
        count = 0;
        return;
      }
      std::copy_backward(at, end(), end() + 1);
      *at = value;
      ++count;
    }
  }
  [[nodiscard]] std::uint64_t* end() { return entries.begin() + count; }
  [[nodiscard]] Values all() const { return Values(entries).first(count); }
  [[nodiscard]] std::uint64_t find(std::uint64_t value) const {
    return static_cast<std::uint64_t>(std::ranges::lower_bound(all(), value) - all().begin());
  }
};

void write_runs(Buffer& out, Values values) {
  const Runs runs(values);
  put_varint(out, runs.count);
  write_frame(out, runs.all_values(), Frame::of(runs.all_values()));
  write_frame(out, runs.all_lengths(), Frame::of(runs.all_lengths()));
}

bool read_runs(ByteReader& reader, std::span<std::uint64_t> values) {
  const std::uint64_t count = get_varint(reader);
  if (count == 0 || count > values.size()) return false;
  Scratch of_runs;
  Scratch lengths;
  if (!read_frame(reader, std::span(of_runs).first(count)) || !read_frame(reader, std::span(lengths).first(count)))
    return false;
  std::size_t at = 0;
  for (std::size_t run = 0; run < count; ++run) {
    if (lengths[run] > values.size() - at) return false;
    std::ranges::fill(values.subspan(at, lengths[run]), of_runs[run]);
    at += lengths[run];
  }
  return at == values.size();
}

void write_dictionary(Buffer& out, Values values) {
  const Dictionary dictionary(values);
  put_varint(out, dictionary.count);
  write_frame(out, dictionary.all(), Frame::of(dictionary.all()));
  Scratch indexes;
  for (std::size_t i = 0; i < values.size(); ++i) indexes[i] = dictionary.find(values[i]);
  pack(out, std::span(indexes).first(values.size()), bits_of(dictionary.count - 1));
}

bool read_dictionary(ByteReader& reader, std::span<std::uint64_t> values) {
  const std::uint64_t count = get_varint(reader);
  if (count == 0 || count > dictionary_max) return false;
  std::array<std::uint64_t, dictionary_max> entries{};
  if (!read_frame(reader, std::span(entries).first(count))) return false;
  const unsigned width = bits_of(count - 1);
  const Bytes packed = reader.bytes(packed_bytes(values.size(), width));
  if (reader.failed()) return false;
  unpack(packed, width, values);
  for (std::uint64_t& value : values) {
    if (value >= count) return false;
    value = entries[value];
  }
  return true;
}

struct Choice {
  VectorForm form = VectorForm::frame;
  std::size_t bytes = 0;
  void offer(VectorForm other, std::size_t its_bytes) {
    if (its_bytes < bytes) *this = {other, its_bytes};
  }
};

std::size_t longest_run(Values values) {
  std::size_t longest = 1;
  for (std::size_t i = 1, run = 1; i < values.size(); ++i) {
    run = values[i] == values[i - 1] ? run + 1 : 1;
    longest = std::max(longest, run);
  }
  return longest;
}

// About as many as `frame`'s values take in runs, or more than `worth`.
std::size_t runs_bytes(Values values, const Frame& frame, std::size_t worth) {
  const std::size_t runs = count_runs(values);
  const std::size_t others = varint_bytes(runs) + frame.bytes(runs) + 2;
  const std::size_t at_least = others + packed_bytes(runs, bits_of(values.size() / runs) - 1);
  return at_least > worth ? at_least : others + packed_bytes(runs, bits_of(longest_run(values) - 1));
}

Choice choose(Values values, const Frame& frame, const Deltas& deltas) {
  Choice best{VectorForm::frame, frame.bytes(values.size())};
  const std::size_t first_bytes = varint_bytes(zigzag(values[0]));
  const Values differences = Values(deltas.values).first(values.size());
  best.offer(VectorForm::delta, first_bytes + deltas.frame.bytes(values.size()));
  best.offer(VectorForm::runs, runs_bytes(values, frame, best.bytes));
  best.offer(VectorForm::delta_runs, first_bytes + runs_bytes(differences, deltas.frame, best.bytes));
  // A dictionary of two entries saves where a frame takes more bits than an index; the look for one is not free.
  if (best.bytes > packed_bytes(values.size(), 4)) {
    const Dictionary dictionary(values);
    if (dictionary.count > 1) {
      best.offer(VectorForm::dictionary,
                 1 + frame.bytes(dictionary.count) + packed_bytes(values.size(), bits_of(dictionary.count - 1)));
    }
  }
  return best;
}

}  // namespace

void write_vector(Buffer& out, Values values) {
  ARTERY_ASSERT(!values.empty() && values.size() <= vector_values);
  const Frame frame = Frame::of(values);
  if (frame.width == 0) {
    out.push_back(static_cast<std::byte>(VectorForm::constant));
    return put_varint(out, zigzag(frame.base));
  }
  const Deltas deltas(values);
  const VectorForm form = choose(values, frame, deltas).form;
  out.push_back(static_cast<std::byte>(form));
  switch (form) {
    case VectorForm::delta:
      put_varint(out, zigzag(values[0]));
      return write_frame(out, std::span(deltas.values).first(values.size()), deltas.frame);
    case VectorForm::delta_runs:
      put_varint(out, zigzag(values[0]));
      return write_runs(out, std::span(deltas.values).first(values.size()));
    case VectorForm::runs:
      return write_runs(out, values);
    case VectorForm::dictionary:
      return write_dictionary(out, values);
    case VectorForm::constant:
    case VectorForm::frame:
      return write_frame(out, values, frame);
  }
}

bool read_vector(ByteReader& reader, std::span<std::uint64_t> values) {
  ARTERY_ASSERT(!values.empty() && values.size() <= vector_values);
  const auto form = reader.get<VectorForm>();
  switch (form) {
    case VectorForm::constant:
      std::ranges::fill(values, unzigzag(get_varint(reader)));
      return !reader.failed();
    case VectorForm::frame:
      return read_frame(reader, values);
    case VectorForm::delta:
    case VectorForm::delta_runs: {
      const std::uint64_t first = unzigzag(get_varint(reader));
      if (!(form == VectorForm::delta ? read_frame(reader, values) : read_runs(reader, values))) return false;
      sum_up(values, first - values[0]);
      return true;
    }
    case VectorForm::runs:
      return read_runs(reader, values);
    case VectorForm::dictionary:
      return read_dictionary(reader, values);
  }
  return false;
}

}  // namespace artery::codec
