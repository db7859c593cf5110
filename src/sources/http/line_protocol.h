// InfluxDB's line protocol, as its version 1.8 reads it: bytes to rows. Sans-I/O, no state; any thread.
//
//   measurement[,tag=value...] field=value[,field=value...] [time]
//
// Values: a number is f64, exactly the nearest; with `i` i64; with `u` i64 too where it fits, else refused; booleans;
// "texts" of UTF-8. A line whose structure cannot be read is refused whole; a value that cannot be read costs its field
// alone. Reading goes on behind the line's end, so nothing costs its neighbours. A line break within a text that is
// closed belongs to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "admission/intake.h"

namespace artery::line_protocol {

// The unit of times, in nanoseconds.
enum class Precision : std::int64_t {
  ns = 1,
  us = 1'000,
  ms = 1'000'000,
  s = 1'000'000'000,
  m = 60'000'000'000,
  h = 3'600'000'000'000,
};
// "n", "ns", "u", "us", "µ", "ms", "s", "m", "h".
std::optional<Precision> precision_named(std::string_view name);

inline constexpr std::size_t fields_max = 10'000;    // of one line; beyond, the line is refused
inline constexpr std::size_t quoted_bytes_max = 64;  // of a line, in the reason of its refusal

// Where decoding goes on.
struct Progress {
  std::size_t at = 0;      // in the body: where a line begins, or its end
  std::uint32_t line = 1;  // number of that line
};

// Decodes lines from there on until `bytes` of them are behind it, and whole lines; gives where the next one begins.
// The names and texts that `intake` is given are parts of `body` or live until end_row() returns.
Progress decode(std::string_view body, Progress from, std::size_t bytes, Precision precision,
                admission::Intake& intake);
// All of it.
void decode(std::string_view body, Precision precision, admission::Intake& intake);

}  // namespace artery::line_protocol
