#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace artery {
namespace {

template <class Write>
std::string written(Write write) {
  std::string text;
  JsonWriter json(text);
  write(json);
  return text;
}

std::string text(std::string_view value) {
  std::string to;
  append_json_text(to, value);
  return to;
}

TEST(JsonWriter, PutsCommasBetweenMembersAndItems) {
  EXPECT_EQ(written([](JsonWriter& json) {
              json.start_object().member("a", 1).key("b").start_array().number(1.5).null().start_array().end_array();
              json.boolean(true).end_array().key("c").start_object().end_object().member("d", "x").end_object();
            }),
            R"({"a":1,"b":[1.5,null,[],true],"c":{},"d":"x"})");
}

TEST(JsonWriter, EscapesWhatAStringMayNotHold) {
  EXPECT_EQ(text("a\"b\\c\nd\te\x01\x7f"), R"("a\"b\\c\nd\te\u0001\u007f")");
  EXPECT_EQ(text(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonWriter, KeepsUtf8AndReplacesWhatIsNone) {
  EXPECT_EQ(text("压力 °C 𝄞"), "\"压力 °C 𝄞\"");
  EXPECT_EQ(text("\xE5\x8E"), "\"\uFFFD\uFFFD\"");  // cut
  EXPECT_EQ(text("\xC0\x80"), "\"\uFFFD\uFFFD\"");  // overlong
  EXPECT_EQ(text("\xED\xA0\x80x").back(), '"');     // a surrogate
  EXPECT_EQ(text("\xED\xA0\x80x"), "\"\uFFFD\uFFFD\uFFFDx\"");
  EXPECT_EQ(text("\xF4\x90\x80\x80"), "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");
  EXPECT_EQ(text("\xFF"), "\"\uFFFD\"");
}

TEST(JsonWriter, WritesNumbersThatReadersWithDoublesKeep) {
  const auto number = [](auto value) { return written([&](JsonWriter& json) { json.number(value); }); };
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(-0.0), "-0");
  EXPECT_EQ(number(1e300), "1e+300");
  EXPECT_EQ(number(std::int64_t{9007199254740992}), "9007199254740992");
  EXPECT_EQ(number(std::int64_t{9007199254740993}), "\"9007199254740993\"");
  EXPECT_EQ(number(std::numeric_limits<std::int64_t>::min()), "\"-9223372036854775808\"");
  EXPECT_EQ(number(std::numeric_limits<std::uint64_t>::max()), "\"18446744073709551615\"");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "\"NaN\"");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "\"-Infinity\"");
}

TEST(JsonWriter, WritesTimesAsStringsOfNanoseconds) {
  EXPECT_EQ(written([](JsonWriter& json) { json.time(Time(-5)); }), "\"-5\"");
}

}  // namespace
}  // namespace artery
