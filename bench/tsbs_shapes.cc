// Line protocol in the shapes of TSBS (Time Series Benchmark Suite), to standard output. The same arguments make the
// same bytes.
//
//   tsbs_shapes cpu-only|iot [--hosts 100] [--steps 1000] [--seed 1]
//
// cpu-only: every 10 s from each host ten integers that walk by normal steps of 1 between 0 and 100. iot: every 10 s
// from each truck its readings and its diagnostics, its three constant properties among the fields as TSBS writes them;
// of a truck's batches of 20 steps 2 % never come, and 5 % come 100 steps late.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/figures.h"

namespace {

constexpr std::int64_t first_second = 1'451'606'400;
constexpr int step_seconds = 10;
constexpr std::size_t flush_bytes = std::size_t{1} << 20;

using Random = std::mt19937_64;

template <std::size_t count>
std::string_view choose(const std::array<std::string_view, count>& from, Random& random) {
  return from[std::uniform_int_distribution<std::size_t>(0, count - 1)(random)];
}

// A value that walks between two bounds.
struct Walk {
  double value;
  double step;
  double low;
  double high;
  double next(Random& random) {
    value = std::clamp(value + step * std::normal_distribution<double>(0, 1)(random), low, high);
    return value;
  }
};

double between(double low, double high, Random& random) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

void write(std::string& text, std::size_t at_least) {
  if (text.size() < at_least) return;
  std::fwrite(text.data(), 1, text.size(), stdout);
  text.clear();
}

class Host {
 public:
  Host(std::size_t number, Random& random) {
    static constexpr std::array<std::string_view, 5> regions{"us-east-1", "us-west-1", "eu-west-1", "ap-southeast-1",
                                                             "sa-east-1"};
    static constexpr std::array<std::string_view, 3> systems{"Ubuntu16.10", "Ubuntu16.04LTS", "Ubuntu15.10"};
    static constexpr std::array<std::string_view, 2> architectures{"x64", "x86"};
    static constexpr std::array<std::string_view, 4> teams{"SF", "NYC", "LON", "CHI"};
    static constexpr std::array<std::string_view, 3> environments{"production", "staging", "test"};
    const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    const std::string_view region = choose(regions, random);
    const auto letter = static_cast<char>('a' + below(3));
    head_ = fmt::format("cpu,hostname=host_{},region={},datacenter={}{},rack={},os={},", number, region, region, letter,
                        below(100), choose(systems, random));
    head_ +=
        fmt::format("arch={},team={},service={},", choose(architectures, random), choose(teams, random), below(20));
    head_ += fmt::format("service_version={},service_environment={} ", below(2), choose(environments, random));
    for (Walk& walk : walks_) walk = {.value = between(0, 100, random), .step = 1, .low = 0, .high = 100};
  }

  void step(std::int64_t second, Random& random, std::string& text) {
    static constexpr std::array<std::string_view, 10> names{
        "usage_user", "usage_system",  "usage_idle",  "usage_nice",  "usage_iowait",
        "usage_irq",  "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice"};
    text += head_;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto value = static_cast<std::int64_t>(walks_[i].next(random));
      fmt::format_to(std::back_inserter(text), "{}{}={}i", i == 0 ? "" : ",", names[i], value);
    }
    fmt::format_to(std::back_inserter(text), " {}000000000\n", second);
  }

 private:
  std::string head_;
  std::array<Walk, 10> walks_{};
};

class Truck {
 public:
  Truck(std::size_t number, Random& random) {
    static constexpr std::array<std::string_view, 4> fleets{"East", "West", "North", "South"};
    static constexpr std::array<std::string_view, 6> drivers{"Derek", "Rodney", "Albert", "Andy", "Seth", "Trish"};
    static constexpr std::array<std::string_view, 4> versions{"v1.0", "v1.5", "v2.0", "v2.3"};
    struct Model {
      std::string_view name;
      int load;
      int fuel;
      int consumption;
    };
    static constexpr std::array<Model, 3> models{
        {{"F-150", 2000, 200, 15}, {"G-2000", 5000, 300, 19}, {"H-2", 1500, 150, 12}}};
    const Model& model = models[std::uniform_int_distribution<std::size_t>(0, 2)(random)];
    tags_ = fmt::format(",name=truck_{},fleet={},driver={},model={},device_version={} ", number, choose(fleets, random),
                        choose(drivers, random), model.name, choose(versions, random));
    tags_ += fmt::format("load_capacity={},fuel_capacity={},nominal_fuel_consumption={},", model.load, model.fuel,
                         model.consumption);
    latitude_ = {.value = between(-90, 90, random), .step = 0.003, .low = -90, .high = 90};
    longitude_ = {.value = between(-180, 180, random), .step = 0.003, .low = -180, .high = 180};
    elevation_ = {.value = between(0, 500, random), .step = 10, .low = 0, .high = 500};
    heading_ = {.value = between(0, 360, random), .step = 5, .low = 0, .high = 360};
    load_ = {.value = between(0, model.load, random), .step = 100, .low = 0, .high = static_cast<double>(model.load)};
  }

