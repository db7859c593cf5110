// Checkpoint files as they are written, and as `artery verify` looks at them. What starts make of them is in
// newest_test.cc and retained_test.cc.
#include "live/checkpoint.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "runtime/durable.h"
#include "runtime/sim/process.h"

namespace artery::live {
namespace {

const std::vector<CheckpointHeader> headers{{CheckpointKind::newest, 1, 3, Offset(41)},
                                            {CheckpointKind::retained, 0, 1, Offset(42)}};

class VerifyCheckpoints : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(*process_.run(runtime::make_durable_folder(process_.files(), "live")));
    for (const CheckpointHeader& header : headers) {
      const auto written = process_.run(folder_.write(header, Buffer(16, std::byte{7})));
      ASSERT_TRUE(written && *written);
    }
  }
  VerifiedCheckpoints verify() {
    machine_.faults().read_only = true;  // whoever changed anything would fail
    auto verified = process_.run(verify_checkpoints(&process_.files(), "live"));
    machine_.faults().read_only = false;
    EXPECT_TRUE(verified && *verified);
    return **verified;
  }

  sim::Machine machine_{1};
  sim::Process process_{machine_};
  std::unique_ptr<runtime::Executor> pool_ = process_.make_pool("pool", 1);
  CheckpointFolder folder_{process_.files(), *pool_, process_.journal(), "live"};
};

TEST_F(VerifyCheckpoints, finds_damage_in_any_byte_and_names_the_file) {
  EXPECT_EQ(verify().files, 2U);
  EXPECT_TRUE(verify().damage.empty());
  for (const CheckpointHeader& header : headers) {
    const std::string path = "live/" + checkpoint_name(header);
    const std::size_t bytes = machine_.contents(path)->size();
    for (std::size_t at = 0; at < bytes; ++at) {
      const Buffer intact = *machine_.contents(path);
      ASSERT_TRUE(machine_.rot(path, at));
      const VerifiedCheckpoints found = verify();
      ASSERT_EQ(found.damage.size(), 1U) << path << " byte " << at;
      EXPECT_TRUE(found.damage.front().starts_with(path + ": offset 0: ")) << found.damage.front();
      ASSERT_TRUE(*process_.run(runtime::replace_file(process_.files(), path, {intact})));
    }
  }
}

TEST_F(VerifyCheckpoints, a_file_under_the_name_of_another_is_damage_and_a_half_written_one_is_none) {
  const std::string retained = "live/" + checkpoint_name(headers.back());
  const Buffer bytes = *machine_.contents(retained);
  ASSERT_TRUE(*process_.run(runtime::replace_file(process_.files(), "live/retained-43.tmp", {Bytes(bytes).first(20)})));
  EXPECT_TRUE(verify().damage.empty());
  ASSERT_TRUE(*process_.run(process_.files().rename(retained, "live/retained-43")));
  EXPECT_EQ(verify().damage.size(), 1U);
}

TEST_F(VerifyCheckpoints, a_folder_that_is_not_there_is_an_error) {
  const auto verified = process_.run(verify_checkpoints(&process_.files(), "nowhere"));
  EXPECT_TRUE(verified && !*verified && verified->error().is(runtime::FileError::not_found));
}

Buffer numbers(std::size_t count) {
  Buffer bytes;
  ByteWriter writer(bytes);
  for (std::uint64_t i = 0; i < count; ++i) writer.put(i);
  return bytes;
}

// As a reader takes it whose entries have eight bytes each; nothing where it is not whole.
std::optional<Buffer> body_of(const Checkpoint& checkpoint) {
  Buffer body;
  const bool whole = read_body(checkpoint, [&](Bytes piece) {
    piece = piece.first(piece.size() / 8 * 8);
    body.insert(body.end(), piece.begin(), piece.end());
    return std::optional(piece.size());
  });
  return whole ? std::optional(body) : std::nullopt;
}

