// The newest rejections, with the bytes that were refused, and how many there were of each kind. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "admission/intake.h"
#include "base/time.h"

namespace artery::admission {

inline constexpr std::size_t rejection_bytes_max = 256;  // kept of the bytes that were refused

struct Rejection {
  Time time;           // when it was refused
  std::string source;  // "http", "mqtt"
  std::string client;  // MQTT client identifier, HTTP User-Agent; empty where it said none
  std::string remote;  // its address and port
  RefusalKind kind = RefusalKind::malformed;
  std::string reason;
  std::uint32_t line = 0;  // of the request's body; 0 where there are no lines
  std::string topic{};     // of the MQTT message; empty where there is none
  // At most rejection_bytes_max: as they came, or a decoded row's key, field and value: `press7 force="on"`.
  std::string bytes;
};

using RefusalCounts = std::array<std::uint64_t, refusal_kinds>;  // by RefusalKind

class RejectionStore {
 public:
  explicit RejectionStore(std::size_t newest_max = 1000) : newest_max_(newest_max) {}

  // `counts` may count more than the listed ones: a submission lists the first of its own.
  void add(std::vector<Rejection> rejections, const RefusalCounts& counts);
  // Counts it as well.
  void add_one(Rejection rejection);
  // Newest first.
  [[nodiscard]] std::vector<Rejection> newest(std::size_t limit) const;
  [[nodiscard]] RefusalCounts counts() const;
  [[nodiscard]] std::size_t newest_max() const { return newest_max_; }

 private:
  const std::size_t newest_max_;
  mutable std::mutex mutex_;  // guards what follows
  std::deque<Rejection> newest_;
  RefusalCounts counts_{};
};

}  // namespace artery::admission
