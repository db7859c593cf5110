#include "log/copy.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/crc32c.h"
#include "log/log.h"
#include "runtime/sim/machine.h"
#include "runtime/sim/process.h"

namespace artery::log {
namespace {

constexpr Time created{1'000'000'000};

BatchPtr batch_of(std::uint64_t offset) {
  Buffer bytes(batch_header_bytes);
  bytes.resize(batch_header_bytes + 64 + 8 * (offset % 30), static_cast<std::byte>(offset));
  const Bytes payload = Bytes(bytes).subspan(batch_header_bytes);
  const BatchHeader header{.life = 9,
                           .offset = offset,
                           .synced = offset / 2,
                           .arrival = static_cast<std::int64_t>(offset) * 1'000'003,
                           .payload_bytes = static_cast<std::uint32_t>(payload.size()),
                           .payload_crc = crc32c(payload),
                           .position = 77 * offset};
  header.write(std::span(bytes).first<batch_header_bytes>());
  return std::make_shared<const Batch>(header, std::move(bytes));
}

// A log that is opened on what was copied.
class Opened {
 public:
  explicit Opened(sim::Machine& machine)
      : process_(machine), home_(process_.make_loop("log")), pool_(process_.make_pool("pool", 1)) {
    auto opened = process_.run(Log::open({*home_, *pool_, process_.files(), process_.clock(), process_.journal()},
                                         {.folder = "log", .segment_bytes = 16 << 10, .batch_bytes_max = 8 << 10},
                                         [](const Error&) {}));
    EXPECT_TRUE(opened && *opened);
    log_ = std::move(**opened);
    reader_ = log_->follow("test", *home_, log_->begin(), Log::no_lag_limit);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() { process_.halt(); }

  Log& log() { return *log_; }
  std::vector<BatchPtr> read_all() {
    std::vector<BatchPtr> all;
    while (reader_->position() < log_->end()) {
      auto some = process_.run(next());
      EXPECT_TRUE(some && *some);
      all.insert(all.end(), (*some)->begin(), (*some)->end());
    }
    return all;
  }
  std::optional<Offset> append() {
    std::optional<Offset> given;
    BatchBuilder batch;
    batch.bytes().resize(batch_header_bytes + 8);
    EXPECT_TRUE(log_->append(std::move(batch), [&](const Result<Offset>& offset) { given = offset.value(); }));
    process_.run_until([&] { return given.has_value(); });
    return given;
  }

 private:
  runtime::Task<Result<std::vector<BatchPtr>>> next() {
    co_await runtime::on(*home_);
    co_return co_await reader_->next(4096);
  }

  sim::Process process_;
  std::unique_ptr<runtime::Loop> home_;
  std::unique_ptr<runtime::Executor> pool_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Reader> reader_;
};

// Batches [from, to) but `missing`, in a few pieces.
void copy(sim::Machine& machine, std::uint64_t from, std::uint64_t to, std::optional<std::uint64_t> missing = {}) {
  sim::Process process(machine);
  ASSERT_TRUE(*process.run(process.files().make_folder("log")));
  LogCopy copy({&process.files(), "log", 4096 + 2000, Offset(from), created});
  std::vector<BatchPtr> piece;
  for (std::uint64_t offset = from; offset < to; ++offset) {
    if (offset != missing) piece.push_back(batch_of(offset));
    if (piece.size() < 7 && offset + 1 < to) continue;
    ASSERT_TRUE(*process.run(copy.add(std::exchange(piece, {}))));
  }
  ASSERT_TRUE(*process.run(copy.finish(Offset(to))));
  ASSERT_TRUE(*process.run(process.files().sync_folder("log")));
  ASSERT_TRUE(*process.run(process.files().sync_folder("/")));
  process.halt();
}

TEST(LogCopy, is_a_log_with_the_same_batches_offsets_and_arrivals_that_goes_on) {
  sim::Machine machine(1);
  ASSERT_NO_FATAL_FAILURE(copy(machine, 100, 200));
  machine.crash(sim::CrashKind::power_loss);
  Opened opened(machine);
  EXPECT_EQ(opened.log().begin(), Offset(100));
  EXPECT_EQ(opened.log().end(), Offset(200));
  EXPECT_GT(opened.log().counters().segments, 5U);
  const auto batches = opened.read_all();
  ASSERT_EQ(batches.size(), 100U);
  for (std::uint64_t i = 0; i < 100; ++i) {
    const BatchPtr sent = batch_of(100 + i);
    EXPECT_EQ(batches[i]->offset(), sent->offset());
    EXPECT_EQ(batches[i]->arrival(), sent->arrival());
    EXPECT_EQ(as_text(batches[i]->payload()), as_text(sent->payload()));
  }
  EXPECT_EQ(opened.log().counters().damaged_batches, 0U);
  EXPECT_GT(opened.log().stamp(1), created);
  EXPECT_EQ(opened.append(), Offset(200));
}

TEST(LogCopy, of_no_batch_at_all_keeps_the_place_in_the_sequence) {
  sim::Machine machine(1);
  ASSERT_NO_FATAL_FAILURE(copy(machine, 55, 55));
  Opened opened(machine);
  EXPECT_EQ(opened.log().begin(), Offset(55));
  EXPECT_EQ(opened.log().end(), Offset(55));
  EXPECT_EQ(opened.append(), Offset(55));
}

TEST(LogCopy, says_of_every_missing_batch_that_it_is_lost_and_keeps_the_others) {
  for (std::uint64_t missing = 0; missing < 40; ++missing) {
    sim::Machine machine(missing + 1);
    ASSERT_NO_FATAL_FAILURE(copy(machine, 0, 40, missing));
    Opened opened(machine);
    EXPECT_EQ(opened.log().end(), Offset(40));
    EXPECT_EQ(opened.read_all().size(), 39U) << missing;
    EXPECT_GE(opened.log().counters().damaged_batches, 1U) << missing;
  }
}

}  // namespace
}  // namespace artery::log
