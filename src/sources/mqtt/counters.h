// What one shard of the broker counts; written on its loop, read from any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/histogram.h"

namespace artery::mqtt {

struct MqttCounts {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;           // the broker was full
  std::uint64_t sessions_opened = 0;               // CONNECTs answered with success
  std::uint64_t sessions_refused = 0;              // CONNECTs answered with an error, or not at all
  std::uint64_t sessions_taken_over = 0;           // by a newer connection of the same client
  std::uint64_t sessions_timed_out = 0;            // keep-alive, or no CONNECT
  std::uint64_t protocol_errors = 0;               // connections that ended with one
  std::uint64_t slow_clients = 0;                  // ended because QoS 1 messages piled up
  std::array<std::uint64_t, 3> messages_in = {};   // PUBLISH packets by QoS
  std::array<std::uint64_t, 2> messages_out = {};  // the same
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t dropped_slow = 0;       // QoS 0 messages for clients that read too slowly
  std::uint64_t dropped_too_large = 0;  // for their client's Maximum Packet Size
  std::uint64_t dropped_expired = 0;    // while they waited
  std::uint64_t samples_accepted = 0;
  std::uint64_t samples_refused = 0;
  std::uint64_t not_retained = 0;  // routed, but the store of retained messages is full
  DurationCounts
      publishes{};  // of QoS 1 and 2: from their bytes' arrival until PUBACK or PUBREC was given to the socket
  std::uint64_t not_stored = 0;  // samples or retained messages without room on the disk: not acknowledged
};

struct alignas(64) MqttCounters {
  using Counter = std::atomic<std::uint64_t>;
  Counter connections_open = 0;
  Counter connections_accepted = 0;
  Counter connections_refused = 0;
  Counter sessions_opened = 0;
  Counter sessions_refused = 0;
  Counter sessions_taken_over = 0;
  Counter sessions_timed_out = 0;
  Counter protocol_errors = 0;
  Counter slow_clients = 0;
  std::array<Counter, 3> messages_in = {};
  std::array<Counter, 2> messages_out = {};
  Counter bytes_in = 0;
  Counter bytes_out = 0;
  Counter dropped_slow = 0;
  Counter dropped_too_large = 0;
  Counter dropped_expired = 0;
  Counter samples_accepted = 0;
  Counter samples_refused = 0;
  Counter not_retained = 0;
  Counter not_stored = 0;
  DurationHistogram publishes;

  // Each number is right; together they may be of slightly different moments.
  void add_to(MqttCounts& sum) const {
    const auto add = [](std::uint64_t& to, const Counter& from) { to += from.load(std::memory_order_relaxed); };
    add(sum.connections_open, connections_open);
    add(sum.connections_accepted, connections_accepted);
    add(sum.connections_refused, connections_refused);
    add(sum.sessions_opened, sessions_opened);
    add(sum.sessions_refused, sessions_refused);
    add(sum.sessions_taken_over, sessions_taken_over);
    add(sum.sessions_timed_out, sessions_timed_out);
    add(sum.protocol_errors, protocol_errors);
    add(sum.slow_clients, slow_clients);
    for (std::size_t i = 0; i < messages_in.size(); ++i) add(sum.messages_in[i], messages_in[i]);
    for (std::size_t i = 0; i < messages_out.size(); ++i) add(sum.messages_out[i], messages_out[i]);
    add(sum.bytes_in, bytes_in);
    add(sum.bytes_out, bytes_out);
    add(sum.dropped_slow, dropped_slow);
    add(sum.dropped_too_large, dropped_too_large);
    add(sum.dropped_expired, dropped_expired);
    add(sum.samples_accepted, samples_accepted);
    add(sum.samples_refused, samples_refused);
    add(sum.not_retained, not_retained);
    add(sum.not_stored, not_stored);
    publishes.add_to(sum.publishes);
  }
};

// Only the shard's loop writes: no other thread's addition can be lost between the load and the store.
inline void count(MqttCounters::Counter& counter, std::uint64_t by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}
inline void uncount(MqttCounters::Counter& counter) {
  counter.store(counter.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

}  // namespace artery::mqtt
