#include "model/rfc3339.h"

#include <gtest/gtest.h>

namespace artery {
namespace {

std::int64_t nanos_of(std::string_view text) {
  const std::optional<Time> time = parse_rfc3339(text);
  EXPECT_TRUE(time.has_value()) << text;
  return time.value_or(Time()).value();
}

TEST(Rfc3339, reads_utc_and_offsets) {
  EXPECT_EQ(nanos_of("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(nanos_of("2023-11-14T22:13:20Z"), 1'700'000'000'000'000'000);
  EXPECT_EQ(nanos_of("2023-11-14t22:13:20z"), 1'700'000'000'000'000'000);
  EXPECT_EQ(nanos_of("2023-11-14 22:13:20+00:00"), 1'700'000'000'000'000'000);
  EXPECT_EQ(nanos_of("2023-11-15T06:13:20+08:00"), 1'700'000'000'000'000'000);
  EXPECT_EQ(nanos_of("2023-11-14T17:43:20-04:30"), 1'700'000'000'000'000'000);
  EXPECT_EQ(nanos_of("2024-02-29T00:00:00Z"), 1'709'164'800'000'000'000);
}

TEST(Rfc3339, reads_fractions_of_up_to_nine_digits) {
  EXPECT_EQ(nanos_of("1970-01-01T00:00:01.5Z"), 1'500'000'000);
  EXPECT_EQ(nanos_of("1970-01-01T00:00:01.123456789Z"), 1'123'456'789);
  EXPECT_EQ(nanos_of("1969-12-31T23:59:59.999999999Z"), -1);
  EXPECT_FALSE(parse_rfc3339("1970-01-01T00:00:01.Z"));
  EXPECT_FALSE(parse_rfc3339("1970-01-01T00:00:01.1234567890Z"));
}

TEST(Rfc3339, a_leap_second_is_the_second_after_it) {
  EXPECT_EQ(nanos_of("2016-12-31T23:59:60Z"), nanos_of("2017-01-01T00:00:00Z"));
  EXPECT_EQ(nanos_of("2016-12-31T23:59:60.25Z"), nanos_of("2017-01-01T00:00:00.25Z"));
  EXPECT_EQ(nanos_of("2017-01-01T07:59:60+08:00"), nanos_of("2017-01-01T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2016-12-30T23:59:60Z"));
  EXPECT_FALSE(parse_rfc3339("2016-12-31T22:59:60Z"));
  EXPECT_FALSE(parse_rfc3339("2016-12-31T23:59:61Z"));
}

TEST(Rfc3339, refuses_what_is_no_time) {
  for (const char* text : {"",
                           "2023",
                           "2023-11-14",
                           "2023-11-14T22:13:20",
                           "2023-11-14T22:13Z",
                           "2023-11-14X22:13:20Z",
                           "2023-11-14T22:13:20Z ",
                           " 2023-11-14T22:13:20Z",
                           "2023-02-29T00:00:00Z",
                           "2023-13-01T00:00:00Z",
                           "2023-00-01T00:00:00Z",
                           "2023-01-32T00:00:00Z",
                           "2023-01-00T00:00:00Z",
                           "2023-01-01T24:00:00Z",
                           "2023-01-01T00:60:00Z",
                           "2023-01-01T00:00:00+24:00",
                           "2023-01-01T00:00:00+08",
                           "2023-01-01T00:00:00+0800",
                           "-023-01-01T00:00:00Z",
                           "2023-1-01T00:00:00Z",
                           "2023-01-01T00:00:00,5Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Rfc3339, refuses_what_64_bits_of_nanoseconds_cannot_hold) {
  EXPECT_EQ(nanos_of("2262-04-11T23:47:16.854775807Z"), time_max.value());
  EXPECT_FALSE(parse_rfc3339("2262-04-11T23:47:16.854775808Z"));
  EXPECT_EQ(nanos_of("1677-09-21T00:12:43.145224192Z"), time_min.value());
  EXPECT_FALSE(parse_rfc3339("1677-09-21T00:12:43.145224191Z"));
  EXPECT_FALSE(parse_rfc3339("0000-01-01T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("9999-12-31T23:59:59Z"));
}

TEST(Rfc3339, writes_as_many_digits_as_keep_the_time_exact) {
  EXPECT_EQ(format_rfc3339(Time(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339(Time(1'700'000'000'000'000'000)), "2023-11-14T22:13:20Z");
  EXPECT_EQ(format_rfc3339(Time(1'700'000'000'250'000'000)), "2023-11-14T22:13:20.250Z");
  EXPECT_EQ(format_rfc3339(Time(1'700'000'000'000'001'000)), "2023-11-14T22:13:20.000001Z");
  EXPECT_EQ(format_rfc3339(Time(-1)), "1969-12-31T23:59:59.999999999Z");
}

TEST(Rfc3339, what_is_written_is_read_again) {
  std::uint64_t bits = 1;
  for (int i = 0; i < 10'000; ++i) {
    bits = bits * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    const Time time(static_cast<std::int64_t>(bits));
    EXPECT_EQ(parse_rfc3339(format_rfc3339(time)), time);
  }
  EXPECT_EQ(parse_rfc3339(format_rfc3339(time_min)), time_min);
  EXPECT_EQ(parse_rfc3339(format_rfc3339(time_max)), time_max);
}

}  // namespace
}  // namespace artery
