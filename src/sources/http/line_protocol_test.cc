#include "sources/http/line_protocol.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "admission/recording_intake.h"

namespace artery::line_protocol {
namespace {

using admission::RecordingIntake;
using admission::RefusalKind;
using Fields = std::vector<std::pair<std::string, Value>>;

RecordingIntake read(std::string_view body, Precision precision = Precision::ns) {
  RecordingIntake intake;
  decode(body, precision, intake);
  return intake;
}

// The value of `m v=TEXT`, or nothing where it is refused.
std::optional<Value> value_of_text(const std::string& text) {
  const auto intake = read("m v=" + text);
  if (intake.rows.empty()) return std::nullopt;
  return intake.rows.at(0).fields.at(0).second;
}

std::optional<double> number(const std::string& text) {
  const auto value = value_of_text(text);
  return value && std::holds_alternative<double>(*value) ? std::optional(std::get<double>(*value)) : std::nullopt;
}

// The reason and the bytes of the only refusal of a body that holds nothing else.
std::string refusal(std::string_view body) {
  const auto intake = read(body);
  EXPECT_TRUE(intake.rows.empty());
  EXPECT_EQ(intake.refused.size(), 1U);
  return intake.refused.empty() ? "" : intake.refused[0].reason;
}

TEST(LineProtocol, ReadsSeriesFieldsAndTime) {
  const auto intake = read("cpu,host=a,region=eu load=1.5,count=7i,up=t,state=\"on\" 1700000000000000000\n");
  ASSERT_EQ(intake.rows.size(), 1U);
  EXPECT_TRUE(intake.refused.empty());
  EXPECT_EQ(intake.rows[0].kind, admission::RowKey::Kind::line_protocol);
  EXPECT_EQ(intake.rows[0].key, "cpu,host=a,region=eu");
  EXPECT_EQ(intake.rows[0].time, Time(1'700'000'000'000'000'000));
  EXPECT_EQ(intake.rows[0].line, 1U);
  EXPECT_EQ(intake.rows[0].fields, (Fields{{"load", 1.5}, {"count", std::int64_t{7}}, {"up", true}, {"state", "on"}}));
}

TEST(LineProtocol, RefusesATextThatIsNotUtf8AndKeepsItsNeighbours) {
  const auto intake = read("m s=\"\xff\xfe\",v=1,t=\"ü\"");
  ASSERT_EQ(intake.rows.size(), 1U);
  EXPECT_EQ(intake.rows[0].fields, (Fields{{"v", 1.0}, {"t", std::string("ü")}}));
  ASSERT_EQ(intake.refused.size(), 1U);
  EXPECT_EQ(intake.refused[0].kind, RefusalKind::bad_value);
  EXPECT_EQ(intake.refused[0].bytes, "s=\"\xff\xfe\"");
  EXPECT_TRUE(intake.refused[0].reason.ends_with("the text is not UTF-8"));
  EXPECT_TRUE(read("m s=\"\xc0\x80\"").rows.empty());
}

TEST(LineProtocol, LeavesTheTimeToAdmissionWhereThereIsNone) {
  EXPECT_EQ(read("m v=1").rows.at(0).time, std::nullopt);
  EXPECT_EQ(read("m v=1 \n").rows.at(0).time, std::nullopt);
}

TEST(LineProtocol, SkipsCommentsBlankLinesAndCarriageReturns) {
  const auto intake = read("# a comment\r\n\r\n   \n\tm v=1 5\r\n  # another v=1\nm v=2  6  \r\nm v=3\r");
  ASSERT_EQ(intake.rows.size(), 3U);
  EXPECT_TRUE(intake.refused.empty());
  EXPECT_EQ(intake.rows[0].line, 4U);
  EXPECT_EQ(intake.rows[1].line, 6U);
  EXPECT_EQ(intake.rows[1].time, Time(6));
  EXPECT_EQ(intake.rows[2].time, std::nullopt);
}

TEST(LineProtocol, KeepsTheEscapesOfTheSeriesAndResolvesThoseOfFields) {
  const auto intake = read(R"(my\ cpu,host=a\ b,c\=d=e\,f fi\ el\=d\,=1,back\slash=2 9)");
  ASSERT_EQ(intake.rows.size(), 1U);
  EXPECT_EQ(intake.rows[0].key, R"(my\ cpu,host=a\ b,c\=d=e\,f)");
  EXPECT_EQ(intake.rows[0].fields, (Fields{{"fi el=d,", 1.0}, {R"(back\slash)", 2.0}}));
}

TEST(LineProtocol, ReadsTextsWithEscapesSeparatorsAndLineBreaks) {
  const auto intake = read("m a=\"x \\\"y\\\" \\\\ \\n, =z\",b=\"\" 1\nm a=\"one\ntwo\" 2\nm v=1 3\n");
  ASSERT_EQ(intake.rows.size(), 3U);
  EXPECT_EQ(intake.rows[0].fields, (Fields{{"a", "x \"y\" \\ \\n, =z"}, {"b", ""}}));
  EXPECT_EQ(intake.rows[1].fields, (Fields{{"a", "one\ntwo"}}));
  EXPECT_EQ(intake.rows[2].line, 4U);
}

TEST(LineProtocol, ReadsNumbersExactly) {
  EXPECT_EQ(number("0"), 0.0);
  EXPECT_EQ(number("1"), 1.0);
  EXPECT_EQ(number("-2.5"), -2.5);
  EXPECT_EQ(number(".5"), 0.5);
  EXPECT_EQ(number("5."), 5.0);
  EXPECT_EQ(number("1e3"), 1000.0);
  EXPECT_EQ(number("1.5E-3"), 0.0015);
  EXPECT_EQ(number("1e+3"), 1000.0);
  EXPECT_EQ(number("0.1"), 0.1);
  EXPECT_EQ(number("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(number("123456789012345678901234567890"), 123456789012345678901234567890.0);
  EXPECT_EQ(number("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(number("5e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_TRUE(std::signbit(*number("-0")));
}

TEST(LineProtocol, ReadsEveryDoubleThatItsShortestFormNames) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    double expected = std::bit_cast<double>(random());
    if (i % 2 == 0) expected = static_cast<double>(static_cast<std::int64_t>(random() >> 20)) / 1000;
    if (!std::isfinite(expected)) continue;
    std::array<char, 32> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), expected);
    ASSERT_EQ(number(std::string(text.data(), written.ptr)), expected);
  }
}

TEST(LineProtocol, ReadsIntegersToTheirLimits) {
  EXPECT_EQ(value_of_text("9223372036854775807i"), Value(std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(value_of_text("-9223372036854775808i"), Value(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(value_of_text("-1i"), Value(std::int64_t{-1}));
  EXPECT_EQ(value_of_text("007i"), Value(std::int64_t{7}));
  EXPECT_EQ(value_of_text("9223372036854775808i"), std::nullopt);
  EXPECT_EQ(value_of_text("1.5i"), std::nullopt);
}

TEST(LineProtocol, ReadsIntegersAndTimesOfAnyLengthAsTheStandardLibraryDoes) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = random() % 2 == 0 ? "-" : "";
    const std::size_t digits = 1 + random() % 22;
    for (std::size_t i = 0; i < digits; ++i) text += static_cast<char>('0' + (random() % 3 == 0 ? 0 : random() % 10));
    std::int64_t expected = 0;
    const bool fits = std::from_chars(text.data(), text.data() + text.size(), expected).ec == std::errc();
    EXPECT_EQ(value_of_text(text + "i"), fits ? std::optional(Value(expected)) : std::nullopt) << text;
    const auto timed = read("m v=1 " + text);
    EXPECT_EQ(timed.rows.empty(), !fits) << text;
    if (fits) {
      EXPECT_EQ(timed.rows.at(0).time, Time(expected)) << text;
    }
  }
}

TEST(LineProtocol, TakesUnsignedIntegersThatFitSignedOnes) {
  EXPECT_EQ(value_of_text("12u"), Value(std::int64_t{12}));
  EXPECT_EQ(value_of_text("9223372036854775807u"), Value(std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(refusal("m v=9223372036854775808u"), "unable to parse 'm v=9223372036854775808u': number out of range");
  EXPECT_EQ(value_of_text("-1u"), std::nullopt);
}

TEST(LineProtocol, ReadsTheTenSpellingsOfBooleans) {
  for (const char* text : {"t", "T", "true", "True", "TRUE"}) EXPECT_EQ(value_of_text(text), Value(true)) << text;
  for (const char* text : {"f", "F", "false", "False", "FALSE"}) EXPECT_EQ(value_of_text(text), Value(false)) << text;
  for (const char* text : {"tRUE", "yes", "truee", "fal"}) EXPECT_EQ(value_of_text(text), std::nullopt) << text;
}

TEST(LineProtocol, RefusesWhatIsNoNumber) {
  for (const char* text : {"NaN", "nan", "inf", "-inf", "Infinity", "+1", "1e", "1e+", "-", ".", "1.2.3", "0x10", "1_0",
                           "1ii", "1u1", "1e400", "-1e400", "--1", "1-"}) {
    EXPECT_EQ(value_of_text(text), std::nullopt) << text;
  }
}

TEST(LineProtocol, ScalesTimesByThePrecision) {
  const auto time = [](std::string_view precision, const std::string& text) {
    return read("m v=1 " + text, *precision_named(precision)).rows.at(0).time->value();
  };
  EXPECT_EQ(time("ns", "17"), 17);
  EXPECT_EQ(time("n", "-17"), -17);
  EXPECT_EQ(time("u", "17"), 17'000);
  EXPECT_EQ(time("us", "17"), 17'000);
  EXPECT_EQ(time("µ", "17"), 17'000);
  EXPECT_EQ(time("ms", "1700000000000"), 1'700'000'000'000'000'000);
  EXPECT_EQ(time("s", "1700000000"), 1'700'000'000'000'000'000);
  EXPECT_EQ(time("m", "2"), 120'000'000'000);
  EXPECT_EQ(time("h", "2"), 7'200'000'000'000);
  EXPECT_EQ(precision_named("d"), std::nullopt);
}

TEST(LineProtocol, RefusesTimesBeyond64BitsOfNanoseconds) {
  const auto intake = read("m v=1 9223372037\nm v=1 9223372036\nm v=1 99999999999999999999\n", Precision::s);
  EXPECT_EQ(intake.rows.size(), 1U);
  ASSERT_EQ(intake.refused.size(), 2U);
  EXPECT_EQ(intake.refused[0].kind, RefusalKind::bad_time);
  EXPECT_EQ(intake.refused[0].reason, "unable to parse 'm v=1 9223372037': time outside range");
}

TEST(LineProtocol, SaysWhatIsWrongAsInfluxDbDoes) {
  EXPECT_EQ(refusal("cpu"), "unable to parse 'cpu': missing fields");
  EXPECT_EQ(refusal("cpu "), "unable to parse 'cpu ': missing fields");
  EXPECT_EQ(refusal(",host=a v=1"), "unable to parse ',host=a v=1': missing measurement");
  EXPECT_EQ(refusal("cpu =1"), "unable to parse 'cpu =1': missing field key");
  EXPECT_EQ(refusal("cpu v="), "unable to parse 'cpu v=': missing field value");
  EXPECT_EQ(refusal("cpu v"), "unable to parse 'cpu v': missing field value");
  EXPECT_EQ(refusal("cpu v=1x"), "unable to parse 'cpu v=1x': invalid number");
  EXPECT_EQ(refusal("cpu v=1 1x"), "unable to parse 'cpu v=1 1x': bad timestamp");
  EXPECT_EQ(refusal("cpu v=1 1 1"), "unable to parse 'cpu v=1 1 1': bad timestamp");
  EXPECT_EQ(refusal("cpu v=\"abc"), "unable to parse 'cpu v=\"abc': unbalanced quotes");
  EXPECT_EQ(refusal("cpu v=\"abc\"d"), "unable to parse 'cpu v=\"abc\"d': unbalanced quotes");
}

TEST(LineProtocol, ANameIsItsLinesOwnWhateverTheLineBeforeHadInItsPlace) {
  const std::vector<std::string> names{"a", "ab", "abc", "a\\=b", "a\\ b", "b", ""};
  for (const std::string& before : names) {
    for (const std::string& name : names) {
      const std::string line = "m x=1," + name + "=2,y=3 7\n";
      const auto alone = read(line);
      const auto after = read("m x=1," + before + "=2,y=3 7\n" + line);
      ASSERT_EQ(after.rows.size(), 2U) << before << " " << name;
      EXPECT_EQ(after.rows[1].fields, alone.rows.at(0).fields) << before << " " << name;
      EXPECT_EQ(read("m " + before + "=1\nm " + name).rows.size(), before.empty() ? 0U : 1U)
          << "a name without a value";
    }
  }
}

TEST(LineProtocol, ABadLineCostsNoNeighbour) {
  const auto intake = read("m v=1 1\nm v=\"open 2\nm v=3 3\ngarbage\nm v=4 x\nm v=5 5\n");
  ASSERT_EQ(intake.rows.size(), 3U);
  EXPECT_EQ(intake.rows[1].time, Time(3));
  EXPECT_EQ(intake.rows[2].line, 6U);
  ASSERT_EQ(intake.refused.size(), 3U);
  EXPECT_EQ(intake.refused[0].line, 2U);
  EXPECT_EQ(intake.refused[0].bytes, "m v=\"open 2");
  EXPECT_EQ(intake.refused[1].line, 4U);
  EXPECT_EQ(intake.refused[2].line, 5U);
}

TEST(LineProtocol, ABadFieldCostsNoNeighbour) {
  const auto intake = read("m a=1,b=x7,c=,=4,d,e=5i 6\n");
  ASSERT_EQ(intake.rows.size(), 1U);
  EXPECT_EQ(intake.rows[0].fields, (Fields{{"a", 1.0}, {"e", std::int64_t{5}}}));
  EXPECT_EQ(intake.rows[0].time, Time(6));
  ASSERT_EQ(intake.refused.size(), 4U);
  EXPECT_EQ(intake.refused[0].bytes, "b=x7");
  EXPECT_EQ(intake.refused[1].reason, "field 'c=': missing field value");
}

TEST(LineProtocol, TheTextOfARefusedLineIsNotReadAsLines) {
  const auto intake = read("m v=\"a\nm w=1 1\nb\" bad-time\nm v=2 2\n");
  ASSERT_EQ(intake.rows.size(), 1U);
  EXPECT_EQ(intake.rows[0].line, 4U);
  EXPECT_EQ(intake.refused.size(), 1U);
}

TEST(LineProtocol, RefusesALineWithTooManyFields) {
  std::string line = "m ";
  for (std::size_t i = 0; i <= fields_max; ++i) line += "f=1,";
  line += "f=1 1\nm v=1 2\n";
  const auto intake = read(line);
  ASSERT_EQ(intake.rows.size(), 1U);
  ASSERT_EQ(intake.refused.size(), 1U);
  EXPECT_EQ(intake.refused[0].kind, RefusalKind::too_many);
}

TEST(LineProtocol, ReadsTheSameInPiecesOfAnySize) {
  const std::string body =
      "# a comment\n\nm,a=1 v=1,s=\"two\nlines, \\\"quoted\\\"\" 1\n bad line\nm v=2i 2\r\nm v=x,w=3 3\nm v=4 end\nm "
      "v=5 5";
  const auto whole = read(body);
  ASSERT_EQ(whole.rows.size(), 4U);
  ASSERT_EQ(whole.refused.size(), 3U);
  for (std::size_t bytes = 1; bytes <= body.size(); ++bytes) {
    RecordingIntake intake;
    Progress progress;
    int pieces = 0;
    for (; progress.at < body.size(); ++pieces) {
      const Progress next = decode(body, progress, bytes, Precision::ns, intake);
      ASSERT_GT(next.at, progress.at);
      progress = next;
    }
    EXPECT_EQ(intake.rows, whole.rows) << bytes;
    EXPECT_EQ(intake.refused, whole.refused) << bytes;
    EXPECT_TRUE(bytes > 20 || pieces > 3) << bytes;
  }
}

TEST(LineProtocol, QuotesOnlyTheBeginningOfALongLine) {
  const std::string reason = refusal("m v=" + std::string(10'000, '1') + "x");
  EXPECT_LE(reason.size(), 128U);
}

}  // namespace
}  // namespace artery::line_protocol
