// What admission costs on one core, from fields that are split already to the bytes of a batch: lines of ten fields of
// a hundred series, as TSBS's cpu-only use case sends them.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "admission/collector.h"
#include "governance/node_test.h"
#include "runtime/sim/machine.h"

namespace artery::admission {
namespace {

constexpr std::size_t rows = 1000;
constexpr std::array<std::string_view, 10> fields{"usage_user",   "usage_system",    "usage_idle",    "usage_nice",
                                                  "usage_iowait", "usage_irq",       "usage_softirq", "usage_steal",
                                                  "usage_guest",  "usage_guest_nice"};

std::vector<std::string> keys() {
  std::vector<std::string> made;
  for (int i = 0; i < 100; ++i) {
    made.push_back(
        fmt::format("cpu,arch=x64,datacenter=eu-central-1a,hostname=host_{},os=Ubuntu16.10,rack=67,region="
                    "eu-central-1,service=14,service_environment=production,service_version=1,team=LON",
                    i));
  }
  return made;
}

void send(Intake& intake, const std::vector<std::string>& series, std::int64_t start) {
  for (std::size_t i = 0; i < rows; ++i) {
    intake.start_row({RowKey::Kind::line_protocol, series[i % series.size()]},
                     Time(start + static_cast<std::int64_t>(i)), static_cast<std::uint32_t>(i + 1));
    for (const std::string_view field : fields) intake.field(field, 0.5);
    intake.end_row();
  }
}

void collect_known_names(benchmark::State& state) {
  sim::Machine machine(1);
  governance::NodeOnSim node(machine);
  const auto series = keys();
  AdmissionSettings settings;
  Collector collector(settings, node.process.clock(), node.catalogue, 1000);
  std::deque<PendingBatch> batches;
  collector.start_pass(batches, false);
  send(collector, series, 0);
  if (!node.create(collector.end_pass().wanted)) return state.SkipWithError("names were not created");
  std::int64_t time = 0;
  for (auto _ : state) {
    collector.start_pass(batches, false);
    send(collector, series, time);
    time += static_cast<std::int64_t>(rows);
    if (collector.end_pass().accepted != rows * fields.size()) return state.SkipWithError("something was refused");
    while (!batches.empty()) {
      if (!batches.front().empty()) benchmark::DoNotOptimize(batches.front().close(*node.log));
      batches.pop_front();
    }
  }
  state.counters["samples/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * rows * fields.size(), benchmark::Counter::kIsRate);
}
BENCHMARK(collect_known_names)->Unit(benchmark::kMicrosecond);

void collect_one_topic_each(benchmark::State& state) {
  sim::Machine machine(1);
  governance::NodeOnSim node(machine);
  std::vector<std::string> topics;
  for (int i = 0; i < 1000; ++i) topics.push_back(fmt::format("acme/shenzhen/line{}/press{}/force", i / 10, i % 10));
  AdmissionSettings settings;
  Collector collector(settings, node.process.clock(), node.catalogue, 1000);
  std::deque<PendingBatch> batches;
  const auto send_all = [&] {
    collector.start_pass(batches, false);
    for (const std::string& topic : topics) {
      collector.start_row({RowKey::Kind::signal, topic}, std::nullopt, 0);
      collector.field({}, 1.5);
      collector.end_row();
    }
    return collector.end_pass();
  };
  if (!node.create(send_all().wanted)) return state.SkipWithError("names were not created");
  for (auto _ : state) {
    if (send_all().accepted != topics.size()) return state.SkipWithError("something was refused");
    while (!batches.empty()) {
      if (!batches.front().empty()) benchmark::DoNotOptimize(batches.front().close(*node.log));
      batches.pop_front();
    }
  }
  state.counters["samples/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(topics.size()), benchmark::Counter::kIsRate);
}
BENCHMARK(collect_one_topic_each)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace artery::admission
