#include "sources/http/writers.h"

#include <gtest/gtest.h>

namespace artery::line_protocol {
namespace {

Writer write(const std::string& host, const std::string& agent, std::int64_t at) {
  return {.host = host,
          .agent = agent,
          .heard = Time(at),
          .writes = 1,
          .bytes = 10,
          .samples_accepted = 2,
          .samples_refused = 1};
}

TEST(Writers, AreToldApartByAddressAndAgent) {
  Writers writers;
  writers.note(write("10.0.0.1", "curl", 1));
  writers.note(write("10.0.0.1", "Telegraf", 2));
  writers.note(write("10.0.0.2", "curl", 3));
  writers.note(write("10.0.0.1", "curl", 9));
  const auto list = writers.list();
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].since, Time(1));
  EXPECT_EQ(list[0].heard, Time(9));
  EXPECT_EQ(list[0].writes, 2U);
  EXPECT_EQ(list[0].bytes, 20U);
  EXPECT_EQ(list[0].samples_accepted, 4U);
  EXPECT_EQ(list[0].samples_refused, 2U);
}

TEST(Writers, WhoWroteLongestAgoMakesRoomAndStartsAnew) {
  Writers writers(2);
  writers.note(write("a", "", 1));
  writers.note(write("b", "", 2));
  writers.note(write("a", "", 3));
  writers.note(write("c", "", 4));
  std::string hosts;
  for (const Writer& one : writers.list()) hosts += one.host;
  EXPECT_EQ(hosts, "ac");
  writers.note(write("b", "", 5));
  EXPECT_EQ(writers.list().back().since, Time(5));
  EXPECT_EQ(writers.list().back().writes, 1U);
}

}  // namespace
}  // namespace artery::line_protocol
