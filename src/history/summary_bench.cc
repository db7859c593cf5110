// How fast samples are summed up, on one core, a vector in cache: samples per second.
#include <benchmark/benchmark.h>

#include <bit>
#include <cmath>

#include "history/summary.h"

namespace artery::history {
namespace {

Samples samples_of(ValueType type, bool with_bad) {
  Samples samples;
  samples.type = type;
  for (std::size_t row = 0; row < vector_rows; ++row) {
    const auto step = static_cast<double>(row);
    const auto word = type == ValueType::f64 ? std::bit_cast<std::uint64_t>(std::sin(step)) : row * 7919 % 100;
    const bool bad = with_bad && row % 50 == 0;
    samples.push(Time(static_cast<std::int64_t>(row) * 10'000'000'000), word, {}, bad ? quality_bad : quality_good,
                 Time(0), 1);
  }
  return samples;
}

void sum_up(benchmark::State& state, ValueType type, bool with_bad) {
  const Samples samples = samples_of(type, with_bad);
  for (auto _ : state) {
    Summary summary;
    summary.add(samples, 0, samples.size());
    benchmark::DoNotOptimize(summary);
  }
  state.counters["samples"] =
      benchmark::Counter(static_cast<double>(samples.size()), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(sum_up, f64, ValueType::f64, false);
BENCHMARK_CAPTURE(sum_up, i64, ValueType::i64, false);
BENCHMARK_CAPTURE(sum_up, f64_one_in_fifty_bad, ValueType::f64, true);

void join(benchmark::State& state) {
  Samples samples = samples_of(ValueType::f64, false);
  Summary whole;
  whole.add(samples, 0, samples.size() / 2);
  Summary later;
  later.add(samples, samples.size() / 2, samples.size());
  for (auto _ : state) {
    Summary summary = whole;
    summary.join(later);
    benchmark::DoNotOptimize(summary);
  }
}
BENCHMARK(join);

}  // namespace
}  // namespace artery::history
