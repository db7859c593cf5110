// Backups of the whole node on the simulated machine: made while it writes and crashes, restored, opened by another.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "app/node_test.h"
#include "app/verify.h"
#include "backup/backups.h"
#include "backup/error.h"
#include "backup/restore.h"

namespace artery::app {
namespace {

using namespace std::chrono_literals;
using backup::BackupError;
using sim::CrashKind;
using sim::Machine;
using testing::accepted;
using testing::get;
using testing::Life;
using testing::post;

// Checkpoints every second, so that there are segments, snapshots and checkpoints, and some are merged and replaced.
NodeSettings settings_with_backups() {
  NodeSettings settings = testing::small_settings();
  settings.backup.folder = "backups";
  settings.log.segment_bytes = 64 << 10;
  settings.log.batch_bytes_max = 32 << 10;
  settings.admission.batch_bytes = 16 << 10;
  settings.history.checkpoint_time = 1s;
  settings.history.compaction.neighbours = 3;
  settings.newest.checkpoint_time = 1s;
  settings.retained.checkpoint_time = 1s;
  settings.catalogue.checkpoint_every = 1s;
  return settings;
}

std::string line_of(int i) { return fmt::format("press force={},note=\"{}\" {}", i, std::string(400, 'x'), 1000 + i); }

// Of the samples 0 to i - 1 those that an answer shows.
int shown_in(const std::string& raw, int count) {
  int shown = 0;
  for (int i = 0; i < count; ++i) {
    if (raw.find(fmt::format("[\"{}\",{},0]", 1000 + i, i)) != std::string::npos) ++shown;
  }
  return shown;
}

std::string ask_samples(Life& life) { return life.ask(get("/api/v1/raw?signal=press/force&limit=10000")); }

void write(Life& life, int& count, int more) {
  for (int i = 0; i < more; ++i) {
    ASSERT_TRUE(accepted(life.ask(post("/write", line_of(count)))));
    ++count;
    life.run_for(100ms);
  }
}

bool made(const std::string& answer) { return answer.starts_with("HTTP/1.1 201"); }

std::string text_in(const std::string& answer, std::string_view member) {
  const std::string start = fmt::format("\"{}\":", member);
  const std::size_t at = answer.find(start) + start.size();
  std::string text = answer.substr(at, answer.find_first_of(",}", at) - at);
  std::erase(text, '"');
  return text;
}

std::string make_backup(Life& life) {
  const std::string answer = life.ask(post("/api/v1/backups", ""));
  EXPECT_TRUE(made(answer)) << answer;
  return "backups/" + text_in(answer, "name");
}

std::vector<std::string> names_in(Machine& machine, std::string_view folder) {
  const auto entries = machine.disk().list(folder);
  std::vector<std::string> names;
  if (!entries) return names;
  for (const auto& entry : *entries) names.push_back(entry.name);
  return names;
}

// As `artery restore` does it.
Result<void> restore(Machine& machine, const std::string& backup, const std::string& to) {
  sim::Process process(machine);
  runtime::Files& files = process.files();
  const auto copied = *process.run(backup::restore_files(&files, backup, to));
  if (!copied) return copied.error();
  const auto found = *process.run(verify(&files, DataFolder{to}));
  if (!found) return found.error();
  EXPECT_TRUE(found->damage.empty()) << found->damage.front();
  return *process.run(backup::finish_restore(&files, to));
}

// How many of the first samples the restored node shows, which must be all of them without a hole.
int samples_in(Machine& machine, const std::string& backup, const std::string& to, int count) {
  const auto restored = restore(machine, backup, to);
  EXPECT_TRUE(restored) << restored.error().message();
  if (!restored) return -1;
  Life life(machine, settings_with_backups(), to);
  const auto started = life.start();
  EXPECT_TRUE(started) << started.error().message();
  if (!started) return -1;
  const std::string raw = ask_samples(life);
  const int shown = shown_in(raw, count);
  EXPECT_EQ(shown_in(raw, shown), shown) << raw;
  EXPECT_NE(life.ask(get("/api/v1/last?signal=press/force")).find(fmt::format("\"value\":{}", shown - 1)),
            std::string::npos);
  EXPECT_TRUE(accepted(life.ask(post("/write", "press force=-1 1"))));
  EXPECT_FALSE(life.failed());
  return shown;
}

TEST(backup, has_everything_that_was_acknowledged_before_it_and_opens_elsewhere) {
  for (const bool hard_links : {true, false}) {
    Machine machine(1);
    machine.faults().hard_links = hard_links;
    int count = 0;
    std::vector<std::pair<std::string, int>> backups;
    {
      Life life(machine, settings_with_backups());
      ASSERT_TRUE(life.start());
      backups.emplace_back(make_backup(life), count);
      for (int round = 0; round < 5; ++round) {
        ASSERT_NO_FATAL_FAILURE(write(life, count, 30));
        backups.emplace_back(make_backup(life), count);
      }
      life.stop();
    }
    EXPECT_GT(names_in(machine, backups.back().first + "/history").size(), 2U);
    EXPECT_EQ(names_in(machine, backups.back().first + "/catalogue").size(), 1U);
    EXPECT_EQ(names_in(machine, backups.back().first + "/live").size(), 3U);
    for (const auto& [backup, before] : backups) {
      if (before == 0) continue;
      EXPECT_EQ(samples_in(machine, backup, "restored-" + backup.substr(8), count), before);
    }
  }
}

TEST(backup, made_while_writes_go_on_has_what_was_acknowledged_before_and_no_hole_in_what_came_meanwhile) {
  int meanwhile = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Machine machine(seed);
    Life life(machine, settings_with_backups());
    ASSERT_TRUE(life.start());
    int count = 0;
    ASSERT_NO_FATAL_FAILURE(write(life, count, static_cast<int>(5 + seed % 40)));
    const testing::Request& asked = life.begin(post("/api/v1/backups", ""));
    const int before = count;
    while (!asked.done()) {
      ASSERT_TRUE(accepted(life.ask(post("/write", line_of(count++)))));
    }
    ASSERT_TRUE(made(asked.answer())) << asked.answer();
    life.stop();
    const int shown = samples_in(machine, "backups/" + text_in(asked.answer(), "name"), "restored", count);
    EXPECT_GE(shown, before) << "seed " << seed;
    if (shown > before) ++meanwhile;
  }
  EXPECT_GT(meanwhile, 5);
}

TEST(backup, takes_only_the_room_of_what_is_new) {
  Machine machine(1);
  Life life(machine, settings_with_backups());
  ASSERT_TRUE(life.start());
  int count = 0;
  ASSERT_NO_FATAL_FAILURE(write(life, count, 100));
  life.run_for(3s);
  EXPECT_FALSE(make_backup(life).empty());
  machine.faults().hard_links = false;
  const std::string copied = life.ask(post("/api/v1/backups", ""));
  EXPECT_EQ(text_in(copied, "bytes_linked"), "0");
  machine.faults().hard_links = true;
  const std::uint64_t used = machine.disk().used_bytes();
  const std::string again = life.ask(post("/api/v1/backups", ""));
  const std::uint64_t more = machine.disk().used_bytes() - used;
  EXPECT_GT(std::stoull(text_in(again, "bytes_linked")), 200U) << again;
  EXPECT_LT(more, std::stoull(text_in(again, "bytes_copied")) + 1000);
  EXPECT_LT(std::stoull(text_in(again, "bytes_copied")), std::stoull(text_in(copied, "bytes_copied")));
}

TEST(backup, of_a_node_that_was_restored_does_not_take_segments_of_the_same_number_for_its_own) {
  Machine machine(1);
  int count = 0;
  std::string first;
  {
    Life life(machine, settings_with_backups());
    ASSERT_TRUE(life.start());
    ASSERT_NO_FATAL_FAILURE(write(life, count, 15));
    first = make_backup(life);
    ASSERT_NO_FATAL_FAILURE(write(life, count, 15));
    (void)make_backup(life);
  }
  machine.crash(CrashKind::kill);
  ASSERT_TRUE(restore(machine, first, "other"));
  std::string backup;
  {
    Life life(machine, settings_with_backups(), "other");
    ASSERT_TRUE(life.start());
    count = 15;
    ASSERT_NO_FATAL_FAILURE(write(life, count, 15));
    backup = make_backup(life);
    EXPECT_FALSE(names_in(machine, backup + "/history").empty());
  }
  machine.crash(CrashKind::kill);
  EXPECT_EQ(samples_in(machine, backup, "restored", 100), 30);
}

// One backup is there; another is cut at an operation, by a kill or by a power loss.
TEST(backup,
     a_crash_at_any_operation_leaves_the_node_and_the_backups_before_and_the_next_one_removes_what_is_half_made) {
  for (std::uint64_t operation = 1;; ++operation) {
    Machine machine(operation);
    int count = 0;
    std::string first;
    std::string second;
    int in_first = 0;
    bool is_over = false;
    {
      Life life(machine, settings_with_backups());
      ASSERT_TRUE(life.start());
      ASSERT_NO_FATAL_FAILURE(write(life, count, 12));
      first = make_backup(life);
      in_first = count;
      ASSERT_NO_FATAL_FAILURE(write(life, count, 12));
      machine.crash_at_io(machine.io_count() + operation);
      const std::string answer = life.ask(post("/api/v1/backups", ""));
      is_over = made(answer);
      if (is_over) second = "backups/" + text_in(answer, "name");
    }
    machine.crash_at_io(0);
    machine.crash(operation % 2 == 0 ? CrashKind::kill : CrashKind::power_loss);
    std::string third;
    {
      Life life(machine, settings_with_backups());
      const auto started = life.start();
      ASSERT_TRUE(started) << "operation " << operation << ": " << started.error().message();
      EXPECT_EQ(shown_in(ask_samples(life), count), count) << "operation " << operation;
      third = make_backup(life);
    }
    for (const std::string& name : names_in(machine, "backups")) {
      EXPECT_FALSE(name.ends_with(backup::unfinished)) << "operation " << operation << ": " << name;
      // Whatever has its name is whole, acknowledged or not.
      const std::string path = "backups/" + name;
      const int expected = path == first ? in_first : count;
      EXPECT_EQ(samples_in(machine, path, "restored-" + name, count), expected) << "operation " << operation;
    }
    const auto names = names_in(machine, "backups");
    for (const std::string& kept : {first, second, third}) {
      if (kept.empty()) continue;
      EXPECT_EQ(std::ranges::count(names, kept.substr(8)), 1) << "operation " << operation;
    }
    if (is_over) {
      EXPECT_GT(operation, 50U);
      break;
    }
  }
}

TEST(backup, a_crash_at_any_operation_of_a_restore_leaves_no_folder_that_a_node_opens) {
  for (std::uint64_t operation = 1;; ++operation) {
    Machine machine(operation);
    std::string made;
    {
      Life life(machine, settings_with_backups());
      ASSERT_TRUE(life.start());
      int count = 0;
      ASSERT_NO_FATAL_FAILURE(write(life, count, 12));
      made = make_backup(life);
    }
    machine.crash(CrashKind::kill);
    machine.crash_at_io(machine.io_count() + operation);
    bool is_over = false;
    {
      sim::Process process(machine);
      const auto copied = process.run(backup::restore_files(&process.files(), made, "restored"));
      const auto done = copied && *copied ? process.run(backup::finish_restore(&process.files(), "restored"))
                                          : std::optional<Result<void>>();
      is_over = done.has_value() && done->has_value();
    }
    machine.crash_at_io(0);
    machine.crash(operation % 2 == 0 ? CrashKind::kill : CrashKind::power_loss);
    Life life(machine, settings_with_backups(), "restored");
    const auto started = life.start();
    const int shown = started ? shown_in(ask_samples(life), 12) : 0;
    // Nothing of it is there, so that it is a new node; or all of it; or the node refuses.
    EXPECT_TRUE(!started || shown == 0 || shown == 12) << "operation " << operation << ": " << shown;
    if (started && shown == 0) {
      EXPECT_EQ(life.ask(get("/api/v1/signals")).find("press/force"), std::string::npos);
    }
    if (!started) {
      EXPECT_TRUE(started.error().is(BackupError::damaged)) << started.error().message();
    }
    if (is_over) {
      EXPECT_TRUE(started && shown == 12);
      break;
    }
  }
}

TEST(backup, with_a_changed_byte_a_missing_file_or_made_half_is_refused_with_the_reason_and_nothing_is_left) {
  Machine machine(1);
  std::string made;
  {
    Life life(machine, settings_with_backups());
    ASSERT_TRUE(life.start());
    int count = 0;
    ASSERT_NO_FATAL_FAILURE(write(life, count, 12));
    made = make_backup(life);
    const auto opened = Life(machine, settings_with_backups(), made).start();
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message().find("is a backup"), std::string::npos) << opened.error().message();
  }
  machine.crash(CrashKind::kill);
  const auto expect_refused = [&](const std::string& file) {
    const auto refused = restore(machine, made, "restored");
    ASSERT_FALSE(refused) << file;
    EXPECT_TRUE(refused.error().is(BackupError::damaged));
    EXPECT_TRUE(refused.error().message().starts_with(file)) << refused.error().message();
    EXPECT_FALSE(machine.disk().exists("restored"));
  };
  std::vector<std::string> files{made + "/backup"};
  for (const std::string folder : {"/log", "/catalogue", "/live", "/history"}) {
    for (const std::string& name : names_in(machine, made + folder))
      files.push_back(fmt::format("{}{}/{}", made, folder, name));
  }
  ASSERT_GE(files.size(), 7U);
  for (const std::string& file : files) {
    const std::uint64_t bytes = machine.contents(file)->size();
    for (std::uint64_t at = 0; at < bytes; at += std::max<std::uint64_t>(1, bytes / 50)) {
      const Buffer before = *machine.contents(file);
      ASSERT_TRUE(machine.rot(file, at));
      expect_refused(file);
      const auto id = *machine.disk().open(file, runtime::OpenMode::write);
      machine.disk().file(id).write(0, before);
      ASSERT_TRUE(std::ranges::equal(*machine.contents(file), before));
    }
  }
  EXPECT_TRUE(restore(machine, made, "whole"));
  const auto again = restore(machine, made, "whole");
  ASSERT_FALSE(again);
  EXPECT_TRUE(again.error().is(BackupError::not_empty)) << again.error().message();
  for (const std::string& file : files) {
    ASSERT_TRUE(machine.disk().rename(file, "aside"));
    expect_refused(file == files.front() ? made : file);
    ASSERT_TRUE(machine.disk().rename("aside", file));
  }
}

