#include "app/doctor.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace artery::app {
namespace {

runtime::MachineFacts good_machine() {
  runtime::MachineFacts machine;
  machine.kernel = "Linux 6.1";
  machine.cores = 4;
  machine.memory_bytes = 8ULL << 30;
  machine.open_files_max = 1 << 20;
  machine.has_sse42 = true;
  machine.has_avx2 = true;
  return machine;
}

runtime::FolderFacts good_folder() {
  runtime::FolderFacts folder;
  folder.exists = true;
  folder.is_folder = true;
  folder.may_write = true;
  folder.owner = "artery";
  folder.user = "artery";
  folder.file_system = "ext4";
  folder.device = "sda";
  folder.write_cache = "write through";
  return folder;
}

Verdict verdict(const std::vector<Diagnosis>& found, std::string_view about) {
  const auto one = std::ranges::find(found, about, &Diagnosis::about);
  EXPECT_NE(one, found.end()) << about;
  return one == found.end() ? Verdict::good : one->verdict;
}

bool all_good(const std::vector<Diagnosis>& found) {
  return std::ranges::all_of(found, [](const Diagnosis& one) { return one.verdict == Verdict::good; });
}

TEST(doctor, a_good_machine_and_disk_are_good) {
  EXPECT_TRUE(all_good(examine_machine(good_machine(), true)));
  EXPECT_TRUE(all_good(examine_place("/srv", good_folder())));
}

TEST(doctor, what_costs_speed_or_trust_is_a_note) {
  runtime::MachineFacts machine = good_machine();
  machine.open_files_max = 1024;
  machine.has_avx2 = false;
  machine.memory_bytes = 256 << 20;
  const auto found = examine_machine(machine, false);
  EXPECT_EQ(verdict(found, "clock"), Verdict::note);
  EXPECT_EQ(verdict(found, "open files"), Verdict::note);
  EXPECT_EQ(verdict(found, "cpu"), Verdict::note);
  EXPECT_EQ(verdict(found, "memory"), Verdict::note);

  runtime::FolderFacts folder = good_folder();
  folder.write_cache = "write back";
  EXPECT_EQ(verdict(examine_place("/srv", folder), "disk"), Verdict::note);
  folder.write_cache = "";
  EXPECT_EQ(verdict(examine_place("/srv", folder), "disk"), Verdict::note);
}

TEST(doctor, what_keeps_a_node_from_its_promises_is_bad) {
  runtime::FolderFacts folder = good_folder();
  folder.may_write = false;
  EXPECT_EQ(verdict(examine_place("/srv", folder), "folder"), Verdict::bad);
  folder = good_folder();
  folder.file_system = "tmpfs";
  EXPECT_EQ(verdict(examine_place("/srv", folder), "disk"), Verdict::bad);
  EXPECT_EQ(verdict(examine_place("/srv", runtime::FolderFacts()), "folder"), Verdict::bad);
}

}  // namespace
}  // namespace artery::app
