// The bytes of a chunk's stamps: when each of its rows was measured, and when it arrived. docs/formats/segment.md,
// "Chunks". Sans-I/O; any thread may call.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "history/codec/integers.h"
#include "history/passes.h"
#include "history/rows.h"
#include "history/samples.h"

namespace artery::history {

inline constexpr std::size_t stamps_bytes_max = 1U << 20;  // what a reader believes; a few hundred KiB are the most

// A time as an unsigned number, whose differences wrap, and back.
inline std::uint64_t bits(Time time) { return static_cast<std::uint64_t>(time.value()); }
inline Time time_of(std::uint64_t bits) { return Time(static_cast<std::int64_t>(bits)); }

// Appends times, arrivals and what these leave of rows that are not empty.
void write_stamps(Buffer& out, const Samples& samples, codec::Effort effort);

// What a chunk's times come to.
struct TimesFound {
  Span span;
  bool differ = false;  // none of them is there twice
};

// Readers of as many rows as `space` has. Nothing, or false, where the bytes are not that, or times do not begin with
// `first`, or descend. Times that are not asked for, differ and need not be made to know that are not made: `into`
// holds anything then.
std::optional<TimesFound> read_times(ByteReader& reader, std::uint64_t first, Space space, std::vector<Time>& into,
                                     bool asked_for = true);
bool read_arrivals(ByteReader& reader, Space space, std::vector<Time>& into);

}  // namespace artery::history
