#include "history/codec/floats.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <vector>

#include "base/assert.h"
#include "history/codec/bits.h"
#include "history/codec/decimal.h"

namespace artery::codec {
namespace {

using Words = std::span<const std::uint64_t>;
using Integers = std::vector<std::uint64_t>;

constexpr std::size_t sample_max = 256;
constexpr double enough_bits = 32;        // a value: where a decimal takes less, nothing else is tried
constexpr unsigned split_width_max = 16;  // of the left part

// As signed numbers, in the order of the floats they are the bits of. Its own inverse.
std::uint64_t ordered(std::uint64_t word) { return word ^ ((0 - (word >> 63U)) & low_bits(63)); }

std::optional<std::uint64_t> single_bits(std::uint64_t word) {
  const auto single = static_cast<float>(std::bit_cast<double>(word));
  if (std::bit_cast<std::uint64_t>(static_cast<double>(single)) != word) return std::nullopt;
  const auto bits = std::bit_cast<std::uint32_t>(single);
  return bits ^ ((0 - (bits >> 31U)) & low_bits(31));
}

std::uint64_t word_of_single(std::uint64_t bits) {
  const auto low = static_cast<std::uint32_t>(bits);
  const auto single = std::bit_cast<float>(static_cast<std::uint32_t>(low ^ ((0 - (low >> 31U)) & low_bits(31))));
  return std::bit_cast<std::uint64_t>(static_cast<double>(single));
}

// One from each stretch, each from another place in it: what repeats by the hour or the day is met at all its times.
Integers sample_of(Words words) {
  constexpr std::uint64_t golden = 0x9E3779B97F4A7C15;
  const std::size_t count = std::min(sample_max, words.size());
  const std::size_t stretch = words.size() / count;
  Integers sample(count);
  for (std::size_t i = 0; i < count; ++i) sample[i] = words[i * words.size() / count + (i * golden >> 32U) % stretch];
  return sample;
}

// Where a form has nothing for a value, the value stands here and the one before it in its slot.
struct Exceptions {
  Integers places;
  Integers words;

  void write(Buffer& out, Effort effort) const {
    put_varint(out, places.size());
    if (places.empty()) return;
    write_integers(out, places, effort);
    write_integers(out, words, effort);
  }
  static bool read(ByteReader& reader, std::span<std::uint64_t> into) {
    const std::uint64_t count = get_varint(reader);
    if (count == 0) return !reader.failed();
    if (count > into.size()) return false;
    Exceptions exceptions{Integers(count), Integers(count)};
    if (!read_integers(reader, exceptions.places) || !read_integers(reader, exceptions.words)) return false;
    for (std::size_t i = 0; i < count; ++i) {
      if (exceptions.places[i] >= into.size()) return false;
      into[exceptions.places[i]] = exceptions.words[i];
    }
    return true;
  }
};

// All of a form's integers by `encode`, which gives nothing for an exception.
template <class Encode>
Exceptions encode_all(Words words, Integers& into, const Encode& encode) {
  Exceptions exceptions;
  std::uint64_t last = 0;
  into.resize(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (const auto code = encode(i)) {
      last = *code;
    } else {
      exceptions.places.push_back(i);
      exceptions.words.push_back(words[i]);
    }
    into[i] = last;
  }
  return exceptions;
}

void start(Buffer& out, FloatForm form) { out.push_back(static_cast<std::byte>(form)); }

void write_bits(Buffer& out, Words words, Effort effort) {
  Integers integers(words.size());
  std::ranges::transform(words, integers.begin(), ordered);
  start(out, FloatForm::bits);
  write_integers(out, integers, effort);
}

void write_single_bits(Buffer& out, Words words, Effort effort) {
  Integers integers;
  const Exceptions exceptions = encode_all(words, integers, [&](std::size_t i) { return single_bits(words[i]); });
  start(out, FloatForm::single_bits);
  // Signed, so that the floats around zero are neighbours.
  for (std::uint64_t& bits : integers)
    bits = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(static_cast<std::uint32_t>(bits))});
  write_integers(out, integers, effort);
  exceptions.write(out, effort);
}

void write_form(Buffer& out, const Decimal& decimal) {
  start(out, FloatForm::decimal);
  out.push_back(static_cast<std::byte>(decimal.exponent));
  out.push_back(static_cast<std::byte>(decimal.factor));
}

void write_form(Buffer& out, const SingleDecimal& decimal) {
  start(out, FloatForm::single_decimal);
  out.push_back(static_cast<std::byte>(decimal.fraction));
}

template <class Form>
void write_decimals(Buffer& out, Words words, const Form& form, Effort effort) {
  Integers integers;
  Integers corrections(words.size());
  const Exceptions exceptions = encode_all(words, integers, [&](std::size_t i) -> std::optional<std::uint64_t> {
    const auto code = form.encode(words[i]);
    if (!code) return std::nullopt;
    corrections[i] = code->correction;
    return code->n;
  });
  write_form(out, form);
  write_integers(out, integers, effort);
  const bool exact = std::ranges::all_of(corrections, [](std::uint64_t correction) { return correction == 0; });
  out.push_back(static_cast<std::byte>(exact ? 0 : 1));
  if (!exact) write_integers(out, corrections, effort);
  exceptions.write(out, effort);
}

