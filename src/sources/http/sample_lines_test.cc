#include "sources/http/sample_lines.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

#include "admission/recording_intake.h"

namespace artery::sample_lines {
namespace {

using admission::RecordingIntake;
using admission::RefusalKind;
using admission::RowKey;

RecordingIntake decoded(std::string_view body) {
  RecordingIntake intake;
  decode(body, intake);
  return intake;
}

TEST(SampleLines, become_rows_of_one_signal_with_time_value_and_quality) {
  const RecordingIntake got = decoded(
      "{\"signal\":\"压机/a "
      "b\",\"type\":\"i64\",\"count\":2,\"samples\":[[\"-5\",\"9007199254740993\",2147483648],[7,1]]}\n"
      "\r\n{\"samples\":[[8,\"\\u0000x\\n\",0,\"arrival\"]],\"unknown\":{\"a\":[1]},\"type\":\"text\",\"signal\":"
      "\"t\"}");
  const std::vector<RecordingIntake::Row> expected{
      {RowKey::Kind::signal, "压机/a b", Time(-5), 1, {{"", std::int64_t{9007199254740993}}}, quality_bad},
      {RowKey::Kind::signal, "压机/a b", Time(7), 1, {{"", std::int64_t{1}}}, quality_good},
      {RowKey::Kind::signal, "t", Time(8), 3, {{"", std::string("\0x\n", 3)}}, quality_good}};
  EXPECT_EQ(got.rows, expected);
  EXPECT_TRUE(got.refused.empty());
}

TEST(SampleLines, keep_every_bit_of_a_double) {
  const auto value_of = [](std::string_view text) -> std::optional<Value> {
    const RecordingIntake got = decoded(fmt::format(R"({{"signal":"s","type":"f64","samples":[[1,{}]]}})", text));
    if (got.rows.empty()) return std::nullopt;
    return got.rows.front().fields.front().second;
  };
  const auto expect = [&](std::string_view text, std::uint64_t bits) {
    const auto value = value_of(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(std::get<double>(*value)), bits) << text;
  };
  expect("0", 0);
  expect("-0", 0x8000'0000'0000'0000);
  expect("-0.0", 0x8000'0000'0000'0000);
  expect("5e-324", 1);
  expect("1.7976931348623157e308", 0x7fef'ffff'ffff'ffff);
  expect("0.1", 0x3fb9'9999'9999'999a);
  expect("\"NaN\"", 0x7ff8'0000'0000'0000);
  expect("\"NaN:fff0000000000abc\"", 0xfff0'0000'0000'0abc);
  expect("\"-Infinity\"", 0xfff0'0000'0000'0000);
  for (const std::string_view wrong : {"1e400", "\"1.5\"", "\"NaN:0000000000000001\"", "\"NaN:7ff0000000000000\"",
                                       "\"NaN:7ff8\"", "true", "null", "[]"}) {
    EXPECT_FALSE(value_of(wrong)) << wrong;
  }
}

TEST(SampleLines, a_wrong_line_or_sample_is_named_and_costs_no_other) {
  const RecordingIntake got =
      decoded(R"({"signal":"a","type":"bool","samples":[[1,true],[2,1],["x",true],[3,true,-1],[4],5,[6,false]]}
[1]
{"type":"f64","samples":[]}
{"signal":"a","type":"double","samples":[]}
{"signal":"a","type":"f64"}
{"signal":"a","type":"f64","samples":[[1,2],
{"signal":"b","type":"f64","samples":[[1,2]]})");
  ASSERT_EQ(got.rows.size(), 3U);
  EXPECT_EQ(got.rows[1].time, Time(6));
  EXPECT_EQ(got.rows[2].key, "b");
  const auto refused = [&](std::size_t i) {
    return std::tuple(got.refused.at(i).line, got.refused.at(i).kind, std::string_view(got.refused.at(i).reason));
  };
  EXPECT_EQ(refused(0), std::tuple(1U, RefusalKind::bad_value, "sample 2: its value is none of bool"));
  EXPECT_EQ(refused(1), std::tuple(1U, RefusalKind::bad_time, "sample 3: its time is no nanoseconds since 1970"));
  EXPECT_EQ(refused(2), std::tuple(1U, RefusalKind::bad_value, "sample 4: its quality is no StatusCode"));
  EXPECT_EQ(refused(3), std::tuple(1U, RefusalKind::bad_value, "sample 5: its value is none of bool"));
  EXPECT_EQ(refused(4), std::tuple(1U, RefusalKind::bad_time, "sample 6: its time is no nanoseconds since 1970"));
  for (std::size_t i = 5; i < 10; ++i) {
    EXPECT_EQ(got.refused.at(i).line, i - 3);
    EXPECT_EQ(got.refused.at(i).kind, RefusalKind::malformed);
  }
  EXPECT_EQ(got.refused.size(), 10U);
}

// Whatever a line is cut to: what is taken are whole samples, and the rest is refused.
TEST(SampleLines, cut_anywhere_they_give_nothing_that_was_not_in_them) {
  const std::string line = R"({"signal":"s","type":"text","samples":[[1,"a\"]}"],[2,"b"]]})";
  const auto whole = decoded(line).rows;
  for (std::size_t length = 1; length < line.size(); ++length) {
    const RecordingIntake got = decoded(line.substr(0, length));
    EXPECT_EQ(got.refused.size(), 1U) << length;
    ASSERT_LE(got.rows.size(), whole.size());
    EXPECT_TRUE(std::equal(got.rows.begin(), got.rows.end(), whole.begin())) << length;
  }
}

}  // namespace
}  // namespace artery::sample_lines
