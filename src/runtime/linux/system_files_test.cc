#include "runtime/linux/system_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/linux/testing.h"

namespace artery::runtime {
namespace {

using testing::run_now;

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() {
    std::string form = (std::filesystem::temp_directory_path() / "artery-files-XXXXXX").string();
    folder_ = ::mkdtemp(form.data());
  }
  ~FilesTest() override { std::filesystem::remove_all(folder_); }
  FilesTest(const FilesTest&) = delete;
  FilesTest& operator=(const FilesTest&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::unique_ptr<File> create(const std::string& name) {
    auto file = run_now(files_.open(path(name), OpenMode::create));
    EXPECT_TRUE(file) << file.error().message();
    return std::move(*file);
  }
  static std::string read_all(File& file) {
    std::string text(*run_now(file.size()), char{});
    EXPECT_EQ(*run_now(file.read(0, std::as_writable_bytes(std::span(text)))), text.size());
    return text;
  }

  std::string folder_;
  SystemFiles files_;
};

TEST_F(FilesTest, what_was_written_in_parts_is_read_back_as_one) {
  const auto file = create("a");
  ASSERT_TRUE(run_now(file->write(0, {as_bytes("one "), {}, as_bytes("two")})));
  ASSERT_TRUE(run_now(file->write(7, {as_bytes(" three")})));
  ASSERT_TRUE(run_now(file->sync()));
  EXPECT_EQ(read_all(*file), "one two three");
}

TEST_F(FilesTest, more_parts_than_the_system_takes_at_once_are_all_written) {
  const auto file = create("a");
  std::string expected;
  std::vector<std::string> texts;
  for (int i = 0; i < 5'000; ++i) texts.push_back(std::to_string(i));
  std::vector<Bytes> parts;
  for (const std::string& text : texts) {
    expected += text;
    parts.push_back(as_bytes(text));
  }
  ASSERT_TRUE(run_now(file->write(0, std::move(parts))));
  EXPECT_EQ(read_all(*file), expected);
}

TEST_F(FilesTest, reading_stops_at_the_end_of_the_file) {
  const auto file = create("a");
  ASSERT_TRUE(run_now(file->write(0, {as_bytes("abc")})));
  std::array<std::byte, 8> into{};
  EXPECT_EQ(*run_now(file->read(1, into)), 2U);
  EXPECT_EQ(*run_now(file->read(3, into)), 0U);
  EXPECT_EQ(*run_now(file->read(99, into)), 0U);
}

TEST_F(FilesTest, truncating_cuts_and_grows_with_zeros) {
  const auto file = create("a");
  ASSERT_TRUE(run_now(file->write(0, {as_bytes("abcdef")})));
  ASSERT_TRUE(run_now(file->truncate(2)));
  ASSERT_TRUE(run_now(file->truncate(4)));
  EXPECT_EQ(read_all(*file), std::string("ab\0\0", 4));
}

TEST_F(FilesTest, create_fails_where_the_file_exists_and_open_where_it_does_not) {
  create("a");
  const auto again = run_now(files_.open(path("a"), OpenMode::create));
  ASSERT_FALSE(again);
  EXPECT_TRUE(again.error().is(FileError::exists));
  EXPECT_EQ(again.error().message(), path("a") + ": cannot create (File exists)");
  for (const OpenMode mode : {OpenMode::read, OpenMode::write}) {
    const auto missing = run_now(files_.open(path("b"), mode));
    ASSERT_FALSE(missing);
    EXPECT_TRUE(missing.error().is(FileError::not_found));
    EXPECT_EQ(missing.error().message(), path("b") + ": cannot open (No such file or directory)");
  }
}

TEST_F(FilesTest, a_file_opened_to_read_is_not_written) {
  create("a");
  const auto file = std::move(*run_now(files_.open(path("a"), OpenMode::read)));
  EXPECT_FALSE(run_now(file->write(0, {as_bytes("x")})));
  EXPECT_FALSE(run_now(file->truncate(1)));
}

TEST_F(FilesTest, a_full_device_is_no_space) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "this machine has no /dev/full";
  const auto file = std::move(*run_now(files_.open("/dev/full", OpenMode::write)));
  const auto written = run_now(file->write(0, {as_bytes("x")}));
  ASSERT_FALSE(written);
  EXPECT_TRUE(written.error().is(FileError::no_space)) << written.error().message();
}

TEST_F(FilesTest, renaming_replaces_and_removing_removes) {
  const auto first = create("a");
  ASSERT_TRUE(run_now(first->write(0, {as_bytes("first")})));
  create("b");
  ASSERT_TRUE(run_now(files_.rename(path("a"), path("b"))));
  EXPECT_EQ(read_all(**run_now(files_.open(path("b"), OpenMode::read))), "first");
  EXPECT_TRUE(run_now(files_.rename(path("a"), path("b"))).error().is(FileError::not_found));
  ASSERT_TRUE(run_now(files_.remove(path("b"))));
  EXPECT_TRUE(run_now(files_.remove(path("b"))).error().is(FileError::not_found));
  ASSERT_TRUE(run_now(files_.sync_folder(folder_)));
}

TEST_F(FilesTest, a_linked_file_has_two_names_and_outlives_the_first) {
  const auto file = create("a");
  ASSERT_TRUE(run_now(files_.link(path("a"), path("b"))));
  ASSERT_TRUE(run_now(file->write(0, {as_bytes("text")})));
  ASSERT_TRUE(run_now(files_.remove(path("a"))));
  EXPECT_EQ(read_all(**run_now(files_.open(path("b"), OpenMode::read))), "text");
  EXPECT_TRUE(run_now(files_.link(path("a"), path("c"))).error().is(FileError::not_found));
  create("c");
  EXPECT_TRUE(run_now(files_.link(path("b"), path("c"))).error().is(FileError::exists));
}

TEST_F(FilesTest, a_folder_is_listed_by_name_with_what_is_a_folder) {
  create("b");
  create("c");
  ASSERT_TRUE(run_now(files_.make_folder(path("a/deep/one"))));
  ASSERT_TRUE(run_now(files_.make_folder(path("a/deep/one/"))));
  std::filesystem::create_directory_symlink(path("a"), path("d"));
  const auto entries = run_now(files_.list(folder_));
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 4U);
  std::string told;
  for (const FolderEntry& entry : *entries) told += entry.name + (entry.is_folder ? "/ " : " ");
  EXPECT_EQ(told, "a/ b c d/ ");
  EXPECT_TRUE(run_now(files_.list(path("no"))).error().is(FileError::not_found));
}

TEST_F(FilesTest, a_folder_over_a_file_is_refused) {
  create("b");
  const auto over = run_now(files_.make_folder(path("b")));
  ASSERT_FALSE(over);
  EXPECT_TRUE(over.error().is(FileError::exists)) << over.error().message();
  EXPECT_FALSE(run_now(files_.make_folder(path("b/c"))));
}

TEST_F(FilesTest, space_tells_a_total_and_what_is_free) {
  const auto space = run_now(files_.space(folder_));
  ASSERT_TRUE(space);
  EXPECT_GT(space->total_bytes, 0U);
  EXPECT_LE(space->free_bytes, space->total_bytes);
  EXPECT_FALSE(run_now(files_.space(path("no"))));
}

TEST_F(FilesTest, a_second_lock_is_refused_with_the_holder_and_free_after_the_first) {
  auto held = run_now(files_.lock(path("lock")));
  ASSERT_TRUE(held);
  const auto second = run_now(files_.lock(path("lock")));
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(FileError::in_use));
  EXPECT_EQ(second.error().message(),
            path("lock") + ": in use by process " + std::to_string(::getpid()) + "; stop it, or use another folder");
  held->reset();
  EXPECT_TRUE(run_now(files_.lock(path("lock"))));
}

TEST_F(FilesTest, a_lock_of_a_killed_process_is_free) {
  std::array<int, 2> told{};
  ASSERT_EQ(::pipe2(told.data(), O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = run_now(files_.lock(path("lock")));
    const char state = held ? '1' : '0';
    if (::write(told[1], &state, 1) == 1) ::pause();
    ::_exit(1);
  }
  char state = 0;
  ASSERT_EQ(::read(told[0], &state, 1), 1);
  ASSERT_EQ(state, '1');
  const auto second = run_now(files_.lock(path("lock")));
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(FileError::in_use));
  EXPECT_NE(second.error().message().find("process " + std::to_string(child)), std::string::npos);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(run_now(files_.lock(path("lock"))));
  ::close(told[0]);
  ::close(told[1]);
}

TEST_F(FilesTest, what_is_not_permitted_is_denied) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may do everything";
  create("a");
  std::filesystem::permissions(path("a"), std::filesystem::perms::none);
  EXPECT_TRUE(run_now(files_.open(path("a"), OpenMode::read)).error().is(FileError::denied));
}

}  // namespace
}  // namespace artery::runtime
