// History on real threads and files: shards append while checkpoints are made and scans read. For the thread sanitizer.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <future>

#include "history/history.h"
#include "model/sample_block.h"
#include "runtime/linux/linux_runtime.h"

namespace artery::history {
namespace {

using runtime::Task;

constexpr std::uint32_t assets = 8;
constexpr std::int64_t rounds = 300;

log::BatchBuilder batch_of(std::int64_t round) {
  log::BatchBuilder batch;
  SampleBlockBuilder block({ValueType::f64, ValueType::text});
  for (std::uint32_t asset = 1; asset <= assets; ++asset) {
    const std::array signals{SignalId(2 * asset - 1), SignalId(2 * asset)};
    const std::uint32_t series = block.add_series(AssetId(asset), signals);
    for (std::int64_t row = 0; row < 5; ++row) {
      block.start_row(series, Time(round * 5 + row));
      block.set_f64(0, static_cast<double>(round));
      block.set_text(1, "a text");
    }
  }
  block.write(batch.bytes());
  return batch;
}

class OnThreads : public ::testing::Test {
 protected:
  OnThreads() {
    std::string name = (std::filesystem::temp_directory_path() / "artery-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~OnThreads() override { std::filesystem::remove_all(folder_); }

  Task<std::size_t> count(AssetId asset, SignalId signal) {
    Scan scan;
    scan.asset = asset;
    scan.signal = signal;
    auto cursor = co_await history_->scan(std::move(scan));
    std::size_t rows = 0;
    while (true) {
      const auto samples = co_await cursor->next();
      if (samples->empty()) break;
      rows += samples->size();
    }
    co_await runtime::on(*home_);
    co_return rows;
  }

  Task<void> read(AssetId asset) {
    std::size_t before = 0;
    while (before < rounds * 5) {
      const std::size_t now = co_await count(asset, SignalId(2 * asset.value()));
      EXPECT_GE(now, before);
      EXPECT_EQ(now % 5, 0U);
      before = now;
    }
    --readers_;
  }

  Task<void> run(std::promise<void>* done) {
    log::LogSettings log_settings;
    log_settings.folder = folder_ + "/log";
    log_ =
        std::move(*co_await log::Log::open({*home_, *pool_, machine_->files(), machine_->clock(), machine_->journal()},
                                           log_settings, [](const Error&) {}));
    HistorySettings settings;
    settings.folder = folder_ + "/history";
    settings.checkpoint_bytes = 10'000;
    History::Surroundings around{*home_,
                                 {one_.get(), two_.get(), home_.get()},
                                 *pool_,
                                 machine_->files(),
                                 machine_->clock(),
                                 machine_->journal(),
                                 *log_,
                                 [](SignalId) { return SignalFacts{}; }};
    history_ = std::move(*co_await History::open(std::move(around), settings, [](const Error&) {}));
    for (std::uint32_t asset = 1; asset <= 3; ++asset) {
      ++readers_;
      scope_.spawn(read(AssetId(asset)));
    }
    for (std::int64_t round = 0; round < rounds; ++round) {
      EXPECT_TRUE(log_->append(batch_of(round), [](Result<Offset>) {}));
      if (round % 20 == 0) co_await runtime::pause(*home_, std::chrono::milliseconds(1));
    }
    while (readers_ > 0) co_await runtime::pause(*home_, std::chrono::milliseconds(1));
    EXPECT_TRUE(co_await history_->checkpoint());
    EXPECT_GT(history_->counters().segments, 1U);
    co_await log_->close();
    EXPECT_TRUE(co_await history_->close());
    done->set_value();
  }

  std::string folder_;
  std::unique_ptr<runtime::Runtime> machine_ = runtime::make_linux_runtime({runtime::Severity::error});
  // Loops and pool outlive what runs on them: they are stopped first, by hand.
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<History> history_;
  int readers_ = 0;
  runtime::Scope scope_;
  std::unique_ptr<runtime::Executor> pool_ = machine_->make_pool("pool", 2);
  std::unique_ptr<runtime::Loop> home_ = machine_->make_loop("home");
  std::unique_ptr<runtime::Loop> one_ = machine_->make_loop("one");
  std::unique_ptr<runtime::Loop> two_ = machine_->make_loop("two");
};

TEST_F(OnThreads, scans_see_whole_batches_while_shards_append_and_checkpoints_are_made) {
  std::promise<void> done;
  auto ended = done.get_future();
  home_->post([&] { scope_.spawn(run(&done)); });
  ended.wait();
}

}  // namespace
}  // namespace artery::history
