// What the passes over the rows of a chunk (codec/versions.h) share. Private to history/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace artery::history {

// Room for a column of as many rows as are read; it holds anything before and after.
using Space = std::span<std::uint64_t>;

inline const std::uint64_t* read_only(Space space) { return space.data(); }

// By itself: inlined, GCC 12 keeps the count in memory and looks there for each row.
template <class Value>
[[gnu::noinline]] void fill(std::vector<Value>& column, std::size_t rows, Value value) {
  column.assign(rows, value);
}

}  // namespace artery::history