  // What arrives at this step.
  void step(std::int64_t step, Random& random, std::string& text) {
    if (step % batch_steps == 0) {
      const double fate = between(0, 1, random);
      lost_ = fate < 0.02;
      late_ = fate >= 0.95;
    }
    while (!held_.empty() && held_.front().due <= step) {
      text += held_.front().lines;
      held_.pop_front();
    }
    std::string lines;
    measure(first_second + step * step_seconds, random, lines);
    if (lost_) return;
    if (!late_) {
      text += lines;
    } else {
      held_.push_back({.due = step + late_steps, .lines = std::move(lines)});
    }
  }

 private:
  static constexpr std::int64_t batch_steps = 20;
  static constexpr std::int64_t late_steps = 100;
  struct Held {
    std::int64_t due;
    std::string lines;
  };

  void measure(std::int64_t second, Random& random, std::string& lines) {
    fmt::format_to(std::back_inserter(lines), "readings{}latitude={:.5f},longitude={:.5f},elevation={:.0f},", tags_,
                   latitude_.next(random), longitude_.next(random), elevation_.next(random));
    fmt::format_to(
        std::back_inserter(lines), "velocity={:.0f},heading={:.0f},grade={:.0f},fuel_consumption={:.1f} {}000000000\n",
        velocity_.next(random), heading_.next(random), grade_.next(random), consumption_.next(random), second);
    fuel_ = std::max(0.0, fuel_ - between(0, 0.001, random));
    if (between(0, 1, random) < 0.1) load_.next(random);
    if (between(0, 1, random) < 0.01) status_.next(random);
    fmt::format_to(std::back_inserter(lines),
                   "diagnostics{}fuel_state={:.1f},current_load={:.0f},status={}i {}000000000\n", tags_, fuel_,
                   load_.value, static_cast<int>(status_.value), second);
  }

  std::string tags_;  // and the properties that TSBS writes as fields
  Walk latitude_{};
  Walk longitude_{};
  Walk elevation_{};
  Walk heading_{};
  Walk load_{};
  Walk velocity_{.value = 0, .step = 10, .low = 0, .high = 100};
  Walk grade_{.value = 0, .step = 5, .low = 0, .high = 100};
  Walk consumption_{.value = 25, .step = 1, .low = 0, .high = 50};
  Walk status_{.value = 0, .step = 1, .low = 0, .high = 5};
  double fuel_ = 1;
  bool lost_ = false;
  bool late_ = false;
  std::deque<Held> held_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view shape = argc > 1 ? argv[1] : "";
  if (shape != "cpu-only" && shape != "iot") {
    fmt::print(stderr, "tsbs_shapes cpu-only|iot [--hosts 100] [--steps 1000] [--seed 1]\n");
    return 2;
  }
  Random random(static_cast<std::uint64_t>(artery::bench::option(argc, argv, "seed", 1)));
  const auto count = static_cast<std::size_t>(artery::bench::option(argc, argv, "hosts", 100));
  const auto steps = static_cast<std::int64_t>(artery::bench::option(argc, argv, "steps", 1000));
  std::vector<Host> hosts;
  std::vector<Truck> trucks;
  for (std::size_t i = 0; i < count; ++i) {
    if (shape == "iot") {
      trucks.emplace_back(i, random);
    } else {
      hosts.emplace_back(i, random);
    }
  }
  std::string text;
  for (std::int64_t step = 0; step < steps; ++step) {
    for (Host& host : hosts) host.step(first_second + step * step_seconds, random, text);
    for (Truck& truck : trucks) truck.step(step, random, text);
    write(text, flush_bytes);
  }
  write(text, 1);
}
