#include "base/digits.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>

namespace artery {
namespace {

template <class Number>
std::string text_of(Number value) {
  std::array<char, number_bytes_max> buffer;
  return {buffer.data(), write_number(buffer.data(), value)};
}

// The values at and beside each power of two and of ten, and random ones of every length.
template <class Take>
void for_integers(const Take& take) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (std::uint64_t off = 0; off < 3; ++off) take((std::uint64_t{1} << bit) + off - 1);
  }
  for (std::uint64_t power = 1; power < 10'000'000'000'000'000'000U; power *= 10) {
    for (std::uint64_t off = 0; off < 3; ++off) take(power + off - 1);
  }
  std::mt19937_64 chance(1);
  for (int i = 0; i < 200'000; ++i) take(chance() >> (chance() % 64));
}

TEST(Digits, write_every_integer_as_the_library_does) {
  for_integers([](std::uint64_t value) {
    ASSERT_EQ(text_of(value), std::to_string(value));
    ASSERT_EQ(text_of(static_cast<std::int64_t>(value)), std::to_string(static_cast<std::int64_t>(value)));
  });
  for (std::uint64_t value = 0; value < 100'000'000; value += 37) ASSERT_EQ(text_of(value), std::to_string(value));
}

// As short as the library's shortest fixed form, and read back the same.
void expect_shortest(double value) {
  const std::string is = text_of(value);
  double again = 0;
  const auto read = std::from_chars(is.data(), is.data() + is.size(), again);
  ASSERT_EQ(read.ptr, is.data() + is.size()) << is;
  ASSERT_EQ(std::bit_cast<std::uint64_t>(again), std::bit_cast<std::uint64_t>(value)) << is;
  std::array<char, 400> buffer;
  const std::string fixed(buffer.data(),
                          std::to_chars(buffer.data(), buffer.data() + 400, value, std::chars_format::fixed).ptr);
  const std::string shortest(buffer.data(), std::to_chars(buffer.data(), buffer.data() + 400, value).ptr);
  ASSERT_TRUE(is == fixed || is == shortest) << is << ", " << fixed << ", " << shortest;
}

TEST(Digits, write_doubles_so_that_they_read_back_and_no_longer_than_needed) {
  EXPECT_EQ(text_of(0.0), "0");
  EXPECT_EQ(text_of(-0.0), "-0");
  EXPECT_EQ(text_of(20.1), "20.1");
  EXPECT_EQ(text_of(-0.007), "-0.007");
  EXPECT_EQ(text_of(100'000.0), "100000");
  EXPECT_EQ(text_of(1e300), "1e+300");
  EXPECT_EQ(text_of(0.1 + 0.2), "0.30000000000000004");
  for (const double value :
       {999'999'999'999'999.0, 1e15, 1e15 - 0.125, 999'999'999'999.9995, 0.0005, 0.9995, 1e-3, 5e-324,
        std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min(), 4503599627370497.5})
    for (const double signed_value : {value, -value}) expect_shortest(signed_value);
  std::mt19937_64 chance(2);
  for (int i = 0; i < 300'000 && !::testing::Test::HasFatalFailure(); ++i) {
    const double power = std::pow(10.0, static_cast<double>(chance() % 8));
    const double decimal = static_cast<double>(static_cast<std::int64_t>(chance() >> (chance() % 60 + 3))) / power;
    expect_shortest(chance() % 2 == 0 ? decimal : -decimal);
    expect_shortest(std::nextafter(decimal, 0.0));
    const auto any = std::bit_cast<double>(chance());
    if (std::isfinite(any)) expect_shortest(any);
  }
}

}  // namespace
}  // namespace artery
