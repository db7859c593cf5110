#include "history/codec/pack.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "history/codec/bits.h"
#include "history/codec/pack_kernels.h"

namespace artery::codec {
namespace {

void pack_lanes(Buffer& out, std::span<const std::uint64_t> values, unsigned width) {
  std::array<std::uint64_t, vector_values> words{};
  for (std::size_t row = 0; row < lane_rows; ++row) {
    const std::size_t word = row * width / 64 * lanes;
    const auto shift = static_cast<unsigned>(row * width % 64);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const std::uint64_t value = values[row * lanes + lane];
      words[word + lane] |= value << shift;
      if (shift + width > 64) words[word + lanes + lane] |= value >> 1U >> (63 - shift);
    }
  }
  const std::size_t at = out.size();
  out.resize(at + packed_bytes(vector_values, width));
  std::memcpy(out.data() + at, words.data(), out.size() - at);
}

}  // namespace

void pack(Buffer& out, std::span<const std::uint64_t> values, unsigned width) {
  ARTERY_ASSERT(values.size() <= vector_values && width <= width_max);
  if (width == 0) return;
  if (values.size() == vector_values) return pack_lanes(out, values, width);
  BitWriter writer(out);
  for (const std::uint64_t value : values) writer.put(value, width);
  writer.finish();
}

void unpack(Bytes packed, unsigned width, std::span<std::uint64_t> values) { unpack_add(packed, width, 0, values); }

void unpack_add(Bytes packed, unsigned width, std::uint64_t base, std::span<std::uint64_t> values) {
  ARTERY_ASSERT(packed.size() == packed_bytes(values.size(), width) && width <= width_max);
  if (width == 0) {
    std::ranges::fill(values, base);
  } else if (values.size() == vector_values) {
    run_fastest<UnpackLanes>(packed.data(), width, base, values.data());
  } else {
    const BitReader reader(packed);
    std::uint64_t at = 0;
    for (std::uint64_t& value : values) {
      value = reader.get(at, width) + base;
      at += width;
    }
  }
}

}  // namespace artery::codec
