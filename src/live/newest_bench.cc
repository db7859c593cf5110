// What the newest values cost: blocks of 1,000 rows of 10 fields over 100 assets, as a shard applies them.
#include <benchmark/benchmark.h>

#include <numeric>

#include "base/assert.h"
#include "live/newest_table.h"
#include "model/record.h"

namespace artery::live {
namespace {

constexpr std::uint32_t rows = 1000;
constexpr std::uint32_t fields = 10;
constexpr std::uint32_t assets = 100;

Buffer make_block(bool gaps) {
  SampleBlockBuilder block(std::vector(fields, ValueType::f64));
  for (std::uint32_t asset = 0; asset < assets; ++asset) {
    std::vector<SignalId> signals;
    for (std::uint32_t field = 0; field < fields; ++field) signals.emplace_back(1 + asset * fields + field);
    block.add_series(AssetId(asset + 1), signals);
  }
  for (std::uint32_t row = 0; row < rows; ++row) {
    block.start_row(row % assets, Time(row));
    for (std::uint32_t field = 0; field < fields; ++field) {
      if (!gaps || (row + field) % 7 != 0) block.set_f64(field, row * 0.5);
    }
  }
  Buffer bytes;
  block.write(bytes);
  return bytes;
}

void apply(benchmark::State& state, bool gaps) {
  const Buffer bytes = make_block(gaps);
  NewestTable table(0, 1);
  std::uint64_t samples = 0;
  for (auto turn : state) {
    RecordReader records(bytes);
    const auto block = SampleBlockView::parse(records.next()->body);
    samples += table.apply(*block, Time(1));
    table.created.clear();
  }
  ARTERY_ASSERT(table.size() == assets * fields);
  state.SetItemsProcessed(static_cast<std::int64_t>(samples));
}

BENCHMARK_CAPTURE(apply, whole_rows, false);
BENCHMARK_CAPTURE(apply, rows_with_gaps, true);

}  // namespace
}  // namespace artery::live
