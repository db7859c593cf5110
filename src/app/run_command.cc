#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>

#include "app/commands.h"
#include "app/config_options.h"
#include "app/error.h"
#include "app/node.h"
#include "app/now.h"
#include "app/version.h"
#include "base/assert.h"
#include "runtime/durable.h"
#include "runtime/linux/linux_runtime.h"
#include "runtime/linux/machine_facts.h"
#include "runtime/linux/signals.h"

namespace artery::app {
namespace {

struct Options {
  std::string data = "var/artery";
  std::string ready_file;
  ConfigOptions config;
};

// A node's life as the program's first thread sees it: waits for a signal or for word from the node.
class Life {
 public:
  Life(runtime::Runtime& runtime, const NodeSettings& settings, const Options& options)
      : runtime_(runtime),
        options_(options),
        node_(runtime, settings, options.data, [this](const Error& error) { fail(error); }) {}

  int live();

 private:
  enum class Stage { starting, running, stopping, stopped };

  // The node's words, from its loops.
  void fail(const Error& error);
  runtime::Task<void> start();
  runtime::Task<void> stop();
  void word();

  // On the first thread.
  void on_signal(int signal);
  void on_word();
  void begin_stop();
  Result<void> tell_ready(const Listening& listening);

  runtime::Signals signals_;  // before the node starts its threads
  runtime::Runtime& runtime_;
  const Options& options_;
  Stage stage_ = Stage::starting;
  bool stop_asked_ = false;
  int status_ = 0;

  std::mutex mutex_;  // guards the next three
  std::optional<Result<Listening>> started_;
  std::optional<Error> failed_;
  bool stopped_ = false;

  runtime::Scope scope_;  // on the node's home
  Node node_;             // last: its threads use all of the above
};

int Life::live() {
  node_.home().post([this] { scope_.spawn(start()); });
  while (stage_ != Stage::stopped) {
    if (const auto signal = signals_.wait()) {
      on_signal(*signal);
    } else {
      on_word();
    }
  }
  return status_;
}

void Life::fail(const Error& error) {
  {
    const std::scoped_lock lock(mutex_);
    if (!failed_) failed_ = error;
  }
  signals_.wake();
}

runtime::Task<void> Life::start() {
  auto started = co_await node_.start();
  {
    const std::scoped_lock lock(mutex_);
    started_ = std::move(started);
  }
  signals_.wake();
}

runtime::Task<void> Life::stop() {
  co_await node_.stop();
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
  }
  signals_.wake();
}

void Life::on_signal(int signal) {
  if (stop_asked_) std::_Exit(128 + signal);  // whoever asks twice does not want to wait
  stop_asked_ = true;
  runtime_.journal().info("app", "stopping in order; once more stops at once");
  if (stage_ == Stage::running) begin_stop();
}

void Life::on_word() {
  std::optional<Result<Listening>> started;
  bool stopped = false;
  {
    const std::scoped_lock lock(mutex_);
    if (failed_) {
      // Nothing can be written in order any more; what was acknowledged is on the disk.
      report(*failed_);
      std::_Exit(1);
    }
    started.swap(started_);
    stopped = stopped_;
  }
  if (stopped) stage_ = Stage::stopped;
  if (!started) return;
  stage_ = Stage::running;
  Result<void> ready = *started ? tell_ready(**started) : Result<void>(started->error());
  if (!ready) status_ = report(ready.error());
  if (!ready || stop_asked_) begin_stop();
}

void Life::begin_stop() {
  stage_ = Stage::stopping;
  if (!options_.ready_file.empty()) (void)now(runtime_.files().remove(options_.ready_file));  // it may not be there
  node_.home().post([this] { scope_.spawn(stop()); });
}

Result<void> Life::tell_ready(const Listening& listening) {
  const std::string http = runtime::to_text(listening.http);
  const std::string mqtt = runtime::to_text(listening.mqtt);
  runtime_.journal().info("app", "artery {} answers at http://{} and mqtt://{}, data in {}", version, http, mqtt,
                          options_.data);
  if (options_.ready_file.empty()) return {};
  const std::string ready =
      fmt::format("{{\"http\": \"{}\", \"mqtt\": \"{}\", \"pid\": {}}}\n", http, mqtt, ::getpid());
  return now(runtime::replace_file(runtime_.files(), options_.ready_file, {as_bytes(ready)}));
}

int run_node(const Options& options) {
  // glibc gives each thread a heap of its own, which costs memory that an edge box does not have.
  ::mallopt(M_ARENA_MAX, 2);
  // And it keeps ever larger blocks, once they were freed: those that a start needs for a moment would stay for good.
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 4 << 20);
  const auto runtime = runtime::make_linux_runtime();
  auto config = options.config.read(runtime->files());
  if (!config) return report(config.error());
  if (!options.ready_file.empty()) (void)now(runtime->files().remove(options.ready_file));  // of a former run
  NodeSettings settings = (*config)->settings();
  if (settings.process.shards == 0) settings.process.shards = runtime::usable_cores();
  if (settings.process.name.empty()) settings.process.name = runtime::facts_of_machine().name;
  if (options.data.empty()) return report(Error(AppError::bad_config, "--data needs the name of a folder"));
  Life life(*runtime, settings, options);
  return life.live();
}

}  // namespace

void add_run(CLI::App& program, int& status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("run", "Start a node and serve until a signal ends it");
  command->add_option("--data", options->data, "The data folder; made where it is missing")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("--ready-file", options->ready_file, "Written when the node answers, gone when it stops")
      ->type_name("FILE");
  options->config.add_to(*command);
  command->footer(
      R"(SIGINT (Ctrl-C) or SIGTERM stops in order: nothing new is taken, everything accepted is written, exit status 0.
A second one stops at once; then, as after a crash, nothing acknowledged is lost.

The ready file is JSON: {"http": "127.0.0.1:8080", "mqtt": "127.0.0.1:1883", "pid": 4711}

Examples:
  artery run --data /srv/artery
  artery run --data var/a --http-port 0 --mqtt-port 0 --ready-file var/a.json
  artery run --config artery.toml --set log.segment_bytes=64MiB
)");
  command->callback([options, &status] { status = run_node(*options); });
}

}  // namespace artery::app