class CheckpointBody : public VerifyCheckpoints {
 protected:
  // A file of version 1 or 2 with this body as it is.
  void put(std::uint32_t version, Bytes body) {
    Buffer file;
    ByteWriter writer(file);
    writer.put(std::uint64_t{0x3145'5649'4C54'5241});  // "ARTLIVE1"
    for (const std::uint32_t number : {version, 2U, 50U, 0U, 0U, 1U}) writer.put(number);
    writer.put(std::uint64_t{body.size()});
    writer.put(crc32c(body));
    writer.put(crc32c(file));
    writer.bytes(body);
    ASSERT_TRUE(*process_.run(runtime::replace_file(process_.files(), "live/retained-50", {file})));
  }
  Checkpoint load() {
    auto found = process_.run(folder_.load(CheckpointKind::retained));
    EXPECT_TRUE(found && *found && (*found)->intact.size() == 1);
    return (*found)->intact.front();
  }
};

TEST_F(CheckpointBody, is_read_as_it_was_written) {
  for (const std::size_t count : {0U, 1U, 1'000'000U}) {
    const CheckpointHeader header{CheckpointKind::retained, 0, 1, Offset(100 + count)};
    ASSERT_TRUE(*process_.run(folder_.write(header, numbers(count))));
    EXPECT_EQ(body_of(load()), numbers(count));
  }
}

TEST_F(CheckpointBody, of_version_1_is_read_and_of_others_is_not) {
  put(1, numbers(10));
  EXPECT_EQ(body_of(load()), numbers(10));
  for (const std::uint32_t version : {0U, 3U}) {
    put(version, numbers(10));
    EXPECT_EQ(load().header.offset, Offset(42)) << "the other file";
  }
}

TEST_F(CheckpointBody, that_is_not_whole_is_not_taken_for_one) {
  put(1, Bytes(numbers(10)).first(79));
  EXPECT_FALSE(body_of(load()));
  put(2, numbers(10));
  EXPECT_FALSE(body_of(load())) << "not packed";
}

// One of several readers whose checkpoints lie in one folder.
struct Reader {
  std::uint32_t partition;
  Offset durable{};  // of its newest checkpoint that is said to be durable

  runtime::Task<void> run(runtime::Executor* pool, CheckpointFolder* folder) {
    co_await runtime::on(*pool);
    for (std::uint64_t offset = 1; offset <= 10; ++offset) {
      const CheckpointHeader header{CheckpointKind::newest, partition, 3, Offset(offset)};
      const auto written = co_await folder->write(header, Buffer(8));
      if (written) durable = header.offset;
    }
  }
};

// A failed sync spoils what was renamed before it, and tells only its caller: the next one is good.
TEST(CheckpointFolder, a_failed_sync_of_the_folder_takes_no_other_readers_durable_checkpoint) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    sim::Machine machine(seed);
    std::vector<Reader> readers{{0}, {1}, {2}};
    {
      sim::Process process(machine);
      const auto pool = process.make_pool("pool", 3);
      CheckpointFolder folder(process.files(), *pool, process.journal(), "live");
      ASSERT_TRUE(*process.run(runtime::make_durable_folder(process.files(), "live")));
      machine.faults().folder_sync_fails.chance = 0.3;
      runtime::Scope scope;
      for (Reader& reader : readers) scope.spawn(reader.run(pool.get(), &folder));
      ASSERT_TRUE(process.run_until([&] { return scope.idle(); }));
      process.halt();
    }
    machine.crash(sim::CrashKind::power_loss);
    for (const Reader& reader : readers) {
      if (reader.durable == Offset()) continue;
      const CheckpointHeader header{CheckpointKind::newest, reader.partition, 3, reader.durable};
      EXPECT_TRUE(machine.contents("live/" + checkpoint_name(header))) << checkpoint_name(header);
    }
  }
}

TEST(followed_from, is_the_least_offset_of_a_whole_set_and_the_beginning_where_none_is) {
  const auto newest = [](std::uint32_t partition, std::uint32_t partitions, std::uint64_t offset) {
    return CheckpointHeader{CheckpointKind::newest, partition, partitions, Offset(offset)};
  };
  const CheckpointHeader retained{CheckpointKind::retained, 0, 1, Offset(60)};
  using Headers = std::vector<CheckpointHeader>;
  EXPECT_EQ(followed_from(Headers{}), Offset(0));
  EXPECT_EQ(followed_from(Headers{retained}), Offset(0));
  EXPECT_EQ(followed_from(Headers{newest(0, 1, 40)}), Offset(0));
  EXPECT_EQ(followed_from(Headers{newest(0, 2, 40), retained}), Offset(0));
  EXPECT_EQ(followed_from(Headers{newest(0, 2, 40), newest(0, 2, 41), retained}), Offset(0));
  EXPECT_EQ(followed_from(Headers{newest(0, 2, 40), newest(1, 3, 41), retained}), Offset(0));
  EXPECT_EQ(followed_from(Headers{newest(0, 2, 70), newest(1, 2, 50), retained}), Offset(50));
  EXPECT_EQ(followed_from(Headers{newest(0, 1, 70), newest(1, 2, 80), retained}), Offset(60));
  EXPECT_EQ(followed_from(Headers{newest(0, 1, 70), newest(1, 2, 30), retained}), Offset(30));
}

}  // namespace
}  // namespace artery::live
