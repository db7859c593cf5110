// Checkpoint files as `artery verify` looks at them. What starts make of them is in newest_test.cc and
// retained_test.cc.
#include "live/checkpoint.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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
      const auto written = process_.run(write_checkpoint(&process_.files(), "live", header, Buffer(16, std::byte{7})));
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

}  // namespace
}  // namespace artery::live
