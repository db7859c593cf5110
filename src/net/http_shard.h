// One loop's part of the HTTP server: its connections and their sweep for time-outs. Everything but counters() and
// durations() happens on that loop. Internal to net.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/histogram.h"
#include "net/body_budget.h"
#include "net/counters.h"
#include "net/http_server.h"
#include "net/page_rules.h"

namespace artery::net {

class ClientConnection;

// What all shards of a server use; immutable once it listens, but for what is counted.
struct HttpShared {
  HttpShared(const runtime::Clock& clock_to_use, HttpServerSettings chosen)
      : clock(clock_to_use),
        settings(std::move(chosen)),
        rules(settings.host_names, settings.origins),
        bodies(settings.bodies_bytes_max) {}

  const runtime::Clock& clock;
  const HttpServerSettings settings;
  const PageRules rules;
  Router router;
  BodyBudget bodies;
  std::atomic<std::size_t> connections_open = 0;
};

class HttpShard {
 public:
  HttpShard(runtime::Loop& loop, unsigned index, HttpShared& shared);
  ~HttpShard();
  HttpShard(const HttpShard&) = delete;
  HttpShard& operator=(const HttpShard&) = delete;

  // Before the server listens.
  void make_durations(std::size_t patterns) {
    while (durations_.size() < patterns) durations_.emplace_back();
  }

  void adopt(std::unique_ptr<runtime::Connection> accepted);
  void stop(Duration grace, runtime::Work done);

  // For ClientConnection. remove() destroys it.
  void remove(std::uint64_t id);
  // Has it looked after from a later turn, if it is still there.
  void look_after_later(std::uint64_t id);
  [[nodiscard]] runtime::Loop& loop() const { return loop_; }
  [[nodiscard]] unsigned index() const { return index_; }
  [[nodiscard]] const HttpShared& shared() const { return shared_; }
  // How long requests of a pattern of Router::patterns() took.
  [[nodiscard]] DurationHistogram& durations(std::size_t pattern) { return durations_[pattern]; }
  // Made anew once a second.
  [[nodiscard]] std::string_view http_date();
  [[nodiscard]] BodyBudget& bodies() { return shared_.bodies; }
  [[nodiscard]] HttpCounters& counters() { return counters_; }
  [[nodiscard]] const HttpCounters& counters() const { return counters_; }

 private:
  void sweep();
  void arm_sweep();
  template <class Visit>
  void visit_all(Visit visit);
  void finish_stop();

  runtime::Loop& loop_;
  const unsigned index_;
  HttpShared& shared_;
  HttpCounters counters_;
  std::deque<DurationHistogram> durations_;  // by pattern; a deque because they cannot move
  std::unordered_map<std::uint64_t, std::unique_ptr<ClientConnection>> connections_;
  std::uint64_t next_id_ = 0;
  std::int64_t date_second_ = -1;
  std::string date_;
  runtime::TimerId sweep_timer_;
  runtime::TimerId grace_timer_;
  runtime::Work stopped_;  // set while stopping
};

}  // namespace artery::net
