// Numbers as decimal text, for answers of many of them: several times as fast as std::to_chars for times and for what
// sensors send, and as exact.
#pragma once

#include <cstddef>
#include <cstdint>

namespace artery {

inline constexpr std::size_t number_bytes_max = 40;  // what must be writable at `to`

// Each returns the end of what it wrote.
char* write_number(char* to, std::uint64_t value);
char* write_number(char* to, std::int64_t value);
// Finite. The shortest text that reads back as the same double: below 10^15 without an exponent where it has at most
// three decimals, else as std::to_chars chooses.
char* write_number(char* to, double value);

}  // namespace artery
