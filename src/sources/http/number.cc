#include "sources/http/number.h"

#include <array>
#include <charconv>
#include <limits>
#include <system_error>
#include <utility>

#include "base/bytes.h"

namespace artery::line_protocol {

namespace {

// Powers of ten that a double holds exactly.
constexpr std::array<double, 23> exact_powers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::uint64_t exact_mantissa_max = 1ULL << 53;
constexpr std::ptrdiff_t safe_digits = 19;  // never overflow 64 bits without a sign

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Adds digits to `number`, which wraps beyond 19 of them, and returns how many there were.
std::ptrdiff_t read_digits(const char*& p, const char* end, std::uint64_t& number) {
  const char* at = p;
  std::uint64_t sum = number;
  for (; at != end && is_digit(*at); ++at) sum = sum * 10 + static_cast<std::uint64_t>(*at - '0');
  number = sum;
  return at - std::exchange(p, at);
}

// The same for what is mostly long, as times are: eight digits at once (Lemire, "Quickly parsing eight digits", 2018).
std::ptrdiff_t read_many_digits(const char*& p, const char* end, std::uint64_t& number) {
  constexpr std::ptrdiff_t at_once = 8;
  constexpr std::uint64_t high_halves = 0xF0F0'F0F0'F0F0'F0F0;
  const char* const start = p;
  for (; end - p >= at_once; p += at_once) {
    auto digits = load<std::uint64_t>(reinterpret_cast<const std::byte*>(p));  // the first is the lowest byte
    const std::uint64_t beyond_nine = ((digits + 0x0606'0606'0606'0606) & high_halves) >> 4U;
    if (((digits & high_halves) | beyond_nine) != 0x3333'3333'3333'3333) break;
    digits = ((digits & ~high_halves) * (10 << 8U | 1U)) >> 8U;  // pairs, in every other byte
    digits = ((digits & 0x00FF'00FF'00FF'00FF) * (100ULL << 16U | 1U)) >> 16U;
    digits = ((digits & 0x0000'FFFF'0000'FFFF) * (10'000ULL << 32U | 1U)) >> 32U;
    number = number * 100'000'000 + digits;
  }
  const std::ptrdiff_t many = p - start;
  return many + read_digits(p, end, number);
}

// A number of so many digits, which end at `end`, with its sign.
NumberRead as_integer(bool negative, std::uint64_t magnitude, std::ptrdiff_t digits, const char* end,
                      std::int64_t& value) {
  if (digits > safe_digits) {  // zeros in front, or too much
    const auto read = std::from_chars(end - digits - (negative ? 1 : 0), end, value);
    return read.ec == std::errc() ? NumberRead::good : NumberRead::out_of_range;
  }
  constexpr auto positive_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > positive_max + (negative ? 1U : 0U)) return NumberRead::out_of_range;
  value = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
  return NumberRead::good;
}

// What the quick way cannot do exactly: many digits, an exponent.
NumberRead read_long_float(const char* start, const char* end, double& value) {
  const auto read = std::from_chars(start, end, value);
  if (read.ec == std::errc()) return NumberRead::good;
  return read.ec == std::errc::result_out_of_range ? NumberRead::out_of_range : NumberRead::malformed;
}

// From the `e` on. False where no digit follows.
bool skip_exponent(const char*& p, const char* end) {
  ++p;
  if (p != end && (*p == '-' || *p == '+')) ++p;
  std::uint64_t ignored = 0;
  return read_digits(p, end, ignored) > 0;
}

}  // namespace

NumberRead read_integer(const char*& p, const char* end, std::int64_t& value) {
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  std::uint64_t magnitude = 0;
  const std::ptrdiff_t digits = read_many_digits(p, end, magnitude);
  if (digits == 0) return NumberRead::malformed;
  return as_integer(negative, magnitude, digits, p, value);
}

NumberRead read_number(const char*& p, const char* end, ValueView& value) {
  const char* const start = p;
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  std::uint64_t mantissa = 0;
  std::ptrdiff_t digits = read_digits(p, end, mantissa);
  if (p != end && digits > 0 && (*p == 'i' || (*p == 'u' && !negative))) {
    std::int64_t number = 0;
    const NumberRead read = as_integer(negative, mantissa, digits, p, number);
    ++p;
    value = number;
    return read;
  }
  std::ptrdiff_t decimals = 0;
  if (p != end && *p == '.') {
    ++p;
    decimals = read_digits(p, end, mantissa);
    digits += decimals;
  }
  if (digits == 0) return NumberRead::malformed;
  double number = 0;
  const bool has_exponent = p != end && (*p == 'e' || *p == 'E');
  if (has_exponent && !skip_exponent(p, end)) return NumberRead::malformed;
  if (has_exponent || digits > safe_digits || mantissa > exact_mantissa_max) {
    const NumberRead read = read_long_float(start, p, number);
    value = number;
    return read;
  }
  // Both are exact, so that the division rounds once, to the nearest (Clinger 1990).
  number = static_cast<double>(mantissa) / exact_powers[static_cast<std::size_t>(decimals)];
  value = negative ? -number : number;
  return NumberRead::good;
}

}  // namespace artery::line_protocol
