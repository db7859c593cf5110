#include "bench/figures.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string>

namespace artery::bench {

double Latencies::percentile_ms(double share) {
  if (ns_.empty()) return 0;
  const auto last = static_cast<double>(ns_.size() - 1);
  const auto at = static_cast<std::ptrdiff_t>(std::ceil(share * last));
  std::nth_element(ns_.begin(), ns_.begin() + at, ns_.end());
  return static_cast<double>(ns_[static_cast<std::size_t>(at)]) / 1e6;
}

std::string_view text_option(int argc, char** argv, std::string_view name, std::string_view otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) == "--" + std::string(name)) return argv[i + 1];
  }
  return otherwise;
}

double option(int argc, char** argv, std::string_view name, double otherwise) {
  const std::string_view text = text_option(argc, argv, name, {});
  double value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace artery::bench
