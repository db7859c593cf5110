// A node's log and live's parts on a simulated process. For tests only.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "live/checkpoint.h"
#include "live/newest.h"
#include "live/retained.h"
#include "live/router.h"
#include "log/log.h"
#include "model/record.h"
#include "model/sample_block.h"
#include "runtime/sim/process.h"

namespace artery::live::testing {

using namespace std::chrono_literals;

struct Row {
  std::uint32_t asset;
  std::uint32_t signal;
  std::int64_t time;
  Value value;
};

// Signals are asset * 100 + 1, ...; their names "plant/a<asset>/s<signal>".
inline std::string signal_name(SignalId signal) {
  const std::uint32_t id = signal.value();
  return fmt::format("plant/a{}/s{}", id / 100, id);
}

inline SignalKey key(std::uint32_t signal) { return {AssetId(signal / 100), SignalId(signal)}; }

// Where a signal was renamed.
struct Renamed {
  std::map<SignalId, std::string> names;  // after a change the epoch is another
  std::uint64_t epoch = 1;
};

inline SignalNames signal_names(const Renamed* renamed) {
  const auto name_of = [renamed](SignalId signal) {
    const auto other = renamed->names.find(signal);
    return other == renamed->names.end() ? signal_name(signal) : other->second;
  };
  return {.name = name_of,
          .find = [renamed](std::string_view name) -> std::optional<SignalKey> {
            for (const auto& [signal, other] : renamed->names) {
              if (other == name) return key(signal.value());
            }
            const std::size_t at = name.rfind("/s");
            if (at == std::string_view::npos) return std::nullopt;
            const auto found = key(static_cast<std::uint32_t>(std::stoul(std::string(name.substr(at + 2)))));
            return signal_name(found.signal) == name ? std::optional(found) : std::nullopt;
          },
          .epoch = [renamed] { return renamed->epoch; }};
}

// Declared in the order in which a node makes them; halted before any of them goes.
class Node {
 public:
  Node(sim::Machine& machine, std::size_t shards, NewestSettings newest_settings = {},
       RetainedSettings retained_settings = {}, const RouterSettings& router_settings = {})
      : process(machine),
        home(process.make_loop("home")),
        pool(process.make_pool("pool", 2)),
        checkpoints(process.files(), *pool, process.journal(), "live") {
    for (std::size_t i = 0; i < shards; ++i) loops.push_back(process.make_loop("shard"));
    for (const auto& loop : loops) shard_loops.push_back(loop.get());
    const auto failed = [](const Error& error) { ADD_FAILURE() << error.message(); };
    auto opened =
        run(log::Log::open({*home, *pool, process.files(), process.clock(), process.journal()},
                           {.folder = "log", .segment_bytes = 1U << 20, .batch_bytes_max = 1U << 19}, failed));
    log = std::move(*opened);
    auto values = run(Newest::open(
        {*home, shard_loops, *pool, checkpoints, process.clock(), process.journal(), *log, signal_names(&renamed)},
        newest_settings, failed));
    newest = std::move(*values);
    auto messages = run(Retained::open({*shard_loops[0], *pool, checkpoints, process.clock(), process.journal(), *log},
                                       retained_settings, failed),
                        *shard_loops[0]);
    retained = std::move(*messages);
    router = std::make_unique<Router>(shard_loops, *retained, router_settings);
    log->allow_trimming();
  }
  ~Node() { process.halt(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  template <class T>
  T run(runtime::Task<T> task, runtime::Loop& on) {
    auto result = process.run(hop(std::move(task), on));
    EXPECT_TRUE(result.has_value());
    return std::move(*result);
  }
  template <class T>
  T run(runtime::Task<T> task) {
    return run(std::move(task), *home);
  }
  // Runs `work` on a loop, to its end.
  void on(runtime::Loop& loop, std::function<void()> work) {
    bool done = false;
    loop.post([&] {
      work();
      done = true;
    });
    EXPECT_TRUE(process.run_until([&] { return done; }));
  }

  // Returns after the acknowledgement.
  void append(log::BatchBuilder batch) {
    bool acknowledged = false;
    EXPECT_TRUE(log->append(std::move(batch), [&](Result<Offset> offset) {
      EXPECT_TRUE(offset);
      acknowledged = true;
    }));
    EXPECT_TRUE(process.run_until([&] { return acknowledged; }));
  }
  void write(const std::vector<Row>& rows) {
    log::BatchBuilder batch;
    for (const Row& row : rows) {
      SampleBlockBuilder block({type_of(row.value)});
      block.start_row(block.add_series(AssetId(row.asset), std::vector(1, SignalId(row.signal))), Time(row.time));
      block.set(0, view_of(row.value));
      block.write(batch.bytes());
    }
    append(std::move(batch));
  }
  void write(std::uint32_t signal, std::int64_t time, Value value) {
    write({Row{signal / 100, signal, time, std::move(value)}});
  }
  static log::BatchBuilder message(std::string_view topic, std::string_view payload, bool retain) {
    log::BatchBuilder batch;
    write_message(batch.bytes(), {.topic = topic, .payload = as_bytes(payload), .qos = 1, .retain = retain});
    return batch;
  }

  std::optional<NewestValue> last(std::uint32_t signal) {
    auto values = run(newest->last(std::vector(1, key(signal)), *home));
    EXPECT_TRUE(values);
    return values->front();
  }
  std::optional<Value> value(std::uint32_t signal) {
    const auto found = last(signal);
    return found ? std::optional(found->value) : std::nullopt;
  }
  // The payloads, in the order of topics.
  std::vector<std::string> found(std::string filter) {
    std::vector<std::string> payloads;
    auto messages = run(retained->find(std::move(filter), *home));
    EXPECT_TRUE(messages);
    for (const auto& one : *messages) payloads.emplace_back(as_text(one->payload));
    return payloads;
  }

  void close_log() { EXPECT_TRUE(run(closed_log())); }
  void close() {
    close_log();
    EXPECT_TRUE(run(newest->close()));
    EXPECT_TRUE(run(retained->close(), *shard_loops[0]));
  }

  Renamed renamed;
  sim::Process process;
  std::unique_ptr<runtime::Loop> home;
  std::unique_ptr<runtime::Executor> pool;
  std::vector<std::unique_ptr<runtime::Loop>> loops;
  std::vector<runtime::Loop*> shard_loops;
  CheckpointFolder checkpoints;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<Newest> newest;
  std::unique_ptr<Retained> retained;
  std::unique_ptr<Router> router;

 private:
  template <class T>
  static runtime::Task<T> hop(runtime::Task<T> task, runtime::Loop& to) {
    co_await runtime::on(to);
    co_return co_await task;
  }
  runtime::Task<bool> closed_log() {
    co_await log->close();
    co_return true;
  }
};

}  // namespace artery::live::testing