TEST(backup, is_refused_without_a_folder_beside_another_one_and_on_a_full_disk_and_harms_nothing) {
  Machine machine(1);
  {
    NodeSettings without = settings_with_backups();
    without.backup.folder.clear();
    Life life(machine, without);
    ASSERT_TRUE(life.start());
    for (const std::string& request : {post("/api/v1/backups", ""), get("/api/v1/backups")}) {
      const std::string answer = life.ask(request);
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 409")) << answer;
      EXPECT_NE(answer.find("set backup.folder"), std::string::npos) << answer;
    }
    life.stop();
  }
  Life life(machine, settings_with_backups());
  ASSERT_TRUE(life.start());
  int count = 0;
  ASSERT_NO_FATAL_FAILURE(write(life, count, 12));
  life.run_for(5s);
  const testing::Request& one = life.begin(post("/api/v1/backups", ""));
  const testing::Request& other = life.begin(post("/api/v1/backups", ""));
  life.process().run_until([&] { return one.done() && other.done(); });
  EXPECT_NE(made(one.answer()), made(other.answer()));
  EXPECT_TRUE((made(one.answer()) ? other : one).answer().starts_with("HTTP/1.1 409"));

  const std::uint64_t room = machine.faults().capacity_bytes;
  for (std::uint64_t free = 0;; free += 500) {
    machine.faults().capacity_bytes = machine.disk().used_bytes() + free;
    const std::string answer = life.ask(post("/api/v1/backups", ""));
    if (made(answer)) break;
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 507")) << answer;
    EXPECT_EQ(names_in(machine, "backups").size(), 1U);
    EXPECT_EQ(machine.disk().used_bytes() + free, machine.faults().capacity_bytes);
  }
  machine.faults().capacity_bytes = room;
  ASSERT_NO_FATAL_FAILURE(write(life, count, 3));
  EXPECT_EQ(shown_in(ask_samples(life), count), count);
}

