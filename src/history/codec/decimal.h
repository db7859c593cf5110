// Floats as the decimals they were: the integer n stands for n / 10^digits, and a correction says how many units in the
// last place the float lies beside that, 0 for nearly all that was ever printed or read as a decimal.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "history/codec/versions.h"

namespace artery::codec {

inline constexpr unsigned exponent_max = 18;
inline constexpr unsigned single_digits_max = 10;

inline constexpr std::array<double, exponent_max + 1> power_of_ten{
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
inline constexpr std::array<double, exponent_max + 1> inverse_power_of_ten{
    1e-0,  1e-1,  1e-2,  1e-3,  1e-4,  1e-5,  1e-6,  1e-7,  1e-8, 1e-9,
    1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15, 1e-16, 1e-17, 1e-18};

inline constexpr std::array<std::uint64_t, exponent_max + 1> integer_power_of_ten = [] {
  std::array<std::uint64_t, exponent_max + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

struct DecimalCode {
  std::uint64_t n = 0;
  std::uint64_t correction = 0;  // signed, small: to be added to the bits
};

// The double nearest to n * 10^factor * 10^-exponent, by two multiplications (ALP): a great exponent makes nearly all
// exact.
struct Decimal {
  unsigned exponent = 0;
  unsigned factor = 0;

  // Nothing for an exception: what is no number, too great, or no decimal of so many digits.
  [[nodiscard]] std::optional<DecimalCode> encode(std::uint64_t word) const;
  // In place: from n to the bits, but for corrections.
  void decode(std::span<std::uint64_t> values) const;
  [[nodiscard]] unsigned digits() const { return exponent - factor; }
};

// The 32-bit float nearest to n * 10^-digits, widened: what a controller's REAL becomes.
struct SingleDecimal {
  unsigned fraction = 0;

  [[nodiscard]] std::optional<DecimalCode> encode(std::uint64_t word) const;
  void decode(std::span<std::uint64_t> values) const;
  [[nodiscard]] unsigned digits() const { return fraction; }
};

// The form of a kind that seems to take least for a sample; nothing where half of it would be exceptions.
template <class Form>
struct Found {
  std::optional<Form> form;
  double bits = 64;  // a value, roughly
};
Found<Decimal> find_decimal(std::span<const std::uint64_t> sample);
Found<SingleDecimal> find_single_decimal(std::span<const std::uint64_t> sample);

// The loops of decode(), apart so that a test can run them for every machine. No product is followed by a sum, so that
// no machine can fuse the two and come to other bits.
struct DecodeDecimal {
  [[gnu::always_inline]] static inline void run(std::uint64_t* __restrict values, std::size_t count,
                                                std::uint64_t scale, double inverse) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto scaled = static_cast<double>(static_cast<std::int64_t>(values[i] * scale));
      values[i] = std::bit_cast<std::uint64_t>(scaled * inverse);
    }
  }
};
struct DecodeSingle {
  [[gnu::always_inline]] static inline void run(std::uint64_t* __restrict values, std::size_t count, double inverse) {
    for (std::size_t i = 0; i < count; ++i) {
      const double scaled = static_cast<double>(static_cast<std::int64_t>(values[i])) * inverse;
      values[i] = std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<float>(scaled)));
    }
  }
};

// The same for integers from -limit up to below it, for machines that convert 64-bit integers one by one: from -2^51 up
// to below 2^51 a sum of integers and a difference of floats do it, exactly. Where the product of integers does not
// wrap it is rounded as that of floats is.
inline constexpr std::uint64_t small_limit = std::uint64_t{1} << 51U;

inline double double_of_small(std::uint64_t n) {
  constexpr double middle = 0x1.8p52;
  return std::bit_cast<double>(n + std::bit_cast<std::uint64_t>(middle)) - middle;
}
struct AllSmall {
  [[gnu::always_inline]] static inline void run(const std::uint64_t* __restrict values, std::size_t count,
                                                std::uint64_t limit, bool* __restrict all) {
    std::uint64_t signs = 0;
    for (std::size_t i = 0; i < count; ++i) signs |= (values[i] + limit) | (limit - 1 - values[i]);
    *all = signs >> 63U == 0;
  }
};
struct DecodeSmallDecimal {
  [[gnu::always_inline]] static inline void run(std::uint64_t* __restrict values, std::size_t count, double scale,
                                                double inverse) {
    for (std::size_t i = 0; i < count; ++i)
      values[i] = std::bit_cast<std::uint64_t>(double_of_small(values[i]) * scale * inverse);
  }
};
struct DecodeSmallSingle {
  [[gnu::always_inline]] static inline void run(std::uint64_t* __restrict values, std::size_t count, double inverse) {
    for (std::size_t i = 0; i < count; ++i) {
      const double scaled = double_of_small(values[i]) * inverse;
      values[i] = std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<float>(scaled)));
    }
  }
};

}  // namespace artery::codec
