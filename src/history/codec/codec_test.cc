// What is written comes back bit by bit, whatever it is; what was not written by us is refused or read within its
// bounds; and what the forms are for is as small as it shall be.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "history/codec/bits.h"
#include "history/codec/decimal.h"
#include "history/codec/entropy.h"
#include "history/codec/floats.h"
#include "history/codec/integers.h"
#include "history/codec/pack.h"
#include "history/codec/pack_kernels.h"
#include "history/codec/sums.h"
#include "history/codec/tans.h"
#include "history/codec/texts.h"
#include "history/codec/vector.h"
#include "history/codec/versions.h"

namespace artery::codec {
namespace {

using Words = std::vector<std::uint64_t>;
using Random = std::mt19937_64;

std::uint64_t word_of(double value) { return std::bit_cast<std::uint64_t>(value); }

Words words_of(const std::vector<double>& values) {
  Words words;
  for (const double value : values) words.push_back(word_of(value));
  return words;
}

// Lengths at which something changes: one value, vectors that are not full, full ones, several.
const std::vector<std::size_t> lengths{1, 2, 3, 7, 31, 32, 33, 200, 1023, 1024, 1025, 2500, 8192};

// Integers as plants have them, and as nobody has them.
const std::vector<std::pair<std::string, std::function<Words(std::size_t, Random&)>>> kinds_of_integers{
    {"constant", [](std::size_t n, Random& random) { return Words(n, random()); }},
    {"line",
     [](std::size_t n, Random& random) {
       Words words(n, random());
       for (std::size_t i = 1; i < n; ++i) words[i] = words[i - 1] + 1'000'000'000;
       return words;
     }},
    {"line with gaps",
     [](std::size_t n, Random& random) {
       Words words(n, random());
       for (std::size_t i = 1; i < n; ++i) words[i] = words[i - 1] + (random() % 300 == 0 ? 21 : 1) * 10'000'000'000;
       return words;
     }},
    {"walk",
     [](std::size_t n, Random& random) {
       Words words(n, random());
       for (std::size_t i = 1; i < n; ++i) words[i] = words[i - 1] + random() % 9 - 4;
       return words;
     }},
    {"parabola",
     [](std::size_t n, Random& random) {
       Words words(n);
       for (std::size_t i = 0; i < n; ++i) words[i] = i * i * 1000 + random() % 3;
       return words;
     }},
    {"runs",
     [](std::size_t n, Random& random) {
       Words words(n, random());
       for (std::size_t i = 1; i < n; ++i) words[i] = random() % 50 == 0 ? random() : words[i - 1];
       return words;
     }},
    {"few",
     [](std::size_t n, Random& random) {
       Words of{random(), random(), random(), 0, ~0ULL};
       Words words(n);
       for (auto& word : words) word = of[random() % of.size()];
       return words;
     }},
    {"truth",
     [](std::size_t n, Random& random) {
       Words words(n);
       for (auto& word : words) word = random() % 2;
       return words;
     }},
    {"multiples",
     [](std::size_t n, Random& random) {
       Words words(n);
       for (auto& word : words) word = random() % 40 * 900 - 7000;
       return words;
     }},
    {"outliers",
     [](std::size_t n, Random& random) {
       Words words(n);
       for (auto& word : words) word = random() % 100 == 0 ? random() : random() % 16;
       return words;
     }},
    {"ends",
     [](std::size_t n, Random& random) {
       const Words of{0, 1, ~0ULL, 1ULL << 63U, (1ULL << 63U) - 1};
       Words words(n);
       for (auto& word : words) word = of[random() % of.size()];
       return words;
     }},
    {"noise",
     [](std::size_t n, Random& random) {
       Words words(n);
       for (auto& word : words) word = random() >> random() % 64;
       return words;
     }},
};

std::vector<double> walk(std::size_t n, Random& random, double scale, double step) {
  std::vector<double> values(n);
  double at = 20 * scale;
  for (double& value : values)
    value = std::round(at += std::normal_distribution<double>(0, step * scale)(random)) / scale;
  return values;
}

const std::vector<std::pair<std::string, std::function<Words(std::size_t, Random&)>>> kinds_of_floats{
    {"decimals of two digits", [](std::size_t n, Random& random) { return words_of(walk(n, random, 100, 0.05)); }},
    {"sums of decimals",  // an unit in the last place off, as computed values are
     [](std::size_t n, Random& random) {
       auto values = walk(n, random, 1000, 0.05);
       for (double& value : values) value = value * 3 * (1.0 / 3);
       return words_of(values);
     }},
    {"a controller's REAL, widened",
     [](std::size_t n, Random& random) {
       auto values = walk(n, random, 1000, 0.05);
       for (double& value : values) value = static_cast<double>(static_cast<float>(value));
       return words_of(values);
     }},
    {"a REAL, widened and printed with 15 digits",
     [](std::size_t n, Random& random) {
       auto values = walk(n, random, 1000, 0.05);
       for (double& value : values) {
         std::array<char, 64> text{};
         static_cast<void>(
             std::snprintf(text.data(), text.size(), "%.15g", static_cast<double>(static_cast<float>(value))));
         value = std::strtod(text.data(), nullptr);
       }
       return words_of(values);
     }},
    {"32-bit noise",
     [](std::size_t n, Random& random) {
       std::vector<double> values(n);
       for (double& value : values)
         value = static_cast<double>(static_cast<float>(std::normal_distribution<double>()(random)));
       return words_of(values);
     }},
    {"64-bit noise",
     [](std::size_t n, Random& random) {
       std::vector<double> values(n);
       for (double& value : values) value = std::normal_distribution<double>(100, 1)(random);
       return words_of(values);
     }},
    {"decimals, and what is none",
     [](std::size_t n, Random& random) {
       auto words = words_of(walk(n, random, 10, 1));
       const Words odd{word_of(std::numeric_limits<double>::infinity()),
                       word_of(-std::numeric_limits<double>::infinity()),
                       word_of(-0.0),
                       word_of(std::numeric_limits<double>::denorm_min()),
                       word_of(std::numeric_limits<double>::max()),
                       word_of(9223372036854774784.0),
                       0x7FF8000000000000,   // NaN
                       0x7FF0000000000001,   // a signalling one
                       0xFFFFFFFFFFFFFFFF};  // with all of its payload
       for (auto& word : words) word = random() % 20 == 0 ? odd[random() % odd.size()] : word;
       return words;
     }},
    {"any bits",
     [](std::size_t n, Random& random) {
       Words words(n);
       for (auto& word : words) word = random();
       return words;
     }},
};

template <class Write, class Read>
void expect_round_trip(const Words& words, const Write& write, const Read& read, const std::string& what) {
  Buffer out;
  write(out, words);
  const std::size_t size = out.size();
  out.insert(out.end(), 3, std::byte{0xA5});  // whatever follows is not its affair
  ByteReader reader(out);
  Words back(words.size());
  ASSERT_TRUE(read(reader, back)) << what << ", " << words.size();
  EXPECT_EQ(back, words) << what << ", " << words.size();
  EXPECT_EQ(reader.remaining(), 3U) << what << ", " << words.size();
  // No prefix of it is taken for the whole.
  for (std::size_t cut = 0; cut < size; cut += 1 + size / 40) {
    ByteReader shorter(Bytes(out).first(cut));
    Words anything(words.size());
    EXPECT_FALSE(read(shorter, anything) && !shorter.failed()) << what << " cut at " << cut << " of " << size;
  }
}

const auto read_run = [](ByteReader& reader, Words& into) { return read_integers(reader, into); };
const auto read_run_of_floats = [](ByteReader& reader, Words& into) { return read_floats(reader, into); };

TEST(Codec, every_integer_comes_back) {
  Random random(1);
  for (const auto& [name, make] : kinds_of_integers) {
    for (const std::size_t length : lengths) {
      const Words words = make(length, random);
      for (const Effort effort : {Effort::light, Effort::small}) {
        expect_round_trip(
            words, [&](Buffer& out, const Words& all) { write_integers(out, all, effort); }, read_run, name);
      }
      expect_round_trip(
          words, [](Buffer& out, const Words& all) { write_entropy(out, all); },
          [](ByteReader& reader, Words& into) { return read_entropy(reader, into); }, name + ", entropy coded");
      if (length > vector_values) continue;
      expect_round_trip(
          words, [](Buffer& out, const Words& all) { write_vector(out, all); },
          [](ByteReader& reader, Words& into) { return read_vector(reader, into); }, name + ", a vector");
    }
  }
}

TEST(Codec, every_float_comes_back_bit_by_bit) {
  Random random(2);
  for (const auto& [name, make] : kinds_of_floats) {
    for (const std::size_t length : lengths) {
      const Words words = make(length, random);
      for (const Effort effort : {Effort::light, Effort::small}) {
        expect_round_trip(
            words, [&](Buffer& out, const Words& all) { write_floats(out, all, effort); }, read_run_of_floats, name);
      }
    }
  }
}

TEST(Codec, what_a_form_is_for_is_small) {
  Random random(3);
  const auto size = [&](const std::vector<double>& values, Effort effort) {
    Buffer out;
    write_floats(out, words_of(values), effort);
    return static_cast<double>(out.size()) / static_cast<double>(values.size());
  };
  EXPECT_LT(size(std::vector<double>(8192, 21.5), Effort::light), 0.003);
  const auto slow = walk(8192, random, 100, 0.02);  // steps of about two hundredths
  EXPECT_LT(size(slow, Effort::light), 0.7);
  EXPECT_LT(size(slow, Effort::small), 0.42);  // the steps' entropy is 3.05 bits
  auto real = walk(8192, random, 1000, 0.002);
  for (double& value : real) value = static_cast<double>(static_cast<float>(value));
  EXPECT_LT(size(real, Effort::small), 0.42);
  std::vector<double> noise(8192);
  for (double& value : noise) value = std::normal_distribution<double>(100, 1)(random);
  EXPECT_LT(size(noise, Effort::light), 7.0);  // the bits of its exponent are few
}

TEST(Codec, a_gap_in_regular_times_costs_little) {
  Words times(8192);
  for (std::size_t i = 1; i < times.size(); ++i) times[i] = times[i - 1] + (i % 500 == 0 ? 210 : 10) * 1'000'000'000ULL;
  Buffer out;
  write_integers(out, times, Effort::light);
  EXPECT_LT(out.size(), 16 * 30U) << "of 16 gaps";
}

TEST(Codec, runs_are_not_taken_where_their_lengths_cost_more_than_they_save) {
  Random random(4);
  Words steps(8192);  // whole numbers that often stay where they are
  double at = 50;
  for (auto& word : steps) word = static_cast<std::uint64_t>(at += std::normal_distribution<double>(0, 0.6)(random));
  Buffer out;
  write_integers(out, steps, Effort::light);
  EXPECT_LT(out.size(), steps.size() * 3 / 8 + 200) << "differences from -3 to 3 or 4";
}

TEST(Codec, every_width_packs_and_unpacks) {
  Random random(4);
  for (unsigned width = 0; width <= width_max; ++width) {
    for (const std::size_t count : {std::size_t{1}, std::size_t{5}, std::size_t{1023}, vector_values}) {
      Words words(count);
      for (auto& word : words) word = random() & low_bits(width);
      Buffer packed;
      pack(packed, words, width);
      ASSERT_EQ(packed.size(), packed_bytes(count, width));
      Words back(count);
      unpack(packed, width, back);
      EXPECT_EQ(back, words) << width << " bits, " << count;
    }
  }
}

std::vector<Machine> machines_here() {
  std::vector<Machine> all{Machine::portable};
  if (this_machine() >= Machine::avx2) all.push_back(Machine::avx2);
  if (this_machine() >= Machine::avx512) all.push_back(Machine::avx512);
  return all;
}

TEST(Codec, all_machines_come_to_the_same_bits) {
  Random random(5);
  Words words(vector_values);
  for (unsigned width = 1; width <= width_max; ++width) {
    for (auto& word : words) word = random() & low_bits(width);
    Buffer packed;
    pack(packed, words, width);
    for (const Machine machine : machines_here()) {
      Words back(vector_values);
      run_on<UnpackLanes>(machine, static_cast<const std::byte*>(packed.data()), width, std::uint64_t{7}, back.data());
      for (auto& word : back) word -= 7;
      EXPECT_EQ(back, words) << width << " bits";
    }
  }
}

TEST(Codec, all_machines_come_to_the_same_decimals) {
  Random random(5);
  Words words(vector_values);
  for (auto& word : words) word = random() >> random() % 64;
  for (unsigned exponent = 0; exponent <= exponent_max; ++exponent) {
    Words decimal = words;
    Words single = words;
    run_on<DecodeDecimal>(Machine::portable, decimal.data(), decimal.size(), std::uint64_t{100},
                          inverse_power_of_ten[exponent]);
    run_on<DecodeSingle>(Machine::portable, single.data(), single.size(), inverse_power_of_ten[exponent]);
    for (const Machine machine : machines_here()) {
      Words back = words;
      run_on<DecodeDecimal>(machine, back.data(), back.size(), std::uint64_t{100}, inverse_power_of_ten[exponent]);
      EXPECT_EQ(back, decimal);
      back = words;
      run_on<DecodeSingle>(machine, back.data(), back.size(), inverse_power_of_ten[exponent]);
      EXPECT_EQ(back, single);
    }
  }
}

TEST(Codec, small_integers_come_to_the_same_decimals_in_the_short_way) {
  Random random(9);
  for (unsigned factor = 0; factor <= exponent_max; ++factor) {
    const std::uint64_t scale = integer_power_of_ten[factor];
    const std::uint64_t limit = std::min(small_limit, ((std::uint64_t{1} << 63U) - 1) / scale);
    Words words{0 - limit, 1 - limit, limit - 1, 0, 1, ~0ULL};
    while (words.size() < 999) words.push_back(random() % (2 * limit) - limit);
    Words decimal = words;
    Words single = words;
    run_on<DecodeDecimal>(Machine::portable, decimal.data(), decimal.size(), scale, 1e-14);
    run_on<DecodeSingle>(Machine::portable, single.data(), single.size(), 1.0 / static_cast<double>(scale));
    for (const Machine machine : machines_here()) {
      const auto all_small = [&](const Words& of) {
        bool all = false;
        run_on<AllSmall>(machine, of.data(), of.size(), limit, &all);
        return all;
      };
      EXPECT_TRUE(all_small(words));
      for (const std::uint64_t beyond : Words{limit, 0 - limit - 1, 1ULL << 63U, (1ULL << 63U) - 1}) {
        Words others = words;
        others[random() % others.size()] = beyond;
        EXPECT_FALSE(all_small(others)) << beyond;
      }
      Words back = words;
      run_on<DecodeSmallDecimal>(machine, back.data(), back.size(), power_of_ten[factor], 1e-14);
      EXPECT_EQ(back, decimal);
      back = words;
      run_on<DecodeSmallSingle>(machine, back.data(), back.size(), 1.0 / static_cast<double>(scale));
      EXPECT_EQ(back, single);
    }
  }
}

TEST(Codec, offsets_of_every_width_come_back) {
  Random random(10);
  for (unsigned width = 0; width <= 64; ++width) {
    for (const std::size_t length : {std::size_t{33}, std::size_t{1000}, std::size_t{4097}}) {
      Words words(length);
      for (auto& word : words) word = random() % 3 == 0 ? 1ULL << 62U : random() & low_bits(width);
      expect_round_trip(
          words, [](Buffer& out, const Words& all) { write_entropy(out, all); },
          [](ByteReader& reader, Words& into) { return read_entropy(reader, into); }, "of some width");
    }
  }
}

TEST(Codec, differences_are_summed_up_in_their_order) {
  Random random(11);
  for (std::size_t length = 0; length < 40; ++length) {
    Words words(length);
    for (auto& word : words) word = random();
    Words expected(length);
    std::uint64_t sum = 7;
    std::ranges::transform(words, expected.begin(), [&](std::uint64_t word) { return sum += word; });
    sum_up(words, 7);
    EXPECT_EQ(words, expected);
  }
}

TEST(Codec, a_run_that_is_all_equal_says_so_and_no_other_does) {
  for (const Words& words : {Words(100, 9), Words{9}, Words{1, 2, 3}, Words{1, 1, 2}}) {
    Buffer out;
    write_integers(out, words, Effort::light);
    ByteReader reader(out);
    ByteReader as_line(out);
    if (const auto line = read_line(as_line)) {
      for (std::size_t i = 0; i < words.size(); ++i) EXPECT_EQ(line->first + i * line->step, words[i]);
      EXPECT_EQ(as_line.remaining(), 0U);
    } else {
      EXPECT_EQ(as_line.remaining(), out.size());
    }
    const auto equal = read_equal(reader);
    if (std::ranges::adjacent_find(words, std::not_equal_to()) == words.end()) {
      EXPECT_EQ(equal, 9U);
      EXPECT_EQ(reader.remaining(), 0U);
    } else {
      EXPECT_FALSE(equal);
      Words back(words.size());
      EXPECT_TRUE(read_integers(reader, back));
      EXPECT_EQ(back, words);
    }
    for (std::size_t size = 0; size < out.size(); ++size) {
      ByteReader cut(Bytes(out).first(size));
      EXPECT_FALSE(read_equal(cut));
    }
  }
}

struct Keep {
  Symbol* next;
  void turns(const std::array<Symbol, tans_states>& symbols) { next = std::ranges::copy(symbols, next).out; }
  void one(Symbol symbol) { *next++ = symbol; }
};

TEST(Codec, symbols_of_any_frequency_come_back) {
  Random random(6);
  for (unsigned log = 4; log <= table_log_max; ++log) {
    for (const std::size_t kinds : {std::size_t{1}, std::size_t{2}, std::size_t{5}, std::size_t{16}}) {
      std::vector<std::uint32_t> counts(kinds);
      for (auto& count : counts) count = 1 + static_cast<std::uint32_t>(random() % (random() % 1000 + 1));
      const Weights weights = weights_of(counts, log);
      std::uint32_t sum = 0;
      for (const std::uint32_t weight : weights) {
        EXPECT_GE(weight, 1U);
        sum += weight;
      }
      EXPECT_EQ(sum, 1U << log);
      std::vector<Symbol> symbols(1001);
      for (auto& symbol : symbols) symbol = static_cast<Symbol>(random() % kinds);
      Buffer stream;
      TansEncoder(weights, log).write(stream, symbols);
      std::vector<Symbol> back(symbols.size());
      const TansDecoder decoder(weights, log);
      for (const Machine machine : machines_here()) {
        Keep keep{back.data()};
        ASSERT_TRUE(decoder.read(stream, back.size(), keep, machine));
        EXPECT_EQ(back, symbols);
      }
    }
  }
}

TEST(Codec, every_text_comes_back) {
  Random random(7);
  for (const std::size_t length : lengths) {
    for (const std::size_t kinds : {std::size_t{1}, std::size_t{4}, std::size_t{100'000}}) {
      std::string text;
      Words ends(length);
      for (auto& end : ends) {
        if (random() % 10 != 0) text += "state " + std::to_string(random() % kinds) + " of 压机";
        end = text.size();
      }
      for (const Effort effort : {Effort::light, Effort::small}) {
        Buffer out;
        write_texts(out, ends, text, effort);
        ByteReader reader(out);
        Words back(length);
        std::string its_text;
        ASSERT_TRUE(read_texts(reader, back, its_text));
        EXPECT_EQ(reader.remaining(), 0U);
        EXPECT_EQ(back, ends);
        EXPECT_EQ(its_text, text);
      }
    }
  }
}

TEST(Codec, a_flipped_bit_is_read_within_bounds) {
  Random random(8);
  for (const auto& [name, make] : kinds_of_floats) {
    const Words words = make(1500, random);
    for (const Effort effort : {Effort::light, Effort::small}) {
      Buffer out;
      write_floats(out, words, effort);
      for (int turn = 0; turn < 200; ++turn) {
        Buffer hurt = out;
        hurt[random() % hurt.size()] ^= static_cast<std::byte>(1U << random() % 8);
        ByteReader reader(hurt);
        Words back(words.size());
        static_cast<void>(read_floats(reader, back));  // the sanitizers and the hardened library look on
      }
    }
  }
}

TEST(Codec, a_varint_has_64_bits_and_an_end) {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, ~std::uint64_t{0}}) {
    Buffer out;
    put_varint(out, value);
    ByteReader reader(out);
    EXPECT_EQ(get_varint(reader), value);
    EXPECT_FALSE(reader.failed());
    EXPECT_EQ(unzigzag(zigzag(value)), value);
  }
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{9}, std::size_t{20}}) {
    const Buffer endless(bytes, std::byte{0xFF});
    ByteReader reader(endless);
    get_varint(reader);
    EXPECT_TRUE(reader.failed());
  }
}

}  // namespace
}  // namespace artery::codec
