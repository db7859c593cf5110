// What a power loss leaves: clauses 1 to 4, 7 to 9 of faults.h, shown over many seeds.
#include "runtime/sim/disk.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace artery::sim {
namespace {

using runtime::OpenMode;

constexpr std::uint64_t seeds = 300;
constexpr std::uint64_t plenty = 1U << 30U;

std::string text_of(Disk& disk, std::string_view path) {
  const auto id = disk.open(path, OpenMode::read);
  return id ? std::string(as_text(disk.file(*id).seen())) : "(none)";
}

// A file whose contents and entry are on the device.
NodeId settled(Disk& disk, std::string_view path, std::string_view text) {
  const NodeId id = *disk.open(path, OpenMode::create);
  EXPECT_TRUE(disk.write(id, 0, as_bytes(text), plenty));
  disk.file(id).sync(disk.file(id).mark());
  EXPECT_TRUE(disk.sync_folder("/"));
  return id;
}

TEST(Disk, what_was_synced_survives_and_what_was_not_may_be_lost) {
  std::map<std::string, int> left;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Disk disk(seed);
    const NodeId id = settled(disk, "a", std::string(512, 'a'));
    EXPECT_TRUE(disk.write(id, 512, as_bytes(std::string(512, 'b')), plenty));
    disk.crash(CrashKind::power_loss);
    const std::string now = text_of(disk, "a");
    ASSERT_EQ(now.substr(0, 512), std::string(512, 'a'));
    ++left[now.substr(512)];
  }
  EXPECT_GT(left[""], 20) << "growth lost";
  EXPECT_GT(left[std::string(512, '\0')], 20) << "growth kept as zeros";
  EXPECT_GT(left[std::string(512, 'b')], 20) << "survived";
  EXPECT_EQ(left.size(), 3U);
}

TEST(Disk, writes_are_torn_at_sectors_and_the_old_bytes_show) {
  std::set<std::string> left;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Disk disk(seed);
    const NodeId id = settled(disk, "a", std::string(2048, 'o'));
    EXPECT_TRUE(disk.write(id, 100, as_bytes(std::string(1500, 'n')), plenty));
    disk.crash(CrashKind::power_loss);
    const std::string now = text_of(disk, "a");
    ASSERT_EQ(now.size(), 2048U);
    std::string pattern;
    for (std::size_t sector = 0; sector < 4; ++sector) {
      std::string whole(512, 'o');
      for (std::size_t i = 0; i < 512; ++i) {
        if (sector * 512 + i >= 100 && sector * 512 + i < 1600) whole[i] = 'n';
      }
      const std::string is = now.substr(sector * 512, 512);
      ASSERT_TRUE(is == whole || is == std::string(512, 'o')) << "a sector is whole, new or old";
      pattern += is == whole ? 'n' : 'o';
    }
    left.insert(pattern);
  }
  EXPECT_EQ(left.size(), 16U) << "each set of sectors survives some time";
}

TEST(Disk, a_sector_may_hold_any_version_since_the_last_sync) {
  std::set<char> left;
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Disk disk(seed);
    const NodeId id = settled(disk, "a", std::string(1024, '0'));
    for (const char version : {'1', '2', '3'}) {
      EXPECT_TRUE(disk.write(id, 0, as_bytes(std::string(512, version)), plenty));
      EXPECT_TRUE(disk.write(id, 512, as_bytes(std::string(512, version)), plenty));
    }
    disk.crash(CrashKind::power_loss);
    const std::string now = text_of(disk, "a");
    left.insert(now[0]);
    orders.insert({now[0], now[512]});
  }
  EXPECT_EQ(left, (std::set<char>{'0', '1', '2', '3'}));
  EXPECT_TRUE(orders.contains("03")) << "reordered: the later write is there, the earlier is not";
  EXPECT_TRUE(orders.contains("30"));
}

TEST(Disk, a_truncation_is_there_or_not) {
  std::set<std::string> left;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Disk disk(seed);
    const NodeId id = settled(disk, "a", std::string(1024, 'a'));
    disk.file(id).truncate(0);
    disk.crash(CrashKind::power_loss);
    left.insert(text_of(disk, "a"));
  }
  EXPECT_EQ(left, (std::set<std::string>{"", std::string(1024, 'a')}));
}

TEST(Disk, contents_synced_bit_by_bit_equal_what_was_written) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Disk disk(seed);
    Rng rng(seed);
    const NodeId id = settled(disk, "a", "");
    for (int i = 0; i < 100; ++i) {
      const auto at = rng.below(5000);
      const std::string text(rng.below(2000), static_cast<char>('a' + rng.below(26)));
      EXPECT_TRUE(disk.write(id, at, as_bytes(text), plenty));
      if (rng.chance(0.1)) disk.file(id).truncate(rng.below(6000));
      if (rng.chance(0.2)) {
        disk.file(id).sync(disk.file(id).mark());
        ASSERT_TRUE(std::ranges::equal(disk.file(id).durable(), disk.file(id).seen()));
      }
    }
  }
}

TEST(Disk, an_entry_that_no_folder_sync_followed_may_be_missing_though_its_file_was_synced) {
  std::map<std::string, int> left;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Disk disk(seed);
    const NodeId id = *disk.open("a", OpenMode::create);
    EXPECT_TRUE(disk.write(id, 0, as_bytes("text"), plenty));
    disk.file(id).sync(disk.file(id).mark());
    disk.crash(CrashKind::power_loss);
    ++left[text_of(disk, "a")];
  }
  EXPECT_GT(left["(none)"], 50);
  EXPECT_GT(left["text"], 50);
  EXPECT_EQ(left.size(), 2U);
}

