// MQTT publishes of a small JSON object at QoS 1, every PUBACK after its sync.
//
//   mqtt_ingest [--clients 100] [--window 20] [--seconds 10] [--rate 0] [--runs 3]
//
// `window` publishes of a client wait for their PUBACK at a time. With a rate (messages per second over all clients)
// publishes are paced and the time from publish to PUBACK is what counts.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "bench/figures.h"
#include "bench/mqtt_load.h"
#include "bench/node_under_test.h"
#include "runtime/linux/linux_runtime.h"

namespace {

using artery::bench::Latencies;
using artery::bench::MqttLoad;
using artery::bench::MqttPlan;
using artery::bench::now_ns;
using artery::bench::option;
namespace runtime = artery::runtime;

void run(runtime::Runtime& machine, const MqttPlan& plan) {
  artery::bench::NodeUnderTest node;
  MqttLoad load(machine, plan, node.mqtt_port());
  load.begin();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // names are created, caches are warm
  (void)load.take_latencies();
  const double cpu = node.cpu_seconds();
  const std::uint64_t before = load.acknowledged();
  const std::int64_t start = now_ns();
  std::this_thread::sleep_for(std::chrono::duration<double>(plan.seconds));
  const auto messages = static_cast<double>(load.acknowledged() - before);
  const double took = static_cast<double>(now_ns() - start) / 1e9;
  const double cpu_used = node.cpu_seconds() - cpu;
  Latencies latencies = load.take_latencies();
  fmt::print(
      "{:.0f} messages/s, {:.2f} CPU s per million, publish to PUBACK p50 {:.2f} ms p99 {:.2f} ms p99.9 {:.2f} ms, "
      "{:.0f} MiB resident\n",
      messages / took, cpu_used / (messages / 1e6), latencies.percentile_ms(0.5), latencies.percentile_ms(0.99),
      latencies.percentile_ms(0.999), node.resident_mib());
}

}  // namespace

int main(int argc, char** argv) {
  const auto machine = runtime::make_linux_runtime({.journal_from = runtime::Severity::warning});
  MqttPlan plan{.clients = static_cast<std::size_t>(option(argc, argv, "clients", 100)),
                .window = static_cast<std::size_t>(option(argc, argv, "window", 20)),
                .seconds = option(argc, argv, "seconds", 10),
                .rate = option(argc, argv, "rate", 0)};
  const int runs = static_cast<int>(option(argc, argv, "runs", 3));
  fmt::print("MQTT: {} clients, JSON at QoS 1, synced before the PUBACK, window {}\n", plan.clients, plan.window);
  for (int i = 0; i < runs; ++i) run(*machine, plan);
  if (plan.rate > 0) return 0;
  plan.rate = 10'000;
  fmt::print("MQTT: the same, paced at 10,000 messages/s\n");
  for (int i = 0; i < runs; ++i) run(*machine, plan);
}
