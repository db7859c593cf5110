#include "app/config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "app/error.h"

namespace artery::app {
namespace {

std::string message_of(const Result<void>& done) { return done ? "taken" : done.error().message(); }

// Takes all that a file assigns, up to the first refusal.
Result<void> take(Config& config, std::string_view toml) {
  const auto assignments = parse_toml(toml, "a.toml");
  if (!assignments) return assignments.error();
  for (const Assignment& assignment : *assignments) {
    if (auto done = config.assign(assignment); !done) return done;
  }
  return {};
}

TEST(toml_file, every_kind_of_value_is_what_a_person_would_write_after_set) {
  const auto read = parse_toml(
      "[log]\nsegment_bytes = \"64MiB\"\n[node]\nshards = 2\n[admission]\nstrict = true\n"
      "[http]\norigins = [\"https://a\", \"https://b\"]\nport = 1.5\n",
      "a.toml");
  ASSERT_TRUE(read);
  std::vector<std::string> lines;
  for (const Assignment& one : *read) lines.push_back(one.where + " " + one.name + "=" + one.value);
  std::ranges::sort(lines);
  EXPECT_EQ(lines, (std::vector<std::string>{"a.toml:2 log.segment_bytes=64MiB", "a.toml:4 node.shards=2",
                                             "a.toml:6 admission.strict=true",
                                             "a.toml:8 http.origins=https://a,https://b", "a.toml:9 http.port=1.5"}));
}

TEST(toml_file, what_is_no_toml_is_told_with_its_line) {
  const auto read = parse_toml("[log]\nsegment_bytes = \n", "a.toml");
  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().is(AppError::bad_config));
  EXPECT_TRUE(read.error().message().starts_with("a.toml:2: ")) << read.error().message();
}

TEST(config, a_file_sets_and_the_command_line_wins) {
  Config config;
  ASSERT_TRUE(take(config, "[log]\nsegment_bytes = \"64MiB\"\nkeep_time = \"1h\"\n"));
  ASSERT_TRUE(config.assign("--set", "log.segment_bytes=128MiB"));
  EXPECT_EQ(config.settings().log.segment_bytes, 128U << 20);
  EXPECT_EQ(config.settings().log.keep_time, std::chrono::hours(1));
  EXPECT_TRUE(config.check());
}

TEST(config, a_refusal_names_file_and_line_or_the_option) {
  Config config;
  EXPECT_EQ(message_of(take(config, "\n[log]\nsegment_byte = 1\n")),
            "a.toml:3: 'log.segment_byte' is no setting; the nearest is 'log.segment_bytes'");
  EXPECT_EQ(message_of(take(config, "[http]\nport = 99999\n")),
            "a.toml:2: http.port = '99999' must be a whole number up to 65535 (port)");
  EXPECT_EQ(message_of(take(config, "[log.segment_bytes]\nx = 1\n")).substr(0, 10), "a.toml:2: ");
  EXPECT_EQ(message_of(config.assign("--set", "log.keep_time")), "--set log.keep_time: write it as name=value");
  EXPECT_EQ(message_of(config.assign("--set", "log.keep_time=1")),
            "--set: log.keep_time = '1' must be a time up to 3650d, like 250ms, 10s or 24h");
}

TEST(config, nothing_may_listen_beyond_loopback) {
  for (const char* host : {"0.0.0.0", "::", "192.168.1.7", "10.0.0.1"}) {
    for (const char* name : {"http.host", "mqtt.host"}) {
      Config config;
      ASSERT_TRUE(config.assign({name, host, "--set"}));
      const auto done = config.check();
      ASSERT_FALSE(done) << host;
      EXPECT_TRUE(done.error().is(AppError::not_allowed));
      EXPECT_NE(done.error().message().find("until authentication exists"), std::string::npos);
    }
  }
  for (const char* host : {"127.0.0.1", "127.3.2.1", "::1"}) {
    Config config;
    ASSERT_TRUE(config.assign({"http.host", host, "--set"}));
    EXPECT_TRUE(config.check()) << host;
  }
}

TEST(config, settings_that_do_not_fit_together_are_refused) {
  Config config;
  ASSERT_TRUE(config.assign("--set", "log.batch_bytes_max=32MiB"));
  EXPECT_NE(message_of(config.check()).find("log.segment_bytes"), std::string::npos);
  Config other;
  ASSERT_TRUE(other.assign("--set", "log.batch_bytes_max=64KiB"));
  EXPECT_NE(message_of(other.check()).find("admission.batch_bytes"), std::string::npos);
}

TEST(config, what_is_in_effect_is_a_file_that_means_the_same) {
  Config config;
  ASSERT_TRUE(config.assign("--set", "http.origins=https://a,https://b"));
  ASSERT_TRUE(config.assign("--set", "log.keep_time=36h"));
  const std::string effective = config.effective();
  EXPECT_NE(effective.find("# --set\n"), std::string::npos);
  Config again;
  ASSERT_EQ(message_of(take(again, effective)), "taken");
  EXPECT_EQ(again.settings().http.origins, (std::vector<std::string>{"https://a", "https://b"}));
  EXPECT_EQ(again.settings().log.keep_time, std::chrono::hours(36));
}

TEST(config, every_setting_has_a_help_and_a_name_of_its_own) {
  const std::string reference = Config().reference();
  EXPECT_EQ(reference.find("|  |"), std::string::npos);
  const auto assignments = parse_toml(Config().effective(), "defaults");
  ASSERT_TRUE(assignments) << assignments.error().message();  // a name that is there twice is no TOML
  EXPECT_GT(assignments->size(), 50U);
}

}  // namespace
}  // namespace artery::app
