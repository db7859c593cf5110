#include <benchmark/benchmark.h>

#include <string>

#include "sources/mqtt/codec.h"

namespace artery::mqtt {
namespace {

const std::string& payload() {
  static const std::string text = R"({"force": 3.1, "ts": 1700000000000, "position": 12.75, "temperature": 61.2})";
  return text;
}

Publish press() {
  return {.qos = Qos::at_least_once,
          .packet_id = 7,
          .topic = "acme/shenzhen/press-shop/line2/press7",
          .payload = Binary(as_bytes(payload()))};
}

ProtocolVersion version_of(const benchmark::State& state) {
  return state.range(0) == 5 ? ProtocolVersion::v5 : ProtocolVersion::v3_1_1;
}

void publish_decode(benchmark::State& state) {
  Buffer wire;
  encode(press(), version_of(state), wire);
  for ([[maybe_unused]] auto _ : state) {
    const auto frame = next_frame(wire, 1'000'000);
    auto packet = decode(**frame, version_of(state));
    benchmark::DoNotOptimize(packet);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(publish_decode)->Arg(4)->Arg(5);

void publish_encode(benchmark::State& state) {
  const Publish packet = press();
  Buffer out;
  for ([[maybe_unused]] auto _ : state) {
    out.clear();
    encode(packet, version_of(state), out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(publish_encode)->Arg(4)->Arg(5);

void puback_encode(benchmark::State& state) {
  Buffer out;
  std::uint16_t id = 0;
  for ([[maybe_unused]] auto _ : state) {
    out.clear();
    encode(Puback{.packet_id = ++id}, version_of(state), out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(puback_encode)->Arg(4)->Arg(5);

}  // namespace
}  // namespace artery::mqtt
