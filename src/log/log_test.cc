// What the log promises one by one; that it keeps them through any crash is shown by tests/sim.
#include "log/log.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "log/format.h"
#include "runtime/sim/machine.h"
#include "runtime/sim/process.h"

namespace artery::log {
namespace {

using runtime::Task;
using namespace std::chrono_literals;

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

BatchBuilder batch_of(std::size_t payload_bytes) {
  BatchBuilder batch;
  ByteWriter(batch.bytes()).bytes(Buffer(payload_bytes, std::byte{42}));
  return batch;
}

class LogTest : public testing::Test {
 protected:
  [[nodiscard]] LogSettings settings() const {
    return {.folder = "log",
            .segment_bytes = 16 << 10,
            .batch_bytes_max = 8 << 10,
            .pending_bytes_max = 32 << 10,
            .memory_bytes_max = 4 << 10,
            .keep_free_bytes = keep_free};
  }
  void start() {
    process = std::make_unique<sim::Process>(machine);
    home = process->make_loop("log");
    shard = process->make_loop("shard");
    pool = process->make_pool("pool", 1);
    auto opened = process->run(Log::open({.home = *home,
                                          .pool = *pool,
                                          .files = process->files(),
                                          .clock = process->clock(),
                                          .journal = process->journal()},
                                         settings(), [this](const Error&) { failed = true; }));
    ASSERT_TRUE(opened && *opened);
    log = std::move(**opened);
  }
  void stop(sim::CrashKind kind) {
    process->halt();
    reader.reset();
    log.reset();
    pool.reset();
    shard.reset();
    home.reset();
    process.reset();
    machine.crash(kind);
  }
  void TearDown() override {
    if (process) stop(sim::CrashKind::kill);
  }
  // Appends and runs until it is answered.
  Result<Offset> append(std::size_t payload_bytes) {
    std::optional<Result<Offset>> answer;
    auto taken = log->append(batch_of(payload_bytes), [&](Result<Offset> result) { answer = std::move(result); });
    if (!taken) return std::move(taken).error();
    EXPECT_TRUE(process->run_until([&] { return answer.has_value(); }));
    return std::move(*answer);
  }
  void close() {
    process->run([](LogTest& test) -> Task<bool> {
      co_await runtime::on(*test.home);
      co_await test.log->close();
      co_return true;
    }(*this));
  }

  [[nodiscard]] std::uint64_t free_bytes() { return machine.faults().capacity_bytes - machine.disk().used_bytes(); }

