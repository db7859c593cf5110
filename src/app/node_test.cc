// The whole node in the simulator: every module as it is wired, on a machine that fails, over a network that delays.
#include "app/node.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/sim/process.h"

namespace artery::app {
namespace {

using namespace std::chrono_literals;
using sim::CrashKind;
using sim::Machine;
using sim::Process;

// One request on a connection of its own; the answer is all that came until the node closed it.
class Request final : runtime::SocketHandler {
 public:
  Request(runtime::Loop& loop, const runtime::Address& node, std::string text) : text_(std::move(text)) {
    loop.post([this, &loop, node] { connect(loop, node); });
  }
  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] const std::string& answer() const { return answer_; }

 private:
  void connect(runtime::Loop& loop, const runtime::Address& node) {
    loop.connect(node, [this](Result<std::unique_ptr<runtime::Socket>> socket) {
      done_ = !socket;
      if (!socket) return;
      socket_ = std::move(*socket);
      socket_->set_handler(*this);
      socket_->send(as_bytes(text_));
    });
  }
  void on_data(Bytes bytes) override { answer_.append(as_text(bytes)); }
  void on_drained() override {}
  void on_closed(std::string_view /*reason*/) override {
    done_ = true;
    socket_.reset();
  }

  std::string text_;
  std::string answer_;
  std::unique_ptr<runtime::Socket> socket_;
  bool done_ = false;
};

std::string post(std::string_view target, std::string_view body) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}", target,
                     body.size(), body);
}

std::string get(std::string_view target) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", target);
}

NodeSettings small_settings() {
  NodeSettings settings;
  settings.process.shards = 2;
  settings.log.segment_bytes = 1 << 20;
  settings.log.batch_bytes_max = 512 << 10;
  settings.admission.batch_bytes = 64 << 10;
  return settings;
}

// A process of the machine with a node in it. Its end without stop() is a crash.
class Life {
 public:
  explicit Life(Machine& machine, NodeSettings settings = small_settings())
      : process_(machine),
        client_(process_.make_loop("client")),
        node_(std::make_unique<Node>(process_, std::move(settings), "data",
                                     [this](const Error& error) { failed_ = error; })) {}
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;
  ~Life() { process_.halt(); }

  Result<void> start() {
    auto started = process_.run(on_home(node_->start()));
    if (!started) return Error(runtime::FileError::io, "the process ended");
    if (!*started) return std::move(*started).error();
    listening_ = **started;
    return {};
  }
  void stop() { process_.run(stop_at_home()); }
  // The answer with its header; what came of it where the node or the process fails meanwhile.
  std::string ask(std::string text) {
    const Request& request =
        *requests_.emplace_back(std::make_unique<Request>(*client_, listening_.http, std::move(text)));
    process_.run_until([&] { return request.done() || failed_; }, Process::task_steps_max);
    return request.answer();
  }
  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }
  [[nodiscard]] const Listening& listening() const { return listening_; }
  void run_for(Duration time) { process_.run_for(time); }

 private:
  runtime::Task<Result<Listening>> on_home(runtime::Task<Result<Listening>> task) {
    co_await runtime::on(node_->home());
    co_return co_await task;
  }
  runtime::Task<bool> stop_at_home() {
    co_await runtime::on(node_->home());
    co_await node_->stop();
    co_return true;
  }

  std::optional<Error> failed_;
  Listening listening_;
  Process process_;
  std::unique_ptr<runtime::Loop> client_;
  std::vector<std::unique_ptr<Request>> requests_;  // their sockets go when the process has halted
  std::unique_ptr<Node> node_;
};

bool accepted(const std::string& answer) { return answer.starts_with("HTTP/1.1 204"); }

TEST(node, what_was_acknowledged_is_there_after_crashes_and_orderly_stops) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Machine machine(seed);
    int acknowledged = 0;
    for (int round = 0; round < 4; ++round) {
      if (round > 0) machine.crash(seed % 2 == 0 ? CrashKind::kill : CrashKind::power_loss);
      Life life(machine);
      const auto started = life.start();
      ASSERT_TRUE(started) << "seed " << seed << ": " << started.error().message();
      const std::string raw = life.ask(get("/api/v1/raw?signal=press/force"));
      for (int i = 0; i < acknowledged; ++i) {
        EXPECT_NE(raw.find(fmt::format("[\"{}\",{},0]", 1000 + i, i)), std::string::npos) << "seed " << seed << raw;
      }
      for (int i = 0; i < 3; ++i, ++acknowledged) {
        ASSERT_TRUE(
            accepted(life.ask(post("/write", fmt::format("press force={} {}", acknowledged, 1000 + acknowledged)))));
      }
      if (round % 2 == 1) life.stop();
      EXPECT_FALSE(life.failed());
    }
  }
}

