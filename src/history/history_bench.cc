// How fast a head takes blocks in, on one core: blocks of 1,000 rows of 10 fields, of many assets or of few.
#include <benchmark/benchmark.h>

#include <vector>

#include "history/head.h"
#include "history/merge.h"
#include "model/record.h"

namespace artery::history {
namespace {

constexpr std::uint32_t rows = 1000;
constexpr std::uint32_t fields = 10;
constexpr std::uint64_t samples_per_head = 10'000'000;

// A record per block; `assets` assets in turn, as line protocol sends them.
std::vector<Buffer> make_blocks(std::uint32_t assets, std::uint32_t count) {
  std::vector<Buffer> blocks;
  std::int64_t time = 0;
  for (std::uint32_t block = 0; block < count; ++block) {
    SampleBlockBuilder builder(std::vector<ValueType>(fields, ValueType::f64));
    for (std::uint32_t asset = 0; asset < std::min(assets, rows); ++asset) {
      std::vector<SignalId> signals;
      const std::uint32_t number = (block * rows + asset) % assets;
      for (std::uint32_t field = 0; field < fields; ++field) signals.emplace_back(number * fields + field + 1);
      builder.add_series(AssetId(number + 1), signals);
    }
    for (std::uint32_t row = 0; row < rows; ++row) {
      builder.start_row(row % std::min(assets, rows), Time(time++));
      for (std::uint32_t field = 0; field < fields; ++field) builder.set_f64(field, static_cast<double>(row + field));
    }
    builder.write(blocks.emplace_back());
  }
  return blocks;
}

void append(benchmark::State& state) {
  const auto assets = static_cast<std::uint32_t>(state.range(0));
  const auto blocks = make_blocks(assets, std::max(10U, assets / rows));
  std::uint64_t samples = 0;
  auto head = std::make_unique<Head>(0, 1);
  for (auto _ : state) {
    const Buffer& bytes = blocks[samples / (rows * fields) % blocks.size()];
    head->append(*SampleBlockView::parse(RecordReader(bytes).next()->body), Time(1), 0);
    samples += std::uint64_t{rows} * fields;
    if (head->samples() >= samples_per_head) {
      state.PauseTiming();
      head = std::make_unique<Head>(0, 1);
      state.ResumeTiming();
    }
  }
  state.counters["samples"] = benchmark::Counter(static_cast<double>(samples), benchmark::Counter::kIsRate);
}
BENCHMARK(append)->Arg(1)->Arg(100)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

// One signal of a hundred, from the head: open, merge, hand out.
void scan_head(benchmark::State& state) {
  const auto blocks = make_blocks(100, 100);
  Head head(0, 1);
  for (const Buffer& bytes : blocks) head.append(*SampleBlockView::parse(RecordReader(bytes).next()->body), Time(1), 0);
  std::uint64_t samples = 0;
  for (auto _ : state) {
    const auto runs = head.runs(SignalId(1), Span{});
    std::vector<Span> spans;
    for (const HeadRun& run : runs) spans.push_back(run.span());
    Merge merge(spans, {});
    Samples vector;
    while (!merge.done()) {
      if (const auto wanted = merge.wanted()) {
        merge.give(*wanted, runs[*wanted].open(Span{}));
      } else if (!merge.step(vector)) {
        samples += vector.size();
        vector.clear();
      }
    }
    samples += vector.size();
  }
  state.counters["samples"] = benchmark::Counter(static_cast<double>(samples), benchmark::Counter::kIsRate);
}
BENCHMARK(scan_head)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace artery::history
