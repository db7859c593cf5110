#include "sources/replay/civil.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/rfc3339.h"
#include "sources/replay/zone.h"

namespace artery::replay {
namespace {

std::string read(std::string_view text, DayOrder order = DayOrder::day_first) {
  const auto civil = read_civil(text, order);
  if (!civil) return "none";
  if (!civil->has_date) return "clock " + std::to_string(civil->second);
  const std::int64_t seconds = civil->day * 86'400 + civil->second - civil->offset_s.value_or(0);
  return format_rfc3339(Time(seconds * 1'000'000'000 + civil->nanos));
}

TEST(Civil, ReadsDatesWithTheYearFirst) {
  for (const std::string_view text :
       {"2021-06-22 11:15:30", "2021/6/22 11:15:30", "2021.06.22T11:15:30", "2021年6月22日 11时15分30秒",
        "20210622111530", "20210622T111530", "2021-06-22 11:15:30Z", "2021-06-22 13:15:30+02:00",
        "2021-06-22T01:15:30-1000", " 2021-06-22  11:15:30 "}) {
    EXPECT_EQ(read(text), "2021-06-22T11:15:30Z") << text;
  }
}

TEST(Civil, ReadsDatesWithTheYearLastByTheOrderUnlessANumberDecides) {
  EXPECT_EQ(read("1/2/2018 0:15"), "2018-02-01T00:15:00Z");
  EXPECT_EQ(read("1/2/2018 0:15", DayOrder::month_first), "2018-01-02T00:15:00Z");
  for (const DayOrder order : {DayOrder::day_first, DayOrder::month_first}) {
    EXPECT_EQ(read("31/12/2018 00:00", order), "2018-12-31T00:00:00Z");
    EXPECT_EQ(read("12-31-18", order), "2018-12-31T00:00:00Z");
    EXPECT_EQ(read("22 Jun 2021 11:15", order), "2021-06-22T11:15:00Z");
    EXPECT_EQ(read("June 22nd, 2021 11:15", order), "2021-06-22T11:15:00Z");
    EXPECT_EQ(read("22-jun-21", order), "2021-06-22T00:00:00Z");
  }
  EXPECT_EQ(read("1.2.71"), "1971-02-01T00:00:00Z");
  EXPECT_EQ(read("1.2.69"), "2069-02-01T00:00:00Z");
}

TEST(Civil, SaysWhatAValueTellsOfTheOrder) {
  EXPECT_TRUE(read_civil("1/2/2018", DayOrder::day_first)->either_order);
  EXPECT_FALSE(read_civil("2/2/2018", DayOrder::day_first)->either_order);
  EXPECT_TRUE(read_civil("13/2/2018", DayOrder::month_first)->day_was_first);
  EXPECT_TRUE(read_civil("2/13/2018", DayOrder::day_first)->month_was_first);
}

TEST(Civil, ReadsTimesOfDay) {
  EXPECT_EQ(read("12:00 AM"), "clock 0");
  EXPECT_EQ(read("12:30 pm"), "clock 45000");
  EXPECT_EQ(read("9:05:07 p.m."), "clock 75907");
  EXPECT_EQ(read("2021年6月22日 9时"), "2021-06-22T09:00:00Z");
  EXPECT_EQ(read("2021-06-22 24:00"), "2021-06-23T00:00:00Z");
  EXPECT_EQ(read("2021-06-22 11:15:30.123456789"), "2021-06-22T11:15:30.123456789Z");
  EXPECT_EQ(read("2021-06-22 11:15:30,5"), "2021-06-22T11:15:30.500Z");
}

TEST(Civil, WhatIsNoTimeIsNone) {
  for (const std::string_view text : {"",
                                      " ",
                                      "1",
                                      "20.5",
                                      "2021",
                                      "2021-02-29",
                                      "2021-13-01",
                                      "32/1/2021",
                                      "0712/2021 00:00:00",
                                      "2021-06-22 25:00",
                                      "2021-06-22 11:60",
                                      "2021-06-22 11:15:30.1234567891",
                                      "13:00 pm",
                                      "2021-06-22 x",
                                      "2021-06-2211:15",
                                      "99999999",
                                      "Mayor 1 2021",
                                      "2021-06-22 11:15 +9",
                                      "1-2/2021",
                                      "--",
                                      ":",
                                      "2021年6月"}) {
    EXPECT_EQ(read(text), "none") << text;
  }
}

// A zone's file as RFC 8536 has it, with the transitions of one year and a rule for what follows.
Buffer rome() {
  std::string file = "TZif2";
  const auto number = [&](std::uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) file.push_back(static_cast<char>(value >> shift));
  };
  const auto header = [&](std::uint32_t transitions, std::uint32_t types) {
    file.append(15, '\0');
    for (const std::uint32_t count : {0U, 0U, 0U, transitions, types, 4U}) number(count, 4);
  };
  header(0, 1);
  file.append(6 + 4, '\0');
  file += "TZif2";
  header(2, 2);
  number(1'711'846'800, 8);  // 2024-03-31T01:00Z
  number(1'729'990'800, 8);  // 2024-10-27T01:00Z
  file.append("\1\0", 2);
  number(3600, 4), number(0, 2), number(7200, 4), number(0, 2);
  file.append(4, '\0');
  file += "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
  const Bytes bytes = as_bytes(file);
  return {bytes.begin(), bytes.end()};
}

std::string local(const Zone& zone, std::string_view text, bool later = false) {
  const auto civil = read_civil(text, DayOrder::day_first);
  return format_rfc3339(Time(zone.to_utc(civil->day * 86'400 + civil->second, later) * 1'000'000'000));
}

TEST(Zone, GivesLocalTimesTheirOffset) {
  const auto zone = Zone::from_file(rome());
  ASSERT_TRUE(zone);
  EXPECT_EQ(local(*zone, "2024-01-15 12:00"), "2024-01-15T11:00:00Z");
  EXPECT_EQ(local(*zone, "2024-07-15 12:00"), "2024-07-15T10:00:00Z");
}

TEST(Zone, WhatTheClocksSkipIsReadAsTheyStoodBefore) {
  const auto zone = Zone::from_file(rome());
  EXPECT_EQ(local(*zone, "2024-03-31 01:59"), "2024-03-31T00:59:00Z");
  EXPECT_EQ(local(*zone, "2024-03-31 02:30"), "2024-03-31T01:30:00Z");
  EXPECT_EQ(local(*zone, "2024-03-31 03:00"), "2024-03-31T01:00:00Z");
}

TEST(Zone, WhatTheClocksShowTwiceIsTheEarlierUnlessTheLaterIsAsked) {
  const auto zone = Zone::from_file(rome());
  EXPECT_EQ(local(*zone, "2024-10-27 02:30"), "2024-10-27T00:30:00Z");
  EXPECT_EQ(local(*zone, "2024-10-27 02:30", true), "2024-10-27T01:30:00Z");
  EXPECT_EQ(local(*zone, "2024-10-27 03:00", true), "2024-10-27T02:00:00Z");
}

TEST(Zone, BehindTheLastTransitionTheRuleHolds) {
  const auto zone = Zone::from_file(rome());
  EXPECT_EQ(local(*zone, "2040-07-01 12:00"), "2040-07-01T10:00:00Z");
  EXPECT_EQ(local(*zone, "2040-12-01 12:00"), "2040-12-01T11:00:00Z");
  EXPECT_EQ(local(*zone, "2040-03-25 02:30"), "2040-03-25T01:30:00Z");
  EXPECT_EQ(local(*zone, "2040-10-28 02:30", true), "2040-10-28T01:30:00Z");
}

TEST(Zone, FixedOffsetsAreReadAndOthersAreNone) {
  EXPECT_EQ(Zone::fixed("+08:00")->offset_at(0), 8 * 3600);
  EXPECT_EQ(Zone::fixed("-0330")->offset_at(0), -12'600);
  EXPECT_EQ(Zone::fixed("UTC")->offset_at(0), 0);
  for (const std::string_view text : {"", "Europe/Rome", "+8x", "+25:00", "08:00"})
    EXPECT_FALSE(Zone::fixed(text)) << text;
}

TEST(Zone, ACutFileIsNone) {
  const Buffer whole = rome();
  for (std::size_t size = 0; size + 30 < whole.size(); ++size) {
    EXPECT_FALSE(Zone::from_file(Bytes(whole).first(size))) << size;
  }
}

}  // namespace
}  // namespace artery::replay
