// What one shard of the server counts; written on its loop, read from any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace artery::net {

struct HttpCounts {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;        // the server was full
  std::array<std::uint64_t, 5> responses = {};  // by class: 1xx to 5xx
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t websockets_open = 0;
  std::uint64_t bodies_bytes = 0;    // held by bodies of requests now; of the whole server, as the next
  std::uint64_t bodies_refused = 0;  // because the others held as much as they may
};

struct alignas(64) HttpCounters {
  using Counter = std::atomic<std::uint64_t>;
  Counter connections_open = 0;
  Counter connections_accepted = 0;
  Counter connections_refused = 0;
  std::array<Counter, 5> responses = {};
  Counter bytes_in = 0;
  Counter bytes_out = 0;
  Counter websockets_open = 0;

  // Each number is right; together they may be of slightly different moments.
  void add_to(HttpCounts& sum) const {
    sum.connections_open += connections_open.load(std::memory_order_relaxed);
    sum.connections_accepted += connections_accepted.load(std::memory_order_relaxed);
    sum.connections_refused += connections_refused.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < responses.size(); ++i) sum.responses[i] += responses[i].load(std::memory_order_relaxed);
    sum.bytes_in += bytes_in.load(std::memory_order_relaxed);
    sum.bytes_out += bytes_out.load(std::memory_order_relaxed);
    sum.websockets_open += websockets_open.load(std::memory_order_relaxed);
  }
};

inline void count(HttpCounters::Counter& counter, std::uint64_t by = 1) {
  counter.fetch_add(by, std::memory_order_relaxed);
}
inline void uncount(HttpCounters::Counter& counter) { counter.fetch_sub(1, std::memory_order_relaxed); }

}  // namespace artery::net
