#include "backup/contents.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "backup/error.h"
#include "base/bytes.h"
#include "base/crc32c.h"

namespace artery::backup {
namespace {

constexpr Time made{1'795'352'709'123'000'000};

Contents some_contents() {
  return {.made = made,
          .offset = Offset(123'456),
          .files = {{"history/manifest", 160, 0x12cb081c},
                    {"history/segment-000000000001.seg", 1ULL << 40, 0},
                    {"live/newest-0-2-17", 48, 0xffffffff}}};
}

// With the checksum that it would have.
std::string sealed(std::string text) { return text + fmt::format("end {:08x}\n", crc32c(as_bytes(text))); }

TEST(contents, are_read_as_they_were_written) {
  const auto read = Contents::decode(some_contents().encode());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->made, made);
  EXPECT_EQ(read->offset, Offset(123'456));
  EXPECT_EQ(read->files, some_contents().files);
  EXPECT_EQ(read->bytes(), (1ULL << 40) + 208);
  EXPECT_EQ(read->find("live/newest-0-2-17")->crc, 0xffffffff);
  EXPECT_EQ(read->find("live/newest"), nullptr);
}

TEST(contents, that_are_cut_off_or_changed_in_any_bit_are_refused) {
  const std::string text = some_contents().encode();
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(Contents::decode(text.substr(0, length))) << length;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = text;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      const auto read = Contents::decode(changed);
      // A digit of the checksum itself may be written in capitals.
      EXPECT_EQ(read ? read->encode() : text, text) << at;
    }
  }
  EXPECT_FALSE(Contents::decode(text + "\n"));
}

TEST(contents, name_no_file_outside_the_backup) {
  for (const std::string path :
       {"../secret", "history/../../secret", "history/..", "/etc/passwd", "history//etc/passwd", "history", "history/",
        "other/file", "log/a b", "", "backup", "log/.hidden"}) {
    const auto read = Contents::decode(sealed("artery backup 1\nfile 00000000 0 " + path + "\n"));
    ASSERT_FALSE(read) << path;
    EXPECT_TRUE(read.error().is(BackupError::damaged));
  }
  EXPECT_TRUE(Contents::decode(sealed("artery backup 1\nfile 00000000 0 log/a_B-1.log\n")));
  EXPECT_FALSE(Contents::decode(sealed("artery backup 2\n")));
  EXPECT_FALSE(Contents::decode(sealed("artery backup 1\nfile x 0 log/a\n")));
  EXPECT_FALSE(Contents::decode(sealed("artery backup 1\nfile 00000000 -1 log/a\n")));
}

TEST(backup_name, says_the_time_to_the_millisecond_and_sorts_by_it) {
  EXPECT_EQ(backup_name(made), "20261122T130509.123Z");
  EXPECT_EQ(parse_backup_name("20261122T130509.123Z"), made);
  EXPECT_LT(backup_name(made), backup_name(Time(made.value() + 1'000'000)));
  for (const std::string_view other : {"20261122T130509.123", "20261122T130509.123Z.tmp", "20261322T130509.123Z", "x",
                                       "20261122T1305x9.123Z", "20261122t130509.123Z"}) {
    EXPECT_FALSE(parse_backup_name(other)) << other;
  }
}

}  // namespace
}  // namespace artery::backup