std::vector<std::string> whole_backups(Life& life) {
  const std::string answer = life.ask(get("/api/v1/backups"));
  std::vector<std::string> names;
  for (std::size_t at = answer.find("\"name\":\""); at != std::string::npos; at = answer.find("\"name\":\"", at + 1)) {
    const std::string one = answer.substr(at, answer.find('}', at) - at);
    if (one.find("\"complete\":true") != std::string::npos) names.push_back(text_in(one, "name"));
  }
  return names;
}

TEST(backup, is_made_by_schedule_and_the_oldest_go_and_a_missed_one_is_made_soon_after_the_start) {
  Machine machine(1);
  NodeSettings settings = settings_with_backups();
  settings.backup.every = 10min;
  settings.backup.keep = 2;
  int count = 0;
  std::vector<std::string> seen;
  {
    Life life(machine, settings);
    ASSERT_TRUE(life.start());
    ASSERT_NO_FATAL_FAILURE(write(life, count, 3));
    EXPECT_TRUE(whole_backups(life).empty());  // a start has other things to do first
    life.run_for(30s);
    seen = whole_backups(life);
    ASSERT_EQ(seen.size(), 1U);
    life.run_for(10min);
    ASSERT_EQ(whole_backups(life).size(), 2U);
    life.run_for(10min);
    const auto kept = whole_backups(life);
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_EQ(std::ranges::count(kept, seen.front()), 0);
    seen = kept;
    const std::string status = life.ask(get("/api/v1/status"));
    EXPECT_NE(status.find(fmt::format("\"last\":{{\"name\":\"{}\"", seen.back())), std::string::npos) << status;
    EXPECT_NE(status.find("\"backup\":{\"made\":3,\"failed\":0,\"failing\":0"), std::string::npos) << status;
    life.stop();
  }
  {
    Life life(machine, settings);  // soon after the last one: it waits for its time
    ASSERT_TRUE(life.start());
    life.run_for(2min);
    EXPECT_EQ(whole_backups(life), seen);
    life.stop();
  }
  {
    Life life(machine);  // for an hour nobody makes any
    ASSERT_TRUE(life.start());
    life.run_for(1h);
    life.stop();
  }
  Life life(machine, settings);
  ASSERT_TRUE(life.start());
  life.run_for(30s);
  const auto kept = whole_backups(life);
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept.front(), seen.back());
}