TEST(node, a_power_loss_at_any_operation_of_start_and_stop_leaves_a_node_that_starts) {
  for (std::uint64_t operation = 1;; ++operation) {
    Machine machine(operation);
    machine.crash_at_io(operation);
    bool is_over = false;
    bool was_acknowledged = false;
    {
      Life life(machine);
      if (life.start()) {
        was_acknowledged = accepted(life.ask(post("/write", "press force=1 1000")));
        life.stop();
      }
      is_over = machine.io_count() < operation;
    }
    machine.crash_at_io(0);
    machine.crash(CrashKind::power_loss);
    Life again(machine);
    const auto started = again.start();
    ASSERT_TRUE(started) << "operation " << operation << ": " << started.error().message();
    if (was_acknowledged) {
      EXPECT_NE(again.ask(get("/api/v1/last?signal=press/force")).find("\"value\":1"), std::string::npos);
    }
    if (is_over) break;
  }
}

TEST(node, a_failed_sync_acknowledges_nothing_and_asks_for_the_end) {
  Machine machine(1);
  Life life(machine);
  ASSERT_TRUE(life.start());
  ASSERT_TRUE(accepted(life.ask(post("/write", "press force=1 1000"))));
  machine.faults().sync_fails.chance = 1;
  EXPECT_FALSE(accepted(life.ask(post("/write", "press force=2 2000"))));
  life.run_for(1s);
  ASSERT_TRUE(life.failed());
  EXPECT_EQ(life.failed()->module(), "log");
}

TEST(node, a_full_disk_refuses_what_it_cannot_keep_and_goes_on_reading_until_there_is_room) {
  Machine machine(1);
  machine.faults().capacity_bytes = 8 << 20;
  Life life(machine);
  ASSERT_TRUE(life.start());
  ASSERT_TRUE(accepted(life.ask(post("/write", "press force=1 1000"))));
  const std::string note(60'000, 'x');
  std::string answer;
  int taken = 0;
  for (; taken < 200; ++taken) {
    answer = life.ask(post("/write", fmt::format("press note=\"{}\" {}", note, taken)));
    if (!accepted(answer)) break;
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 507")) << answer;
  EXPECT_GT(taken, 50);
  EXPECT_FALSE(life.failed());
  EXPECT_NE(life.ask(get("/api/v1/last?signal=press/force")).find("\"value\":1"), std::string::npos);
  EXPECT_NE(life.ask(get("/ready")).find("the disk is full"), std::string::npos);
  machine.faults().capacity_bytes = 64 << 20;
  life.run_for(10s);
  EXPECT_TRUE(accepted(life.ask(post("/write", "press force=2 2000"))));
  life.stop();
}

TEST(node, a_folder_that_another_node_has_open_is_refused_and_the_refused_node_stops) {
  Machine machine(1);
  Life first(machine);
  ASSERT_TRUE(first.start());
  Life second(machine);
  const auto refused = second.start();
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(runtime::FileError::in_use));
  EXPECT_TRUE(refused.error().message().starts_with("data folder data")) << refused.error().message();
  second.stop();
  EXPECT_TRUE(accepted(first.ask(post("/write", "press force=1 1000"))));
}

TEST(node, a_stopped_node_keeps_nothing_in_the_log_that_its_readers_have_not) {
  Machine machine(1);
  {
    Life life(machine);
    ASSERT_TRUE(life.start());
    ASSERT_TRUE(accepted(life.ask(post("/write", "press force=1 1000"))));
    life.stop();
  }
  machine.crash(CrashKind::power_loss);
  Life life(machine);
  ASSERT_TRUE(life.start());
  const std::string metrics = life.ask(get("/metrics"));
  EXPECT_NE(metrics.find("artery_history_head_samples 0\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("artery_history_segment_samples 1\n"), std::string::npos) << metrics;
}

}  // namespace
}  // namespace artery::app
