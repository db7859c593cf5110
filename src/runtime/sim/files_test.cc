// Files and the scheduler as programs meet them: clauses 5 to 13 of faults.h, and the end of a process.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "runtime/file.h"
#include "runtime/sim/process.h"

namespace artery::sim {
namespace {

using runtime::File;
using runtime::FileError;
using runtime::OpenMode;
using runtime::Task;
using namespace std::chrono_literals;

using OpenResult = Result<std::unique_ptr<File>>;

std::unique_ptr<File> open(Process& process, std::string path, OpenMode mode) {
  auto file = process.run(process.files().open(std::move(path), mode));
  EXPECT_TRUE(file && *file);
  return std::move(**file);
}

Result<void> write(Process& process, File& file, std::uint64_t at, std::string_view text) {
  return *process.run(file.write(at, {as_bytes(text)}));
}

std::string contents(Machine& machine, std::string_view path) {
  const auto bytes = machine.contents(path);
  return bytes ? std::string(as_text(*bytes)) : "(none)";
}

TEST(Files, reads_return_what_was_written) {
  Machine machine(1);
  Process process(machine);
  const auto file = open(process, "a", OpenMode::create);
  const std::string first = "hello ";
  const std::string second = "world";
  EXPECT_TRUE(*process.run(file->write(2, {as_bytes(first), as_bytes(second)})));
  Buffer into(100);
  const auto count = *process.run(file->read(0, into));
  EXPECT_EQ(as_text(Bytes(into).first(*count)), std::string_view("\0\0hello world", 13));
  EXPECT_EQ(**process.run(file->size()), 13U);
  EXPECT_EQ(**process.run(file->read(13, into)), 0U);
  EXPECT_TRUE(*process.run(file->truncate(4)));
  EXPECT_EQ(contents(machine, "a"), std::string("\0\0he", 4));
}

TEST(Files, errors_are_those_of_a_system) {
  Machine machine(1);
  Process process(machine);
  auto& files = process.files();
  EXPECT_TRUE(process.run(files.open("no/file", OpenMode::create))->error().is(FileError::not_found));
  EXPECT_TRUE(process.run(files.open("none", OpenMode::write))->error().is(FileError::not_found));
  EXPECT_TRUE(*process.run(files.make_folder("data/log")));
  EXPECT_TRUE(*process.run(files.make_folder("data/log/")));
  EXPECT_TRUE(process.run(files.open("data/log", OpenMode::read))->error().is(FileError::denied));
  const auto file = open(process, "data/log/1", OpenMode::create);
  EXPECT_TRUE(process.run(files.open("data/log/1", OpenMode::create))->error().is(FileError::exists));
  EXPECT_TRUE(process.run(files.remove("data/log"))->error().is(FileError::denied));
  EXPECT_TRUE(process.run(files.rename("data/2", "data/3"))->error().is(FileError::not_found));
  const auto reader = open(process, "data/log/1", OpenMode::read);
  EXPECT_TRUE(write(process, *reader, 0, "x").error().is(FileError::denied));
  const auto entries = *process.run(files.list("/data"));
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().name, "log");
  EXPECT_TRUE(entries->front().is_folder);
  EXPECT_TRUE(process.run(files.link("data/none", "data/2"))->error().is(FileError::not_found));
  EXPECT_TRUE(*process.run(files.link("data/log/1", "data/2")));
  machine.faults().hard_links = false;
  EXPECT_TRUE(process.run(files.link("data/log/1", "data/3"))->error().is(FileError::denied));
  machine.faults().read_only = true;
  EXPECT_TRUE(write(process, *file, 0, "x").error().is(FileError::read_only));
  EXPECT_TRUE(process.run(files.open("data/new", OpenMode::create))->error().is(FileError::read_only));
}

TEST(Files, a_write_beyond_the_capacity_leaves_a_prefix_and_goes_on_when_there_is_room) {
  Machine machine(1, {.capacity_bytes = 1000});
  Process process(machine);
  const auto file = open(process, "a", OpenMode::create);
  EXPECT_TRUE(write(process, *file, 0, std::string(600, 'a')));
  EXPECT_TRUE(write(process, *file, 600, std::string(600, 'b')).error().is(FileError::no_space));
  EXPECT_EQ(contents(machine, "a"), std::string(600, 'a') + std::string(400, 'b'));
  EXPECT_TRUE(write(process, *file, 0, std::string(1000, 'c'))) << "overwriting fits";
  const auto space = **process.run(process.files().space("/"));
  EXPECT_EQ(space.total_bytes, 1000U);
  EXPECT_EQ(space.free_bytes, 0U);
  machine.faults().capacity_bytes = 2000;
  EXPECT_TRUE(write(process, *file, 1000, std::string(600, 'd')));
}

TEST(Files, reads_and_writes_fail_at_the_count_they_were_told_to) {
  Machine machine(1, {.read_fails = {.at = 2}, .write_fails = {.at = 1}});
  Process process(machine);
  const auto file = open(process, "a", OpenMode::create);
  const std::string text(5000, 'x');
  EXPECT_TRUE(write(process, *file, 0, text).error().is(FileError::io));
  EXPECT_TRUE(text.starts_with(contents(machine, "a")));
  EXPECT_TRUE(write(process, *file, 0, text));
  Buffer into(5000);
  EXPECT_TRUE(*process.run(file->read(0, into)));
  EXPECT_TRUE(process.run(file->read(0, into))->error().is(FileError::io));
  EXPECT_TRUE(*process.run(file->read(0, into)));
}

// The retry of a failed sync reports success, and the data is lost all the same.
TEST(Files, a_good_sync_after_a_failed_one_does_not_make_old_data_durable) {
  int lost = 0;
  int seen_after_kill = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Machine machine(seed);
    const std::string text(2048, 'x');
    {
      Process process(machine);
      const auto file = open(process, "a", OpenMode::create);
      EXPECT_TRUE(*process.run(process.files().sync_folder("/")));
      machine.faults().sync_fails = {.chance = 1};
      EXPECT_TRUE(write(process, *file, 0, text));
      EXPECT_TRUE(process.run(file->sync())->error().is(FileError::io));
      machine.faults().sync_fails = {};
      EXPECT_TRUE(*process.run(file->sync()));
      EXPECT_EQ(contents(machine, "a"), text) << "reads still show it";
    }
    machine.crash(CrashKind::kill);
    seen_after_kill += contents(machine, "a") == text ? 1 : 0;
    machine.crash(CrashKind::power_loss);
    lost += contents(machine, "a") != text ? 1 : 0;
  }
  EXPECT_GT(lost, 100);
  EXPECT_GT(seen_after_kill, 50);
  EXPECT_LT(seen_after_kill, 200);
}