  std::uint64_t keep_free = 0;
  sim::Machine machine{1};
  std::unique_ptr<sim::Process> process;
  std::unique_ptr<runtime::Loop> home;
  std::unique_ptr<runtime::Loop> shard;
  std::unique_ptr<runtime::Executor> pool;
  std::unique_ptr<Log> log;
  std::unique_ptr<Reader> reader;
  bool failed = false;
};

TEST_F(LogTest, OffsetsAreDenseAndGoOnAfterARestart) {
  start();
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(append(64)->value(), i);
  stop(sim::CrashKind::power_loss);
  start();
  EXPECT_EQ(log->end(), Offset(20));
  EXPECT_EQ(append(64)->value(), 20U);
}

TEST_F(LogTest, WhatIsTooLongOrTooMuchIsRefusedAtOnceWithAReason) {
  start();
  const auto too_long = append(9000);
  ASSERT_FALSE(too_long);
  EXPECT_TRUE(too_long.error().is(LogError::too_long));
  EXPECT_NE(too_long.error().message().find("at most 8192"), std::string::npos);
  Result<void> taken;
  int answered = 0;
  int sent = 0;
  while ((taken = log->append(batch_of(4000), [&](Result<Offset> offset) { answered += offset ? 1 : 0; }))) ++sent;
  EXPECT_TRUE(taken.error().is(LogError::busy));
  EXPECT_TRUE(process->run_until([&] { return answered == sent; }));
  EXPECT_TRUE(append(4000));
}

TEST_F(LogTest, AFullDiskRefusesWritesKeepsReadingAndResumesByItself) {
  start();
  machine.faults().capacity_bytes = 40 << 10;
  Result<Offset> answer = append(2000);
  std::uint64_t written = 0;
  for (; answer; answer = append(2000)) ++written;
  EXPECT_TRUE(answer.error().is(LogError::full)) << answer.error().message();
  EXPECT_TRUE(log->counters().full);
  EXPECT_FALSE(failed);
  reader = log->follow("test", *shard, Offset(0), no_limit);
  const auto read = process->run(reader->next(1));
  ASSERT_TRUE(read && *read);
  machine.faults().capacity_bytes = 1 << 30;
  process->run_for(3s);
  EXPECT_FALSE(log->counters().full);
  EXPECT_EQ(append(2000)->value(), written);
}

TEST_F(LogTest, WhatIsKeptFreeStaysFreeAndWritesResumeWhenThereIsClearlyMore) {
  keep_free = 64 << 10;
  machine.faults().capacity_bytes = 1 << 20;
  start();
  Result<Offset> answer = append(2000);
  std::uint64_t written = 0;
  for (; answer; answer = append(2000)) ++written;
  EXPECT_TRUE(answer.error().is(LogError::full)) << answer.error().message();
  EXPECT_NE(answer.error().message().find("disk.refuse_free"), std::string::npos);
  EXPECT_GE(free_bytes(), keep_free);
  EXPECT_LT(free_bytes(), keep_free + (32 << 10)) << "all else is used";
  EXPECT_FALSE(failed);
  reader = log->follow("test", *shard, Offset(0), no_limit);
  const auto read = process->run(reader->next(1));
  ASSERT_TRUE(read && *read);

  machine.faults().capacity_bytes = machine.disk().used_bytes() + keep_free;
  process->run_for(3s);
  EXPECT_TRUE(log->counters().full) << "it would be full again at once";
  machine.faults().capacity_bytes += 2 << 20;
  process->run_for(3s);
  EXPECT_FALSE(log->counters().full);
  EXPECT_EQ(append(2000)->value(), written);
}

Task<Result<void>> make_file(runtime::Files* files, std::string path, std::uint64_t bytes) {
  auto file = co_await files->open(std::move(path), runtime::OpenMode::create);
  if (!file) co_return file.error();
  co_return co_await (*file)->truncate(bytes);
}

TEST_F(LogTest, RoomThatOthersTakeIsSeenWithinASecondOrTwoAndTheLogClosesInOrderWithoutWaitingForIt) {
  keep_free = 64 << 10;
  machine.faults().capacity_bytes = 4 << 20;
  start();
  EXPECT_TRUE(append(64));
  ASSERT_TRUE(*process->run(make_file(&process->files(), "filler", free_bytes() - keep_free + 1)));
  process->run_for(2s);
  EXPECT_TRUE(log->counters().full);
  const auto refused = append(64);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(LogError::full));
  ASSERT_TRUE(*process->run(process->files().remove("filler")));
  process->run_for(3s);
  EXPECT_TRUE(append(64));
  EXPECT_TRUE(machine.journal().has("there is room again"));
  const Instant before = machine.instant();
  close();
  EXPECT_LT(machine.instant() - before, 500ms);
}

TEST_F(LogTest, AFailedSyncIsNeverRetriedNothingMoreIsAcknowledged) {
  start();
  EXPECT_TRUE(append(64));
  machine.faults().sync_fails.chance = 1;
  const auto refused = append(64);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(LogError::failed));
  EXPECT_TRUE(failed);
  machine.faults().sync_fails.chance = 0;
  EXPECT_TRUE(append(64).error().is(LogError::failed));
}

