// Who writes by HTTP, for people to see: what came from each address under each User-Agent. Thread-safe.
//
// So many are known and no more: whoever wrote longest ago makes room for a new one, and starts anew when it comes
// back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.h"

namespace artery::line_protocol {

struct Writer {
  std::string host;
  std::string agent;  // the User-Agent; empty where none was sent
  Time since{};       // its first write, as far as is known
  Time heard{};       // its newest
  std::uint64_t writes = 0;
  std::uint64_t bytes = 0;  // of their bodies, inflated
  std::uint64_t samples_accepted = 0;
  std::uint64_t samples_refused = 0;  // samples, or lines that could not be read
};

class Writers {
 public:
  explicit Writers(std::size_t writers_max = 256) : writers_max_(writers_max) {}

  // Adds what `write` counts to what is known of its host and agent. Its `heard` is when it was.
  void note(const Writer& write);
  // In no order.
  [[nodiscard]] std::vector<Writer> list() const;

 private:
  const std::size_t writers_max_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Writer> writers_;
};

}  // namespace artery::line_protocol
