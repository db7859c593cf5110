// How fast columns are coded and decoded, on one core, 8,192 values in cache: values per second.
#include <benchmark/benchmark.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "history/codec/floats.h"
#include "history/codec/integers.h"
#include "history/codec/vector.h"

namespace artery::codec {
namespace {

constexpr std::size_t values = 8192;

using Words = std::vector<std::uint64_t>;

// Decimals of two digits around 50 without a memory: a frame is the best a light form can do.
Words readings() {
  std::mt19937_64 random(1);
  Words words(values);
  for (auto& word : words)
    word = std::bit_cast<std::uint64_t>(std::round(std::normal_distribution<double>(5000, 200)(random)) / 100);
  return words;
}

// A random walk of integers, as TSBS makes its fields.
Words steps() {
  std::mt19937_64 random(2);
  Words words(values, 50);
  for (std::size_t i = 1; i < values; ++i)
    words[i] = words[i - 1] + static_cast<std::uint64_t>(std::lround(std::normal_distribution<double>(0, 1)(random)));
  return words;
}

void count(benchmark::State& state, const Buffer& out) {
  state.counters["values"] =
      benchmark::Counter(static_cast<double>(values), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["bytes_per_value"] = static_cast<double>(out.size()) / static_cast<double>(values);
}

void decode_frame(benchmark::State& state) {
  std::mt19937_64 random(3);
  Words words(vector_values);
  for (auto& word : words) word = random() % 1000;
  Buffer out;
  write_vector(out, words);
  for (auto _ : state) {
    ByteReader reader(out);
    benchmark::DoNotOptimize(read_vector(reader, words));
    benchmark::ClobberMemory();
  }
  state.counters["values"] =
      benchmark::Counter(static_cast<double>(vector_values), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(decode_frame);

void decode_floats(benchmark::State& state) {
  const auto effort = static_cast<Effort>(state.range(0));
  Words words = readings();
  Buffer out;
  write_floats(out, words, effort);
  for (auto _ : state) {
    ByteReader reader(out);
    benchmark::DoNotOptimize(read_floats(reader, words));
    benchmark::ClobberMemory();
  }
  count(state, out);
}
BENCHMARK(decode_floats)->ArgName("small")->Arg(0)->Arg(1);

void encode_floats(benchmark::State& state) {
  const auto effort = static_cast<Effort>(state.range(0));
  const Words words = readings();
  Buffer out;
  for (auto _ : state) {
    out.clear();
    write_floats(out, words, effort);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, out);
}
BENCHMARK(encode_floats)->ArgName("small")->Arg(0)->Arg(1);

void decode_integers(benchmark::State& state) {
  const auto effort = static_cast<Effort>(state.range(0));
  Words words = steps();
  Buffer out;
  write_integers(out, words, effort);
  for (auto _ : state) {
    ByteReader reader(out);
    benchmark::DoNotOptimize(read_integers(reader, words));
    benchmark::ClobberMemory();
  }
  count(state, out);
}
BENCHMARK(decode_integers)->ArgName("small")->Arg(0)->Arg(1);

void encode_integers(benchmark::State& state) {
  const auto effort = static_cast<Effort>(state.range(0));
  const Words words = steps();
  Buffer out;
  for (auto _ : state) {
    out.clear();
    write_integers(out, words, effort);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, out);
}
BENCHMARK(encode_integers)->ArgName("small")->Arg(0)->Arg(1);

}  // namespace
}  // namespace artery::codec
