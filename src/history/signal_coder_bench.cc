// What it costs to code signals for a segment, on one core: ten signals of a machine, 80,000 rows each, whose values
// walk by hundredths and whose times jitter by milliseconds; their stamps are the same, or each signal's are its own.
#include <benchmark/benchmark.h>

#include <bit>
#include <random>
#include <vector>

#include "history/signal_coder.h"

namespace artery::history {
namespace {

constexpr std::size_t rows = 80'000;
constexpr std::uint32_t signals = 10;

std::vector<Samples> make_vectors(std::uint32_t signal, bool own_stamps) {
  std::mt19937_64 stamps(own_stamps ? signal : 0);
  std::mt19937_64 values(signal);
  std::vector<Samples> vectors(rows / vector_rows + 1);
  std::int64_t level = 2000;
  for (std::size_t row = 0; row < rows; ++row) {
    level += static_cast<std::int64_t>(values() % 11) - 5;
    const auto jitter = static_cast<std::int64_t>(stamps() % 5);
    const std::int64_t milliseconds = 1'700'000'000'000 + static_cast<std::int64_t>(row) * 1000 + jitter;
    const auto later = static_cast<std::int64_t>(20 + stamps() % 30);
    vectors[row / vector_rows].push(Time(milliseconds * 1'000'000),
                                    std::bit_cast<std::uint64_t>(static_cast<double>(level) / 100), {}, quality_good,
                                    Time((milliseconds + later) * 1'000'000), 1);
  }
  return vectors;
}

void code(benchmark::State& state, codec::Effort effort, bool own_stamps) {
  std::vector<std::vector<Samples>> all(signals);
  for (std::uint32_t signal = 0; signal < signals; ++signal) all[signal] = make_vectors(signal, own_stamps);
  std::uint64_t samples = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    SignalCoder coder([](SignalId) { return SignalFacts{}; }, effort, TilePolicy{});
    for (std::uint32_t signal = 0; signal < signals; ++signal) {
      for (const Samples& vector : all[signal]) coder.add(SignalId(signal + 1), vector);
    }
    coder.finish();
    bytes = coder.bytes();
    samples += rows * signals;
  }
  state.counters["samples"] = benchmark::Counter(static_cast<double>(samples), benchmark::Counter::kIsRate);
  state.counters["bytes a sample"] = static_cast<double>(bytes) / (rows * signals);
}
BENCHMARK_CAPTURE(code, as_checkpoints_do_shared, codec::Effort::light, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(code, as_checkpoints_do_own, codec::Effort::light, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(code, for_rest_shared, codec::Effort::small, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(code, for_rest_own, codec::Effort::small, true)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace artery::history
