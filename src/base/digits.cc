#include "base/digits.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "base/bytes.h"

namespace artery {
namespace {

constexpr std::uint64_t eight_digits = 100'000'000;
constexpr std::uint64_t zeros = 0x3030303030303030;  // "00000000"

// The eight digits of a number below 10^8, the first in the lowest byte. Halves are divided side by side in one word:
// by 100 and by 10, as multiplications that are exact for what can stand there.
std::uint64_t digits_of(std::uint64_t value) {
  const std::uint64_t fours = value / 10'000 | (value % 10'000) << 32U;
  const std::uint64_t hundreds = (fours * 10'486 >> 20U) & 0x0000'007F'0000'007F;
  const std::uint64_t twos = hundreds | (fours - 100 * hundreds) << 16U;
  const std::uint64_t tens = (twos * 103 >> 10U) & 0x000F'000F'000F'000F;
  return tens | (twos - 10 * tens) << 8U;
}

void put(char* to, std::uint64_t word) { store(reinterpret_cast<std::byte*>(to), word); }

// Without leading zeros; writes eight bytes.
char* write_up_to_eight(char* to, std::uint64_t value) {
  const std::uint64_t digits = digits_of(value);
  const auto skipped = static_cast<unsigned>(std::countr_zero(digits | std::uint64_t{1} << 56U)) / 8;
  put(to, (digits | zeros) >> 8 * skipped);
  return to + 8 - skipped;
}

constexpr std::array<double, 4> powers{1, 10, 100, 1000};
constexpr std::array<std::uint64_t, 4> whole_powers{1, 10, 100, 1000};
constexpr double fifteen_digits = 1e15;  // no two decimals of so many digits are one double

// With so many decimals; `scaled` is its magnitude times their power of ten.
char* write_decimal(char* to, std::uint64_t scaled, std::size_t decimals) {
  to = write_number(to, scaled / whole_powers[decimals]);
  if (decimals == 0) return to;
  // The decimals are the last of eight digits.
  put(to, (digits_of(scaled % whole_powers[decimals]) | zeros) >> 8 * (8 - decimals) << 8U | '.');
  return to + 1 + decimals;
}

}  // namespace

char* write_number(char* to, std::uint64_t value) {
  if (value < eight_digits) return write_up_to_eight(to, value);
  to = write_number(to, value / eight_digits);
  put(to, digits_of(value % eight_digits) | zeros);
  return to + 8;
}

char* write_number(char* to, std::int64_t value) {
  if (value >= 0) return write_number(to, static_cast<std::uint64_t>(value));
  *to = '-';
  return write_number(to + 1, 0 - static_cast<std::uint64_t>(value));
}

char* write_number(char* to, double value) {
  if (value == 0 && std::signbit(value)) return std::to_chars(to, to + number_bytes_max, value).ptr;
  const double magnitude = std::abs(value);
  for (std::size_t decimals = 0; decimals < powers.size(); ++decimals) {
    const double scaled = magnitude * powers[decimals];
    if (scaled >= fifteen_digits) break;
    auto whole = static_cast<std::uint64_t>(scaled);
    if (scaled - static_cast<double>(whole) >= 0.5) ++whole;
    const auto near = static_cast<double>(whole);
    // The first look is cheap, and spares other values the division.
    if (std::abs(scaled - near) > scaled * 0x1p-51 || near / powers[decimals] != magnitude) continue;
    if (value < 0) *to++ = '-';
    return write_decimal(to, whole, decimals);
  }
  return std::to_chars(to, to + number_bytes_max, value).ptr;
}

}  // namespace artery
