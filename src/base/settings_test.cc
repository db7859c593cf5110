#include "base/settings.h"

#include <gtest/gtest.h>

#include <string>

namespace artery {
namespace {

using namespace std::chrono_literals;

enum class Unit : std::uint8_t { ms, s };

struct Sample {
  bool strict = false;
  std::uint32_t shards = 4;
  std::uint64_t segment_bytes = 32 << 20;
  Duration keep_time = 24h;
  Unit unit = Unit::s;
  std::string host = "127.0.0.1";
  std::vector<std::string> names{"a", "b"};
};

Settings settings_of(Sample& to) {
  return {setting::flag("x.strict", to.strict, "help"),
          setting::number("x.shards", to.shards, {1, 64}, "threads", "help"),
          setting::size("x.segment_bytes", to.segment_bytes, {1 << 20, 1 << 30}, "help"),
          setting::duration("x.keep_time", to.keep_time, {1s, 240h}, "help"),
          setting::choice("x.unit", to.unit, {{"ms", Unit::ms}, {"s", Unit::s}}, "help"),
          setting::text("x.host", to.host, "an address", "help"),
          setting::list("y.names", to.names, "names, with commas between them", "help")};
}

class SettingsTest : public testing::Test {
 protected:
  Result<void> assign(std::string_view name, std::string_view value) { return assign_setting(table, name, value); }
  std::string refusal(std::string_view name, std::string_view value) {
    const auto done = assign(name, value);
    return done ? "taken" : done.error().message();
  }
  Sample sample;
  Settings table = settings_of(sample);
};

TEST_F(SettingsTest, a_table_shows_the_defaults_of_its_struct) {
  std::vector<std::string> shown;
  for (const Setting& setting : table) {
    EXPECT_EQ(setting.by_default, setting.show());
    shown.push_back(setting.by_default);
  }
  EXPECT_EQ(shown, (std::vector<std::string>{"false", "4", "32MiB", "1d", "s", "127.0.0.1", "a,b"}));
}

TEST_F(SettingsTest, what_is_assigned_is_in_the_struct_and_shown) {
  ASSERT_TRUE(assign("x.strict", "true"));
  ASSERT_TRUE(assign("x.shards", "64"));
  ASSERT_TRUE(assign("x.segment_bytes", "64MiB"));
  ASSERT_TRUE(assign("x.keep_time", "90m"));
  ASSERT_TRUE(assign("x.unit", "ms"));
  ASSERT_TRUE(assign("x.host", "::1"));
  ASSERT_TRUE(assign("y.names", "c,,d,"));
  EXPECT_TRUE(sample.strict);
  EXPECT_EQ(sample.shards, 64U);
  EXPECT_EQ(sample.segment_bytes, 64U << 20);
  EXPECT_EQ(sample.keep_time, 90min);
  EXPECT_EQ(sample.unit, Unit::ms);
  EXPECT_EQ(sample.host, "::1");
  EXPECT_EQ(sample.names, (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(table[2].show(), "64MiB");
  EXPECT_EQ(table[3].show(), "90m");
  EXPECT_EQ(table[3].by_default, "1d");
}

TEST_F(SettingsTest, a_wrong_value_changes_nothing_and_is_told_what_would_be_right) {
  EXPECT_EQ(refusal("x.strict", "yes"), "x.strict = 'yes' must be true or false");
  EXPECT_EQ(refusal("x.shards", "65"), "x.shards = '65' must be a whole number from 1 to 64 (threads)");
  EXPECT_EQ(refusal("x.shards", "-1"), "x.shards = '-1' must be a whole number from 1 to 64 (threads)");
  EXPECT_EQ(refusal("x.shards", "4x"), "x.shards = '4x' must be a whole number from 1 to 64 (threads)");
  EXPECT_EQ(refusal("x.segment_bytes", "2GiB"),
            "x.segment_bytes = '2GiB' must be a size from 1MiB to 1GiB, like 64KiB or 32MiB");
  EXPECT_EQ(refusal("x.keep_time", "10"), "x.keep_time = '10' must be a time from 1s to 10d, like 250ms, 10s or 24h");
  EXPECT_EQ(refusal("x.unit", "h"), "x.unit = 'h' must be one of ms, s");
  EXPECT_EQ(sample.shards, 4U);
  EXPECT_EQ(sample.segment_bytes, 32U << 20);
}

TEST_F(SettingsTest, an_unknown_name_is_told_the_nearest_there_is) {
  EXPECT_EQ(refusal("x.segmnt_byte", "1"), "'x.segmnt_byte' is no setting; the nearest is 'x.segment_bytes'");
  EXPECT_EQ(refusal("shards", "1"), "'shards' is no setting; the nearest is 'x.shards'");
  EXPECT_TRUE(assign("x.nothing", "1").error().is(SettingError::unknown));
}

TEST(settings, sizes_and_durations_are_read_as_they_are_shown) {
  for (const std::uint64_t bytes : {0ULL, 1ULL, 1023ULL, 1024ULL, 1536ULL, 3ULL << 30, 5ULL << 40, ~0ULL}) {
    std::uint64_t read = 1;
    EXPECT_TRUE(parse_size(show_size(bytes), read)) << show_size(bytes);
    EXPECT_EQ(read, bytes);
  }
  for (const Duration duration : {Duration(0), Duration(1), Duration(1500us), Duration(24h), Duration::max()}) {
    Duration read{1};
    EXPECT_TRUE(parse_duration(show_duration(duration), read)) << show_duration(duration);
    EXPECT_EQ(read, duration);
  }
}

TEST(settings, sizes_and_durations_beyond_64_bits_or_without_a_known_unit_are_none) {
  std::uint64_t bytes = 7;
  for (const char* text : {"", "MiB", "17000000TiB", "1MB", "1 KiB x", "-1", "1.5KiB"}) {
    EXPECT_FALSE(parse_size(text, bytes)) << text;
  }
  EXPECT_TRUE(parse_size("64 KiB", bytes));
  EXPECT_EQ(bytes, 64U << 10);
  Duration duration{7};
  for (const char* text : {"", "s", "10", "200000000d", "1w", "1.5s"}) {
    EXPECT_FALSE(parse_duration(text, duration)) << text;
  }
  EXPECT_EQ(duration, Duration(7));
}

}  // namespace
}  // namespace artery
