#include "seeds.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>

namespace artery::sim_seeds {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int usage(const char* name) {
  fmt::print(stderr, "usage: {} --seeds A..B | --seed N\n", name);
  return 2;
}

int replay(Run run, std::uint64_t seed) {
  const auto outcome = run(seed, true);
  fmt::print("seed {}: {}; {} acknowledged, {} crashes, trace {:016x}\n", seed, outcome.failure.value_or("holds"),
             outcome.acknowledged, outcome.crashes, outcome.trace_hash);
  return outcome.failure ? 1 : 0;
}

int run_all(const char* name, Run run, std::uint64_t first, std::uint64_t last) {
  std::uint64_t acknowledged = 0;
  std::uint64_t crashes = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const auto outcome = run(seed, false);
    acknowledged += outcome.acknowledged;
    crashes += outcome.crashes;
    if (!outcome.failure) continue;
    fmt::print("seed {} fails: {}\nreplay: {} --seed {}\n", seed, *outcome.failure, name, seed);
    return 1;
  }
  fmt::print("seeds {} to {} hold: {} acknowledged, {} crashes\n", first, last, acknowledged, crashes);
  return 0;
}

}  // namespace

int run_program(const char* name, Run run, int argc, char** argv) {
  if (argc != 3) return usage(name);
  const std::string_view option = argv[1];
  const std::string_view value = argv[2];
  if (option == "--seed") {
    const auto seed = number(value);
    return seed ? replay(run, *seed) : usage(name);
  }
  const std::size_t dots = value.find("..");
  if (option != "--seeds" || dots == std::string_view::npos) return usage(name);
  const auto first = number(value.substr(0, dots));
  const auto last = number(value.substr(dots + 2));
  return first && last ? run_all(name, run, *first, *last) : usage(name);
}

}  // namespace artery::sim_seeds