TEST(Disk, a_rename_is_atomic_and_lost_unless_the_folder_was_synced) {
  std::map<std::string, int> left;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (const bool synced : {false, true}) {
      Disk disk(seed);
      settled(disk, "a", "old");
      settled(disk, "a.new", "new");
      EXPECT_TRUE(disk.rename("a.new", "a"));
      EXPECT_EQ(text_of(disk, "a"), "new");
      if (synced) {
        EXPECT_TRUE(disk.sync_folder("/"));
      }
      disk.crash(CrashKind::power_loss);
      if (synced) {
        ASSERT_EQ(text_of(disk, "a"), "new");
        ASSERT_FALSE(disk.exists("a.new"));
      } else {
        ++left[text_of(disk, "a") + "," + text_of(disk, "a.new")];
      }
    }
  }
  EXPECT_GT(left["old,new"], 50);
  EXPECT_GT(left["new,(none)"], 50);
  EXPECT_EQ(left.size(), 2U);
}

TEST(Disk, a_linked_file_is_one_file_until_its_last_name_is_gone_and_a_new_name_may_be_lost) {
  std::map<std::string, int> left;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Disk disk(seed);
    settled(disk, "a", "text");
    const std::uint64_t used = disk.used_bytes();
    EXPECT_TRUE(disk.link("a", "b"));
    EXPECT_EQ(disk.used_bytes(), used);
    EXPECT_TRUE(disk.link("a", "b").error().is(runtime::FileError::exists));
    EXPECT_TRUE(disk.remove("a"));
    EXPECT_EQ(text_of(disk, "b"), "text");
    disk.crash(CrashKind::power_loss);
    ++left[text_of(disk, "a") + "," + text_of(disk, "b")];
  }
  for (const std::string_view either : {"text,(none)", "text,text", "(none),text", "(none),(none)"}) {
    EXPECT_GT(left[std::string(either)], 10) << either;
  }
}

TEST(Disk, a_folder_that_was_removed_with_all_in_it_is_back_after_a_power_loss_at_most_where_that_was_not_synced) {
  int back = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (const bool synced : {false, true}) {
      Disk disk(seed);
      EXPECT_TRUE(disk.make_folder("f"));
      EXPECT_TRUE(disk.sync_folder("/"));
      settled(disk, "f/a", "text");
      EXPECT_TRUE(disk.remove("f/a"));
      EXPECT_TRUE(disk.remove("f"));
      if (synced) {
        EXPECT_TRUE(disk.sync_folder("/"));
      }
      disk.crash(CrashKind::kill);
      EXPECT_FALSE(disk.exists("f"));
      disk.crash(CrashKind::power_loss);
      ASSERT_FALSE(synced && disk.exists("f"));
      if (disk.exists("f")) ++back;
    }
  }
  EXPECT_GT(back, 50);
}

TEST(Disk, folder_changes_survive_by_themselves_but_in_order_per_name) {
  std::set<std::string> left;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Disk disk(seed);
    settled(disk, "gone", "");
    EXPECT_TRUE(disk.remove("gone"));
    EXPECT_TRUE(disk.open("tmp", OpenMode::create));
    EXPECT_TRUE(disk.rename("tmp", "final"));
    disk.crash(CrashKind::power_loss);
    std::string now;
    const auto entries = disk.list("/");
    for (const auto& entry : *entries) now += entry.name + " ";
    left.insert(now);
  }
  EXPECT_EQ(left, (std::set<std::string>{"", "final ", "gone ", "final gone ", "tmp ", "gone tmp "}));
}

TEST(Disk, what_lies_in_a_lost_folder_is_lost) {
  std::set<std::string> left;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Disk disk(seed);
    EXPECT_TRUE(disk.make_folder("x/y"));
    EXPECT_TRUE(disk.open("x/y/a", OpenMode::create));
    EXPECT_TRUE(disk.sync_folder("x/y"));
    disk.crash(CrashKind::power_loss);
    left.insert(disk.exists("x/y/a") ? "a" : disk.exists("x/y") ? "y" : disk.exists("x") ? "x" : "");
  }
  EXPECT_EQ(left, (std::set<std::string>{"a", "x", ""}));
}

TEST(Disk, a_good_folder_sync_after_a_failed_one_does_not_make_old_entries_durable) {
  int lost = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Disk disk(seed);
    EXPECT_TRUE(disk.open("a", OpenMode::create));
    EXPECT_FALSE(disk.sync_folder("/", true));
    EXPECT_TRUE(disk.open("b", OpenMode::create));
    EXPECT_TRUE(disk.sync_folder("/"));
    disk.crash(CrashKind::power_loss);
    EXPECT_TRUE(disk.exists("b"));
    lost += disk.exists("a") ? 0 : 1;
  }
  EXPECT_GT(lost, 50);
}

TEST(Disk, all_names_and_contents_outlive_a_kill) {
  Disk disk(1);
  const NodeId id = *disk.open("a", OpenMode::create);
  EXPECT_TRUE(disk.write(id, 0, as_bytes("text"), plenty));
  EXPECT_TRUE(disk.rename("a", "b"));
  disk.crash(CrashKind::kill);
  EXPECT_EQ(text_of(disk, "b"), "text");
  EXPECT_FALSE(disk.exists("a"));
}

}  // namespace
}  // namespace artery::sim