TEST(backup, by_schedule_that_fails_is_told_and_tried_again_later_and_takes_no_good_one_away) {
  Machine machine(1);
  NodeSettings settings = settings_with_backups();
  settings.backup.every = 2h;
  settings.backup.keep = 1;
  Life life(machine, settings);
  ASSERT_TRUE(life.start());
  int count = 0;
  ASSERT_NO_FATAL_FAILURE(write(life, count, 3));
  life.run_for(30s);
  const auto first = whole_backups(life);
  ASSERT_EQ(first.size(), 1U);
  const std::uint64_t capacity = machine.faults().capacity_bytes;
  machine.faults().capacity_bytes = machine.disk().used_bytes() + 1;
  life.run_for(2h + 1min);
  std::string status = life.ask(get("/api/v1/status"));
  EXPECT_NE(status.find("\"failing\":1"), std::string::npos) << status;
  EXPECT_NE(status.find("\"reason\":\"backups: "), std::string::npos) << status;
  EXPECT_EQ(whole_backups(life), first);
  life.run_for(7min);  // after 1, 2 and 4 minutes more
  status = life.ask(get("/api/v1/status"));
  EXPECT_LE(std::stoi(text_in(status, "failed")), 5) << status;
  EXPECT_GE(std::stoi(text_in(status, "failed")), 3) << status;
  machine.faults().capacity_bytes = capacity;
  life.run_for(10min);
  const auto second = whole_backups(life);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_NE(second, first);
  status = life.ask(get("/api/v1/status"));
  EXPECT_NE(status.find("\"failure\":null"), std::string::npos) << status;
}