TEST(Files, a_sync_covers_what_was_written_before_it_began) {
  int lost = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Machine machine(seed, {.sync_min = 1ms});
    {
      Process process(machine);
      const auto file = open(process, "a", OpenMode::create);
      const auto again = open(process, "a", OpenMode::write);
      EXPECT_TRUE(*process.run(process.files().sync_folder("/")));
      EXPECT_TRUE(write(process, *file, 0, std::string(512, 'a')));
      const auto loop = process.make_loop("sync");
      runtime::Scope scope;
      bool synced = false;
      loop->post([&] {
        scope.spawn([](File* to, bool* done) -> Task<void> {
          EXPECT_TRUE(co_await to->sync());
          *done = true;
        }(file.get(), &synced));
      });
      process.run_for(100us);
      EXPECT_TRUE(write(process, *again, 512, std::string(512, 'b')));
      EXPECT_TRUE(process.run_until([&] { return synced; }));
    }
    machine.crash(CrashKind::power_loss);
    EXPECT_EQ(contents(machine, "a").substr(0, 512), std::string(512, 'a'));
    lost += contents(machine, "a").ends_with('b') ? 0 : 1;
  }
  EXPECT_GT(lost, 20);
}

TEST(Files, the_crash_can_be_put_at_every_operation_and_cuts_a_write_after_any_prefix) {
  std::set<std::size_t> lengths;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    for (std::uint64_t n = 1; n <= 4; ++n) {
      Machine machine(seed);
      machine.crash_at_io(n);
      const std::string text(64, 'x');
      {
        Process process(machine);
        auto file = process.run(process.files().open("a", OpenMode::create));
        ASSERT_EQ(file.has_value(), n > 1);
        if (file) {
          const auto written = process.run((**file)->write(0, {as_bytes(text)}));
          ASSERT_EQ(written.has_value(), n > 2);
          if (n == 2) lengths.insert(contents(machine, "a").size());
          if (written) {
            ASSERT_EQ(process.run((**file)->sync()).has_value(), n > 3);
          }
        }
        EXPECT_EQ(process.halted(), n <= 3);
      }
      machine.crash(CrashKind::kill);
      if (n > 2) {
        EXPECT_EQ(contents(machine, "a"), text) << "what was written outlives a kill";
      }
    }
  }
  EXPECT_GT(lengths.size(), 20U);
}

TEST(Files, a_lock_is_held_until_it_or_its_process_ends) {
  Machine machine(1);
  {
    Process process(machine);
    auto lock = *process.run(process.files().lock("lock"));
    ASSERT_TRUE(lock);
    Process other(machine);
    const auto refused = *other.run(other.files().lock("lock"));
    EXPECT_TRUE(refused.error().is(FileError::in_use));
    EXPECT_NE(refused.error().message().find("process 1"), std::string::npos);
    lock->reset();
    lock = *other.run(other.files().lock("lock"));
    EXPECT_TRUE(lock);
  }
  machine.crash(CrashKind::kill);
  Process process(machine);
  EXPECT_TRUE(*process.run(process.files().lock("lock")));
}

TEST(Files, rot_is_read_without_an_error) {
  Machine machine(1);
  Process process(machine);
  const auto file = open(process, "a", OpenMode::create);
  const std::string text(1000, 'x');
  EXPECT_TRUE(write(process, *file, 0, text));
  EXPECT_TRUE(*process.run(file->sync()));
  EXPECT_TRUE(machine.rot("a", 700));
  EXPECT_FALSE(machine.rot("a", 1000));
  EXPECT_FALSE(machine.rot("b", 0));
  std::string now = contents(machine, "a");
  EXPECT_NE(now[700], 'x');
  now[700] = 'x';
  EXPECT_EQ(now, text);
  const auto where = machine.rot_anywhere();
  ASSERT_TRUE(where);
  EXPECT_EQ(where->first, "/a");
}

}  // namespace
}  // namespace artery::sim
