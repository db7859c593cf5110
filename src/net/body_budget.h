// How much the bodies of requests may hold over all connections of a server. What is counted is their content, with
// what a compressed one has become so far; buffers may have some room above it.
//
// Where it is used up, the request that needs more is refused with 503 and gives back what it held. Pausing its reading
// instead could stop the server for good: bodies that are half received would wait for each other, each keeping what it
// has and none getting its rest.
//
// Thread-safe: one number for all shards. It must outlive its shares.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace artery::net {

class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  [[nodiscard]] std::size_t held() const { return held_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  friend class BodyShare;
  [[nodiscard]] bool take(std::size_t bytes) {
    if (held_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= bytes_max_) return true;
    give_back(bytes);
    refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  void give_back(std::size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

  const std::size_t bytes_max_;
  std::atomic<std::size_t> held_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
};

// What one connection holds of it. Belongs to its loop.
class BodyShare {
 public:
  explicit BodyShare(BodyBudget& budget) : budget_(budget) {}
  ~BodyShare() { release(); }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  // Holds that many bytes from now on. False where there is no room for more; then it holds what it did.
  [[nodiscard]] bool hold(std::size_t bytes) {
    if (bytes > bytes_ && !budget_.take(bytes - bytes_)) return false;
    if (bytes < bytes_) budget_.give_back(bytes_ - bytes);
    bytes_ = bytes;
    return true;
  }
  void release() {
    budget_.give_back(bytes_);
    bytes_ = 0;
  }

 private:
  BodyBudget& budget_;
  std::size_t bytes_ = 0;
};

}  // namespace artery::net