TEST_F(LogTest, WhatEveryReaderHasCheckpointedIsForgottenAndNothingElse) {
  start();
  reader = log->follow("test", *shard, Offset(0), no_limit);
  home->post([this] { log->allow_trimming(); });
  while (log->counters().segments < 5) ASSERT_TRUE(append(4000));
  process->run_for(1s);
  EXPECT_EQ(log->begin(), Offset(0));
  std::uint64_t seen = 0;
  while (seen < log->end().value()) {
    const auto read = process->run(reader->next(100'000));
    ASSERT_TRUE(read && *read);
    for (const BatchPtr& batch : **read) EXPECT_EQ(batch->offset().value(), seen++);
  }
  reader->checkpointed(Offset(7));
  process->run_for(1s);
  EXPECT_GT(log->begin(), Offset(0));
  EXPECT_LE(log->begin(), Offset(7));
}

TEST_F(LogTest, WhatOnlyOneReaderKeptIsForgottenWhenItEnds) {
  start();
  reader = log->follow("test", *shard, Offset(0), no_limit);
  auto brief = log->follow("brief", *shard, Offset(0), no_limit);
  home->post([this] { log->allow_trimming(); });
  while (log->counters().segments < 5) ASSERT_TRUE(append(4000));
  while (reader->position() < log->end()) ASSERT_TRUE(*process->run(reader->next(100'000)));
  reader->checkpointed(log->end());
  process->run_for(1s);
  EXPECT_EQ(log->begin(), Offset(0));
  brief->end();
  brief.reset();
  process->run_for(1s);
  EXPECT_GT(log->begin(), Offset(0));
}

// The names of segments change in two tasks: one rolls, one trims. What the failing sync of one has spoilt must not be
// acknowledged by the other.
TEST_F(LogTest, AFailedSyncOfTheFolderTakesNothingThatWasAcknowledged) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    machine.rng() = sim::Rng(seed);
    start();
    reader = log->follow("test", *shard, log->end(), no_limit);
    home->post([this] { log->allow_trimming(); });
    machine.faults().folder_sync_fails.chance = 0.1;
    Offset acknowledged;
    int waiting = 0;
    for (int i = 0; i < 60 && !failed; ++i) {
      ++waiting;
      const auto taken = log->append(batch_of(4000), [&](const Result<Offset>& offset) {
        --waiting;
        if (offset) acknowledged = Offset(offset->value() + 1);
      });
      if (!taken) break;
      process->run_until([&] { return waiting < 3; });
      if (reader->position() == log->end()) continue;
      ASSERT_TRUE(*process->run(reader->next(100'000)));
      reader->checkpointed(reader->position());
    }
    process->run_for(1s);
    stop(sim::CrashKind::power_loss);
    machine.faults().folder_sync_fails.chance = 0;
    failed = false;
    start();
    ASSERT_GE(log->end(), acknowledged);
    stop(sim::CrashKind::kill);
  }
}

TEST_F(LogTest, AReaderBeyondItsLimitIsDetachedLoudly) {
  start();
  reader = log->follow("uplink", *shard, Offset(0), 40 << 10);
  while (log->counters().segments < 5) ASSERT_TRUE(append(4000));
  EXPECT_EQ(log->counters().detached_readers, 1U);
  EXPECT_TRUE(machine.journal().has("'uplink'"));
  const auto read = process->run(reader->next(1));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->error().is(LogError::detached));
}

TEST_F(LogTest, StampsStrictlyIncreaseWhateverTheClockDoesAlsoOverARestart) {
  start();
  const Time first = log->stamp(1000);
  EXPECT_TRUE(append(64));
  const Time second = log->stamp(1);
  EXPECT_GE(second.value(), first.value() + 1000);
  EXPECT_TRUE(append(64));
  stop(sim::CrashKind::kill);
  machine.jump_wall(-1h);
  start();
  EXPECT_GT(log->stamp(1), second);
}

TEST_F(LogTest, AClosedLogAcknowledgesWhatWaitedAndTellsItsReaders) {
  start();
  reader = log->follow("test", *shard, Offset(0), no_limit);
  std::optional<Result<Offset>> answer;
  ASSERT_TRUE(log->append(batch_of(64), [&](Result<Offset> result) { answer = std::move(result); }));
  close();
  ASSERT_TRUE(answer && *answer);
  EXPECT_TRUE(append(64).error().is(LogError::closed));
  const auto last = process->run(reader->next(1));
  ASSERT_TRUE(last && *last);
  EXPECT_EQ(last->value().size(), 1U);
  EXPECT_TRUE(process->run(reader->next(1))->error().is(LogError::closed));
}

TEST_F(LogTest, DamageToTheLastBatchOfAClosedLogIsToldAndNotCut) {
  start();
  EXPECT_TRUE(append(64));
  EXPECT_TRUE(append(64));
  close();
  stop(sim::CrashKind::power_loss);
  const std::string path = "log/" + segment_name(1, 0);
  machine.rot(path, segment_header_bytes + 128 + 100);  // in the second batch's payload
  start();
  EXPECT_EQ(log->end(), Offset(2));
  EXPECT_EQ(log->counters().damaged_batches, 1U);
  EXPECT_TRUE(machine.journal().has("1 acknowledged batches are damaged"));
  EXPECT_EQ(append(64)->value(), 2U);
}

TEST_F(LogTest, AnOrderlyStopTakesNoOffset) {
  start();
  for (std::uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(append(64)->value(), i);
    close();
    stop(sim::CrashKind::power_loss);
    start();
    EXPECT_EQ(log->end(), Offset(i + 1));
  }
}

}  // namespace
}  // namespace artery::log