TEST(backup, is_broken_off_by_a_stop_and_leaves_nothing) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Machine machine(seed);
    {
      Life life(machine, settings_with_backups());
      ASSERT_TRUE(life.start());
      int count = 0;
      ASSERT_NO_FATAL_FAILURE(write(life, count, 12));
      const testing::Request& asked = life.begin(post("/api/v1/backups", ""));
      const std::uint64_t from = machine.io_count();
      life.process().run_until([&] { return machine.io_count() >= from + 2 * seed; });
      life.stop();
      for (const std::string& name : names_in(machine, "backups")) {
        EXPECT_FALSE(name.ends_with(backup::unfinished)) << "seed " << seed;
        EXPECT_TRUE(asked.answer().empty() || made(asked.answer()));
      }
    }
    Life life(machine, settings_with_backups());
    ASSERT_TRUE(life.start());
    EXPECT_EQ(shown_in(ask_samples(life), 12), 12);
  }
}

TEST(backup, that_cannot_be_synced_is_none_and_the_node_goes_on) {
  for (std::uint64_t sync = 1; sync <= 12; ++sync) {
    Machine machine(sync);
    int count = 0;
    Life life(machine, settings_with_backups());
    ASSERT_TRUE(life.start());
    ASSERT_NO_FATAL_FAILURE(write(life, count, 12));
    life.run_for(5s);  // nothing else has anything to sync
    machine.faults().folder_sync_fails.chance = 1;
    const std::string answer = life.ask(post("/api/v1/backups", ""));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500")) << answer;
    machine.faults().folder_sync_fails.chance = 0;
    EXPECT_FALSE(life.failed());
    const std::string listed = life.ask(get("/api/v1/backups"));
    EXPECT_NE(listed.find("\"backups\":[]"), std::string::npos) << listed;
    ASSERT_NO_FATAL_FAILURE(write(life, count, 3));
    EXPECT_FALSE(make_backup(life).empty());
  }
}

}  // namespace
}  // namespace artery::app
