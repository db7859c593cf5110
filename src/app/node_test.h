// For tests of the whole node on the simulated machine: one life of it, and requests by HTTP.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/node.h"
#include "runtime/sim/machine.h"
#include "runtime/sim/process.h"

namespace artery::app::testing {

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

inline std::string post(std::string_view target, std::string_view body) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}", target,
                     body.size(), body);
}

inline std::string get(std::string_view target) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", target);
}

inline NodeSettings small_settings() {
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
  explicit Life(sim::Machine& machine, NodeSettings settings = small_settings(), const std::string& data = "data")
      : process_(machine),
        client_(process_.make_loop("client")),
        node_(std::make_unique<Node>(process_, std::move(settings), data,
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
    const Request& request = begin(std::move(text));
    process_.run_until([&] { return request.done() || failed_; }, sim::Process::task_steps_max);
    return request.answer();
  }
  // Answered while other things go on.
  const Request& begin(std::string text) {
    return *requests_.emplace_back(std::make_unique<Request>(*client_, listening_.http, std::move(text)));
  }
  sim::Process& process() { return process_; }
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
  sim::Process process_;
  std::unique_ptr<runtime::Loop> client_;
  std::vector<std::unique_ptr<Request>> requests_;  // their sockets go when the process has halted
  std::unique_ptr<Node> node_;
};

inline bool accepted(const std::string& answer) { return answer.starts_with("HTTP/1.1 204"); }

}  // namespace artery::app::testing
