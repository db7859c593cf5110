// Decoding alone, into an intake that only looks at each value: samples per second of one core.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>

#include "sources/http/line_protocol.h"

namespace artery::line_protocol {
namespace {

class CountingIntake final : public admission::Intake {
 public:
  void start_row(const admission::RowKey& key, std::optional<Time> time, std::uint32_t) override {
    sum += key.bytes.size() + static_cast<std::uint64_t>(time.value_or(Time(0)).value());
  }
  void quality(Quality) override {}
  void field(std::string_view name, const ValueView& value) override {
    sum += name.size() + value.index();
    ++samples;
  }
  void end_row() override {}
  void refuse(std::uint32_t, admission::RefusalKind, std::string_view, std::string_view) override { std::abort(); }

  std::uint64_t sum = 0;
  std::int64_t samples = 0;
};

// 1,000 lines as a monitoring agent sends them: four tags, ten fields.
std::string body_of(std::string_view form) {
  std::string body;
  for (unsigned line = 0; line < 1000; ++line) {
    body += fmt::format("cpu,hostname=host_{},region=eu-west-1,rack={},service=press", line % 100, line % 20);
    for (unsigned field = 0; field < 10; ++field) {
      body += field == 0 ? ' ' : ',';
      body += fmt::format("usage_{}=", field);
      const unsigned number = line * 7919 + field * 104729;
      if (form == "integers") body += fmt::format("{}i", number % 10000);
      if (form == "decimals") body += fmt::format("{}.{:03}", number % 100, number % 1000);
      if (form == "doubles") body += fmt::format("{}", number / 7.0);
    }
    body += fmt::format(" {}\n", 1'700'000'000'000'000'000 + line);
  }
  return body;
}

void decode_lines(benchmark::State& state, std::string_view form) {
  const std::string body = body_of(form);
  CountingIntake intake;
  for (auto _ : state) decode(body, Precision::ns, intake);
  benchmark::DoNotOptimize(intake.sum);
  state.SetItemsProcessed(intake.samples);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK_CAPTURE(decode_lines, integers, "integers");
BENCHMARK_CAPTURE(decode_lines, decimals, "decimals");
BENCHMARK_CAPTURE(decode_lines, doubles, "doubles");  // 16 to 17 digits

}  // namespace
}  // namespace artery::line_protocol
