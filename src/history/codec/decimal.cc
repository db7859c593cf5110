#include "history/codec/decimal.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "history/codec/bits.h"

namespace artery::codec {
namespace {

constexpr double exact_max = 0x1p51;          // up to here, adding a great number and taking it away again rounds
constexpr double rounding = 0x1.8p52;         // 2^52 + 2^51
constexpr std::uint64_t correction_max = 64;  // either way
constexpr unsigned usual_exponent = 14;       // most decimals of few digits come back by it

std::optional<std::uint64_t> rounded(double scaled) {
  if (!(std::fabs(scaled) < exact_max)) return std::nullopt;  // nor what is no number
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(scaled + rounding - rounding));
}

std::optional<DecimalCode> code_of(std::uint64_t word, std::uint64_t n, std::uint64_t near) {
  const std::uint64_t correction = word - near;
  if (zigzag(correction) > 2 * correction_max) return std::nullopt;
  return DecimalCode{n, correction};
}

// Calls `small` for stretches of integers that are all from -limit up to below it, `any` for others. A machine that
// converts 64-bit integers many at once does not ask which.
template <class Small, class Any>
void decode_blocks(std::span<std::uint64_t> values, std::uint64_t limit, const Small& small, const Any& any) {
  if (this_machine() == Machine::avx512) return any(values);
  constexpr std::size_t block_values = 1024;  // in cache when they are looked at again
  while (!values.empty()) {
    const auto block = values.first(std::min(block_values, values.size()));
    values = values.subspan(block.size());
    bool all_small = false;
    run_fastest<AllSmall>(static_cast<const std::uint64_t*>(block.data()), block.size(), limit, &all_small);
    if (all_small) {
      small(block);
    } else {
      any(block);
    }
  }
}

// Keeps the form if it takes less for the sample than the best one so far, and nothing where half of it would be
// exceptions. True where all of it comes back as it was by the form's integers alone: then more digits only make these
// greater.
template <class Form>
bool offer(Found<Form>& best, const Form& form, std::span<const std::uint64_t> sample) {
  constexpr double bits_of_a_correction = 6;
  constexpr double bits_of_an_exception = 80;
  const std::size_t too_many = (sample.size() + 1) / 2;
  std::size_t exceptions = 0;
  std::size_t corrections = 0;
  auto low = std::numeric_limits<std::int64_t>::max();
  auto high = std::numeric_limits<std::int64_t>::min();
  for (const std::uint64_t word : sample) {
    const auto code = form.encode(word);
    if (!code) {
      if (++exceptions == too_many) return false;
      continue;
    }
    corrections += code->correction != 0 ? 1U : 0U;
    low = std::min(low, static_cast<std::int64_t>(code->n));
    high = std::max(high, static_cast<std::int64_t>(code->n));
  }
  const unsigned width = bits_of(static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low));
  const double bits = width + (bits_of_a_correction * static_cast<double>(corrections) +
                               bits_of_an_exception * static_cast<double>(exceptions)) /
                                  static_cast<double>(sample.size());
  if (bits < best.bits) best = {form, bits};
  return exceptions == 0 && corrections == 0;
}

}  // namespace

std::optional<DecimalCode> Decimal::encode(std::uint64_t word) const {
  const auto n = rounded(std::bit_cast<double>(word) * power_of_ten[exponent] * inverse_power_of_ten[factor]);
  if (!n) return std::nullopt;
  std::uint64_t near = *n;
  DecodeDecimal::run(&near, 1, integer_power_of_ten[factor], inverse_power_of_ten[exponent]);
  return code_of(word, *n, near);
}

void Decimal::decode(std::span<std::uint64_t> values) const {
  const std::uint64_t scale = integer_power_of_ten[factor];
  const double inverse = inverse_power_of_ten[exponent];
  constexpr auto greatest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  decode_blocks(
      values, std::min(small_limit, greatest / scale),
      [&](auto block) { run_fastest<DecodeSmallDecimal>(block.data(), block.size(), power_of_ten[factor], inverse); },
      [&](auto block) { run_fastest<DecodeDecimal>(block.data(), block.size(), scale, inverse); });
}

std::optional<DecimalCode> SingleDecimal::encode(std::uint64_t word) const {
  const auto n = rounded(std::bit_cast<double>(word) * power_of_ten[fraction]);
  if (!n) return std::nullopt;
  std::uint64_t near = *n;
  DecodeSingle::run(&near, 1, inverse_power_of_ten[fraction]);
  return code_of(word, *n, near);
}

void SingleDecimal::decode(std::span<std::uint64_t> values) const {
  const double inverse = inverse_power_of_ten[fraction];
  decode_blocks(
      values, small_limit, [&](auto block) { run_fastest<DecodeSmallSingle>(block.data(), block.size(), inverse); },
      [&](auto block) { run_fastest<DecodeSingle>(block.data(), block.size(), inverse); });
}

Found<Decimal> find_decimal(std::span<const std::uint64_t> sample) {
  Found<Decimal> best;
  for (unsigned digits = 0; digits <= exponent_max; ++digits) {
    const unsigned exponent = std::max(digits, usual_exponent);
    if (!offer(best, {exponent, exponent - digits}, sample)) continue;
    if (best.form->digits() == digits) return best;  // no other exponent makes its integers smaller
    break;
  }
  if (!best.form) return best;
  const unsigned digits = best.form->digits();
  for (unsigned exponent = digits; exponent <= exponent_max; ++exponent)
    offer(best, {exponent, exponent - digits}, sample);
  return best;
}

Found<SingleDecimal> find_single_decimal(std::span<const std::uint64_t> sample) {
  Found<SingleDecimal> best;
  // What is not the widened float that is nearest to it is an exception, of however many digits.
  const auto is_near_single = [](std::uint64_t word) {
    const auto value = std::bit_cast<double>(word);
    return zigzag(word - std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<float>(value)))) <=
           2 * correction_max;
  };
  if (2 * static_cast<std::size_t>(std::ranges::count_if(sample, is_near_single)) <= sample.size()) return best;
  for (unsigned digits = 0; digits <= single_digits_max; ++digits) {
    if (offer(best, {digits}, sample)) break;
  }
  return best;
}

}  // namespace artery::codec
