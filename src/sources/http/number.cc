#include "sources/http/number.h"

#include <array>
#include <charconv>
#include <system_error>

namespace artery::line_protocol {

namespace {

// Powers of ten that a double holds exactly.
constexpr std::array<double, 23> exact_powers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::uint64_t exact_mantissa_max = 1ULL << 53;
constexpr std::ptrdiff_t safe_digits = 18;  // never overflow 64 bits, with a sign neither

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Adds digits to `number`, which wraps beyond 19 of them, and returns how many there were.
std::ptrdiff_t read_digits(const char*& p, const char* end, std::uint64_t& number) {
  const char* const start = p;
  for (; p != end && is_digit(*p); ++p) number = number * 10 + static_cast<std::uint64_t>(*p - '0');
  return p - start;
}

NumberRead read_long_integer(const char* start, const char* end, std::int64_t& value) {
  const auto read = std::from_chars(start, end, value);
  return read.ec == std::errc() ? NumberRead::good : NumberRead::out_of_range;
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
  const char* const start = p;
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  std::uint64_t magnitude = 0;
  const std::ptrdiff_t digits = read_digits(p, end, magnitude);
  if (digits == 0) return NumberRead::malformed;
  if (digits > safe_digits) return read_long_integer(start, p, value);
  value = negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  return NumberRead::good;
}

NumberRead read_number(const char*& p, const char* end, ValueView& value) {
  const char* const start = p;
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  std::uint64_t mantissa = 0;
  std::ptrdiff_t digits = read_digits(p, end, mantissa);
  if (p != end && digits > 0 && (*p == 'i' || (*p == 'u' && !negative))) {
    const char* integer = start;
    std::int64_t number = 0;
    const NumberRead read = read_integer(integer, p, number);
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
