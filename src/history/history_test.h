// For the tests of history/ and query/: a node's log and history on the simulated machine.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "history/history.h"
#include "history/model_test.h"
#include "log/format.h"
#include "log/log.h"
#include "runtime/sim/process.h"

namespace artery::history::testing {

// A process with log and history. halt() ends it as a crash does; close() in order.
class Node {
 public:
  static constexpr unsigned shards = 2;

  explicit Node(sim::Machine& machine, std::uint64_t log_segment_bytes = 1U << 20)
      : process_(machine), log_segment_bytes_(log_segment_bytes) {
    home_ = process_.make_loop("home");
    for (unsigned i = 0; i < shards; ++i) loops_.push_back(process_.make_loop("shard"));
    pool_ = process_.make_pool("pool", 2);
  }
  ~Node() { process_.halt(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // False where the process halted meanwhile.
  bool open_log() {
    auto log = process_.run(open_log_task());
    if (!log) return false;
    EXPECT_TRUE(*log) << (*log ? "" : log->error().message());
    if (!*log) return false;
    log_ = std::move(**log);
    return true;
  }
  std::optional<Result<void>> open_history(HistorySettings settings) {
    settings.folder = "history";
    auto history = process_.run(open_history_task(std::move(settings)));
    if (!history) return std::nullopt;
    if (!*history) return history->error();
    history_ = std::move(**history);
    return Result<void>();
  }
  bool open(HistorySettings settings = {}) {
    if (!open_log()) return false;
    auto opened = open_history(std::move(settings));
    if (!opened) return false;
    EXPECT_TRUE(*opened) << (*opened ? "" : opened->error().message());
    if (*opened) home_->post([this] { log_->allow_trimming(); });
    return opened->has_value();
  }

  // Hands a batch over; acknowledged() counts.
  void append(const SentBatch& batch, const std::vector<Deletion>& deletions = {}) {
    auto taken = log_->append(encode(batch, deletions), [this](const Result<Offset>& offset) {
      if (offset) ++acknowledged_;
    });
    EXPECT_TRUE(taken);
    ++appended_;
  }
  bool settle() {
    return process_.run_until([&] { return acknowledged_ == appended_; });
  }
  bool checkpoint() {
    auto done = process_.run(history_->checkpoint());
    if (!done) return false;
    EXPECT_TRUE(*done) << (*done ? "" : done->error().message());
    return true;
  }
  // Log and history in order, whatever comes of it.
  runtime::Task<Result<void>> stop() {
    co_await runtime::on(*home_);
    co_await log_->close();
    co_await runtime::on(*home_);
    co_return co_await history_->close();
  }
  void close() {
    const auto closed = process_.run(stop());
    ASSERT_TRUE(closed);
    EXPECT_TRUE(*closed) << (*closed ? "" : closed->error().message());
    process_.halt();
  }

  // All lines of a scan, or nothing where the process halted.
  std::optional<std::vector<std::string>> lines(Scan scan, bool* incomplete = nullptr) {
    return process_.run(lines_task(std::move(scan), incomplete));
  }

  // What compaction may take of the disk.
  void set_room(std::uint64_t bytes) { room_ = bytes; }

  sim::Process& process() { return process_; }
  runtime::Loop& home() { return *home_; }
  log::Log& log() { return *log_; }
  History& history() { return *history_; }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  runtime::Task<Result<std::unique_ptr<log::Log>>> open_log_task() {
    co_await runtime::on(*home_);
    log::LogSettings settings;
    settings.folder = "log";
    settings.segment_bytes = log_segment_bytes_;
    settings.batch_bytes_max = std::min(log_segment_bytes_ / 2, log_segment_bytes_ - log::segment_overhead_bytes);
    settings.memory_bytes_max = 4096;
    co_return co_await log::Log::open({*home_, *pool_, process_.files(), process_.clock(), process_.journal()},
                                      std::move(settings), [](const Error&) {});
  }
  runtime::Task<Result<std::unique_ptr<History>>> open_history_task(HistorySettings settings) {
    co_await runtime::on(*home_);
    History::Surroundings around{*home_,
                                 {},
                                 *pool_,
                                 process_.files(),
                                 process_.clock(),
                                 process_.journal(),
                                 *log_,
                                 [](SignalId signal) { return SignalFacts{fmt::format("s{}", signal.value()), "kPa"}; },
                                 [this](std::uint64_t bytes) { return bytes <= room_; }};
    for (const auto& loop : loops_) around.shards.push_back(loop.get());
    co_return co_await History::open(std::move(around), std::move(settings), [this](const Error&) { failed_ = true; });
  }
  runtime::Task<std::vector<std::string>> lines_task(Scan scan, bool* incomplete) {
    std::vector<std::string> lines;
    auto cursor = co_await history_->scan(std::move(scan));
    EXPECT_TRUE(cursor);
    while (cursor) {
      const auto samples = co_await cursor->next();
      EXPECT_TRUE(samples) << (samples ? "" : samples.error().message());
      if (!samples || samples->empty()) break;
      EXPECT_LE(samples->size(), scan_rows_max);
      for (std::size_t row = 0; row < samples->size(); ++row) {
        lines.push_back(
            line_of(samples->times[row], samples->value(row), samples->qualities[row], samples->revisions[row]));
      }
    }
    if (cursor && incomplete != nullptr) *incomplete = cursor->incomplete();
    co_return lines;
  }

  sim::Process process_;
  const std::uint64_t log_segment_bytes_;
  std::uint64_t room_ = std::numeric_limits<std::uint64_t>::max();
  std::unique_ptr<runtime::Loop> home_;
  std::vector<std::unique_ptr<runtime::Loop>> loops_;
  std::unique_ptr<runtime::Executor> pool_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<History> history_;
  std::uint64_t appended_ = 0;
  std::uint64_t acknowledged_ = 0;
  bool failed_ = false;
};

}  // namespace artery::history::testing
