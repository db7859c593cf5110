// The recipes for durable files on the simulated machine.
#include "runtime/durable.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/sim/process.h"

namespace artery::sim {
namespace {

const std::string path = "data/live/a";

// False where the process was cut.
bool make_folder(Process& process) {
  const auto made = process.run(runtime::make_durable_folder(process.files(), "data/live"));
  EXPECT_TRUE(!made || *made);
  return made.has_value();
}

bool replace(Process& process, std::string_view text) {
  const auto done = process.run(runtime::replace_file(process.files(), path, {as_bytes(text)}));
  EXPECT_TRUE(!done || *done);
  return done.has_value();
}

std::string contents(Machine& machine) {
  const auto bytes = machine.contents(path);
  return bytes ? std::string(as_text(*bytes)) : "(none)";
}

TEST(Durable, what_is_found_in_a_folder_made_durable_outlives_a_power_loss_wherever_the_last_process_was_killed) {
  int found_new = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    bool whole = false;
    for (std::uint64_t cut_at = 1; !whole; ++cut_at) {
      Machine machine(seed);
      {
        Process process(machine);
        ASSERT_TRUE(make_folder(process) && replace(process, "old"));
        machine.crash_at_io(machine.io_count() + cut_at);
        whole = replace(process, "new");
        process.halt();
      }
      machine.crash(CrashKind::kill);
      machine.crash_at_io(0);
      std::string found;
      {
        Process process(machine);
        ASSERT_TRUE(make_folder(process));
        found = contents(machine);
        process.halt();
      }
      machine.crash(CrashKind::power_loss);
      EXPECT_EQ(contents(machine), found) << "seed " << seed << ", cut at " << cut_at;
      EXPECT_TRUE(found == "old" || found == "new");
      if (!whole && found == "new") ++found_new;
    }
  }
  EXPECT_GT(found_new, 0) << "no cut fell between the rename and the sync of the folder";
}

TEST(Durable, a_file_that_cannot_be_replaced_is_as_it_was_and_leaves_nothing_beside_it) {
  Machine machine(1);
  Process process(machine);
  ASSERT_TRUE(make_folder(process) && replace(process, "old"));
  machine.faults().capacity_bytes = 4;
  const auto refused = process.run(runtime::replace_file(process.files(), path, {as_bytes("ne"), as_bytes("wer")}));
  ASSERT_TRUE(refused);
  EXPECT_TRUE(!*refused && refused->error().is(runtime::FileError::no_space));
  EXPECT_EQ(contents(machine), "old");
  EXPECT_EQ((*process.run(process.files().list("data/live")))->size(), 1U);
}

}  // namespace
}  // namespace artery::sim