void write_split(Buffer& out, Words words, unsigned right_width, Effort effort) {
  Integers left(words.size());
  Integers right(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    left[i] = words[i] >> right_width;
    right[i] = words[i] & low_bits(right_width);
  }
  start(out, FloatForm::split);
  out.push_back(static_cast<std::byte>(right_width));
  write_integers(out, left, effort);
  write_integers(out, right, effort);
}

// Where to split, so that the left parts are few: the right width for which the bits of a left part's number and of a
// right part are least. 64 where no split saves.
unsigned find_split(Words sample) {
  unsigned best_width = 64;
  unsigned best_bits = 62;
  for (unsigned left_width = 1; left_width <= split_width_max; ++left_width) {
    Integers lefts;
    for (const std::uint64_t word : sample) lefts.push_back(word >> (64 - left_width));
    std::ranges::sort(lefts);
    lefts.erase(std::ranges::unique(lefts).begin(), lefts.end());
    const unsigned bits = bits_of(lefts.size() - 1) + 64 - left_width;
    if (bits >= best_bits) continue;
    best_bits = bits;
    best_width = 64 - left_width;
  }
  return best_width;
}

// Keeps the smallest of what it is offered.
class Smallest {
 public:
  template <class Write>
  void offer(const Write& write) {
    Buffer other;
    write(other);
    if (best_.empty() || other.size() < best_.size()) best_ = std::move(other);
  }
  [[nodiscard]] const Buffer& best() const { return best_; }

 private:
  Buffer best_;
};

void offer_bits(Smallest& smallest, Words words, Words sample, Effort effort) {
  smallest.offer([&](Buffer& to) { write_bits(to, words, effort); });
  if (std::ranges::all_of(sample, [](std::uint64_t word) { return single_bits(word).has_value(); }))
    smallest.offer([&](Buffer& to) { write_single_bits(to, words, effort); });
  const unsigned right_width = find_split(sample);
  if (right_width < 64) smallest.offer([&](Buffer& to) { write_split(to, words, right_width, effort); });
}

bool read_single(ByteReader& reader, std::span<std::uint64_t> words) {
  if (!read_integers(reader, words)) return false;
  for (std::uint64_t& word : words) word = word_of_single(word);
  return Exceptions::read(reader, words);
}

template <class Form>
bool read_decimals(ByteReader& reader, const Form& form, std::span<std::uint64_t> words) {
  if (!read_integers(reader, words, [&](auto stretch) { form.decode(stretch); })) return false;
  const auto corrected = reader.get<std::uint8_t>();
  if (corrected == 1) {
    Integers corrections(words.size());
    if (!read_integers(reader, corrections)) return false;
    for (std::size_t i = 0; i < words.size(); ++i) words[i] += corrections[i];
  }
  return corrected <= 1 && Exceptions::read(reader, words);
}

bool read_decimal(ByteReader& reader, std::span<std::uint64_t> words) {
  const Decimal decimal{reader.get<std::uint8_t>(), reader.get<std::uint8_t>()};
  return decimal.exponent <= exponent_max && decimal.factor <= decimal.exponent &&
         read_decimals(reader, decimal, words);
}

bool read_single_decimal(ByteReader& reader, std::span<std::uint64_t> words) {
  const SingleDecimal decimal{reader.get<std::uint8_t>()};
  return decimal.fraction <= single_digits_max && read_decimals(reader, decimal, words);
}

bool read_split(ByteReader& reader, std::span<std::uint64_t> words) {
  const unsigned right_width = reader.get<std::uint8_t>();
  if (right_width >= 64 || !read_integers(reader, words)) return false;
  Integers right(words.size());
  if (!read_integers(reader, right)) return false;
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = words[i] << right_width | right[i];
  return true;
}

}  // namespace

void write_floats(Buffer& out, Words words, Effort effort) {
  ARTERY_ASSERT(!words.empty() && words.size() <= run_values_max);
  const Integers sample = sample_of(words);
  const auto decimal = find_decimal(sample);
  const auto single_decimal = find_single_decimal(sample);
  const double bits = std::min(decimal.bits, single_decimal.bits);

  // Where a decimal serves, nothing else is tried; light effort believes the sample.
  Smallest smallest;
  if (decimal.form && (effort == Effort::small || decimal.bits == bits))
    smallest.offer([&](Buffer& to) { write_decimals(to, words, *decimal.form, effort); });
  if (single_decimal.form && (effort == Effort::small || single_decimal.bits < decimal.bits))
    smallest.offer([&](Buffer& to) { write_decimals(to, words, *single_decimal.form, effort); });
  if (bits > enough_bits) offer_bits(smallest, words, sample, effort);
  out.insert(out.end(), smallest.best().begin(), smallest.best().end());
}

bool read_floats(ByteReader& reader, std::span<std::uint64_t> words) {
  ARTERY_ASSERT(!words.empty() && words.size() <= run_values_max);
  switch (reader.get<FloatForm>()) {
    case FloatForm::bits:
      if (reader.failed() || !read_integers(reader, words)) return false;
      std::ranges::transform(words, words.begin(), ordered);
      return true;
    case FloatForm::single_bits:
      return read_single(reader, words);
    case FloatForm::decimal:
      return read_decimal(reader, words);
    case FloatForm::single_decimal:
      return read_single_decimal(reader, words);
    case FloatForm::split:
      return read_split(reader, words);
  }
  return false;
}

}  // namespace artery::codec
