#include "runtime/linux/console_journal.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace artery::runtime {
namespace {

TEST(ConsoleJournal, a_line_is_time_in_utc_severity_module_text) {
  const auto journal = make_console_journal(Severity::info);
  ::testing::internal::CaptureStderr();
  journal->info("log", "opened {} segments", 3);
  journal->error("app", "{} {{}}", "100%");
  const std::string text = ::testing::internal::GetCapturedStderr();
  const std::string time = R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z )";
  const std::regex form(time + "info  log: opened 3 segments\n" + time + "error app: 100% \\{\\}\n");
  EXPECT_TRUE(std::regex_match(text, form)) << text;
}

TEST(ConsoleJournal, lines_below_the_least_severity_are_not_written) {
  const auto journal = make_console_journal(Severity::warning);
  ::testing::internal::CaptureStderr();
  journal->info("log", "no");
  journal->warning("log", "yes");
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("no"), std::string::npos);
  EXPECT_NE(text.find("warn  log: yes"), std::string::npos);
}

TEST(ConsoleJournal, what_a_peer_sent_cannot_forge_a_line) {
  EXPECT_EQ(to_one_line("a\nb\x1b[2J\r\x7f 温度"), "a\\nb\\x1b[2J\\x0d\\x7f 温度");
}

}  // namespace
}  // namespace artery::runtime
