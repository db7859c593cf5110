#include "history/codec/integers.h"

#include <algorithm>

#include "base/assert.h"
#include "history/codec/bits.h"
#include "history/codec/entropy.h"
#include "history/codec/vector.h"
#include "history/codec/versions.h"

namespace artery::codec {
namespace {

// The numbers are on disk.
enum class RunForm : std::uint8_t { vectors = 0, entropy = 1, line = 2 };

constexpr std::size_t entropy_rows_min = 32;  // below, its table alone takes more than all it could save

// A line has one step from each value to the next; all equal is step 0, and a single value is a line too.
std::uint64_t step_of(std::span<const std::uint64_t> values) { return values.size() < 2 ? 0 : values[1] - values[0]; }

bool is_line(std::span<const std::uint64_t> values) {
  const std::uint64_t step = step_of(values);
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] - values[i - 1] != step) return false;
  }
  return true;
}

Line line_of(ByteReader& reader) {
  const std::uint64_t first = unzigzag(get_varint(reader));
  return {first, unzigzag(get_varint(reader))};
}

struct Draw {
  [[gnu::always_inline]] static inline void run(std::uint64_t* __restrict values, std::size_t count,
                                                std::uint64_t first, std::uint64_t step) {
    for (std::size_t i = 0; i < count; ++i) values[i] = first + i * step;
  }
};

bool read_values_of_line(ByteReader& reader, std::span<std::uint64_t> values) {
  const Line line = line_of(reader);
  run_fastest<Draw>(values.data(), values.size(), line.first, line.step);
  return !reader.failed();
}

void write_vectors(Buffer& out, std::span<const std::uint64_t> values) {
  for (std::size_t at = 0; at < values.size(); at += vector_values)
    write_vector(out, values.subspan(at, std::min(vector_values, values.size() - at)));
}

bool read_vectors(ByteReader& reader, std::span<std::uint64_t> values, const EachStretch& each) {
  for (std::size_t at = 0; at < values.size(); at += vector_values) {
    const auto vector = values.subspan(at, std::min(vector_values, values.size() - at));
    if (!read_vector(reader, vector)) return false;
    if (each) each(vector);
  }
  return true;
}

}  // namespace

void write_integers(Buffer& out, std::span<const std::uint64_t> values, Effort effort) {
  ARTERY_ASSERT(!values.empty() && values.size() <= run_values_max);
  if (is_line(values)) {
    out.push_back(static_cast<std::byte>(RunForm::line));
    put_varint(out, zigzag(values.front()));
    return put_varint(out, zigzag(step_of(values)));
  }
  const std::size_t start = out.size();
  out.push_back(static_cast<std::byte>(RunForm::vectors));
  write_vectors(out, values);
  if (effort == Effort::light || values.size() < entropy_rows_min) return;
  Buffer entropy{static_cast<std::byte>(RunForm::entropy)};
  write_entropy(entropy, values);
  if (entropy.size() >= out.size() - start) return;
  out.resize(start);
  out.insert(out.end(), entropy.begin(), entropy.end());
}

bool read_integers(ByteReader& reader, std::span<std::uint64_t> values, const EachStretch& each) {
  ARTERY_ASSERT(!values.empty() && values.size() <= run_values_max);
  switch (reader.get<RunForm>()) {
    case RunForm::vectors:
      return !reader.failed() && read_vectors(reader, values, each);
    case RunForm::entropy:
      if (!read_entropy(reader, values)) return false;
      break;
    case RunForm::line:
      if (!read_values_of_line(reader, values)) return false;
      break;
    default:
      return false;
  }
  if (each) each(values);
  return true;
}

std::optional<Line> read_line(ByteReader& reader) {
  ByteReader ahead = reader;
  if (ahead.get<RunForm>() != RunForm::line) return std::nullopt;
  const Line line = line_of(ahead);
  if (ahead.failed()) return std::nullopt;
  reader = ahead;
  return line;
}

std::optional<std::uint64_t> read_equal(ByteReader& reader) {
  ByteReader ahead = reader;
  const auto line = read_line(ahead);
  if (!line || line->step != 0) return std::nullopt;
  reader = ahead;
  return line->first;
}

}  // namespace artery::codec
