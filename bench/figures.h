// What benchmarks print: latencies as percentiles, options as --name value.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace artery::bench {

class Latencies {
 public:
  void add(Duration took) { ns_.push_back(took.count()); }
  void add_all(const Latencies& other) { ns_.insert(ns_.end(), other.ns_.begin(), other.ns_.end()); }
  [[nodiscard]] std::size_t count() const { return ns_.size(); }
  // In milliseconds; `share` from 0 to 1. 0 where nothing was measured.
  [[nodiscard]] double percentile_ms(double share);

 private:
  std::vector<std::int64_t> ns_;
};

// The value of `--name` among the arguments, or `otherwise`.
double option(int argc, char** argv, std::string_view name, double otherwise);
std::string_view text_option(int argc, char** argv, std::string_view name, std::string_view otherwise);

std::int64_t now_ns();

}  // namespace artery::bench
