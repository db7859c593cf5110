#include "sources/mqtt/payload.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "admission/recording_intake.h"

namespace artery::mqtt {
namespace {

using admission::RecordingIntake;
using admission::RefusalKind;
using admission::RowKey;
using Row = RecordingIntake::Row;

live::Message message_of(std::string topic, std::string_view payload) {
  live::Message message;
  message.topic = std::move(topic);
  message.payload = padded_payload(as_bytes(payload));
  return message;
}

class PayloadTest : public ::testing::Test {
 protected:
  RecordingIntake decode(const std::string& topic, std::string_view payload, PayloadSettings settings = {}) {
    PayloadDecoder decoder(settings);
    const live::Message message = message_of(topic, payload);
    RecordingIntake intake;
    if (decoder.concerns_admission(message)) decoder.decode(message, intake);
    return intake;
  }
  // The reason of the only refusal, and that nothing else was said.
  std::string refusal(std::string_view payload, RefusalKind kind, PayloadSettings settings = {}) {
    const RecordingIntake intake = decode("acme/press7", payload, settings);
    EXPECT_TRUE(intake.rows.empty()) << payload;
    EXPECT_EQ(intake.refused.size(), 1U) << payload;
    if (intake.refused.size() != 1) return {};
    EXPECT_EQ(intake.refused[0].kind, kind) << payload;
    EXPECT_EQ(intake.refused[0].bytes, payload);
    return intake.refused[0].reason;
  }
  bool is_opaque(std::string_view payload) {
    PayloadDecoder decoder({});
    return !decoder.concerns_admission(message_of("a", payload));
  }
};

constexpr Time then{1'700'000'000'000'000'000};

TEST_F(PayloadTest, the_members_of_an_object_are_signals_of_the_topic) {
  const auto intake = decode("acme/press7", R"({"force": 3.1, "ts": 1700000000000})");
  EXPECT_EQ(intake.rows, (std::vector<Row>{{RowKey::Kind::asset, "acme/press7", then, 0, {{"force", 3.1}}}}));
  EXPECT_TRUE(intake.refused.empty());
}

TEST_F(PayloadTest, numbers_are_f64_and_bools_and_texts_are_themselves) {
  const auto intake = decode("a", R"({"i": 7, "u": 18446744073709551615, "b": true, "t": "läuft\n", "n": null})");
  EXPECT_EQ(intake.rows, (std::vector<Row>{{RowKey::Kind::asset,
                                            "a",
                                            std::nullopt,
                                            0,
                                            {{"i", 7.0}, {"u", 0x1p64}, {"b", true}, {"t", std::string("läuft\n")}}}}));
}

TEST_F(PayloadTest, an_integer_beyond_64_bits_is_the_nearest_f64) {
  const auto intake = decode("a", R"({"u": 18446744073709551616, "i": -9223372036854775809, "ok": 1, "t": "\"1e400",
                                      "b": 123456789012345678901234567890, "ts": 1700000000000})");
  EXPECT_EQ(intake.rows, (std::vector<Row>{{RowKey::Kind::asset,
                                            "a",
                                            then,
                                            0,
                                            {{"u", 0x1p64},
                                             {"i", -0x1p63},
                                             {"ok", 1.0},
                                             {"t", std::string("\"1e400")},
                                             {"b", 123456789012345678901234567890.0}}}}));
  EXPECT_TRUE(intake.refused.empty());
  const auto bare = decode("a/u", "18446744073709551616");
  EXPECT_EQ(bare.rows, (std::vector<Row>{{RowKey::Kind::signal, "a/u", std::nullopt, 0, {{"", 0x1p64}}}}));
}

TEST_F(PayloadTest, a_number_beyond_f64_costs_its_field_alone) {
  const auto intake = decode("a", R"({"v": 1e400, "in": {"w": -1e999, "x": 2}, "ok": 1, "tiny": 1e-400})");
  EXPECT_EQ(intake.rows, (std::vector<Row>{{RowKey::Kind::asset, "a", std::nullopt, 0, {{"ok", 1.0}, {"tiny", 0.0}}},
                                           {RowKey::Kind::asset, "a/in", std::nullopt, 0, {{"x", 2.0}}}}));
  ASSERT_EQ(intake.refused.size(), 2U);
  EXPECT_EQ(intake.refused[0].kind, RefusalKind::bad_value);
  EXPECT_EQ(intake.refused[0].reason, R"("v": 1e400 is beyond what an f64 can hold)");
  EXPECT_EQ(intake.refused[1].reason, R"("w": -1e999 is beyond what an f64 can hold)");
}

TEST_F(PayloadTest, a_bare_number_beyond_f64_is_refused_and_not_opaque) {
  for (const std::string& payload : {std::string("1e400"), std::string(" -1e999\n"), "1" + std::string(400, '0')}) {
    refusal(payload, RefusalKind::bad_value);
  }
}

TEST_F(PayloadTest, a_time_beyond_64_bits_is_none) {
  refusal(R"({"v":1,"ts":18446744073709551616})", RefusalKind::bad_time);
  refusal(R"({"v":1,"ts":1e400})", RefusalKind::bad_time);
}

TEST_F(PayloadTest, a_bare_value_is_a_sample_of_the_signal_that_the_topic_names) {
  for (const auto& [payload, value] : std::vector<std::pair<std::string, Value>>{
           {"3.5", 3.5}, {" -7\n", -7.0}, {"true", true}, {R"("on")", std::string("on")}}) {
    const auto intake = decode("acme/press7/force", payload);
    EXPECT_EQ(intake.rows,
              (std::vector<Row>{{RowKey::Kind::signal, "acme/press7/force", std::nullopt, 0, {{"", value}}}}));
  }
}

TEST_F(PayloadTest, nested_objects_are_deeper_names_at_the_same_time) {
  const auto intake = decode("p", R"({"a": {"x": 1, "b/c": {"y": 2}}, "ts": "2023-11-14T22:13:20Z", "z": 3, "e": {}})");
  EXPECT_EQ(intake.rows, (std::vector<Row>{{RowKey::Kind::asset, "p", then, 0, {{"z", 3.0}}},
                                           {RowKey::Kind::asset, "p/a", then, 0, {{"x", 1.0}}},
                                           {RowKey::Kind::asset, "p/a/b%2Fc", then, 0, {{"y", 2.0}}}}));
}

TEST_F(PayloadTest, the_time_is_rfc_3339_or_an_integer_of_the_chosen_unit) {
  const auto time_of = [&](std::string_view payload, TimeUnit unit) {
    const auto intake = decode("a", payload, {.time_unit = unit});
    return intake.rows.size() == 1 ? intake.rows[0].time : std::nullopt;
  };
  EXPECT_EQ(time_of(R"({"v":1,"time":1700000000})", TimeUnit::s), then);
  EXPECT_EQ(time_of(R"({"v":1,"timestamp":1.7e12})", TimeUnit::ms), then);
  EXPECT_EQ(time_of(R"({"v":1,"ts":1700000000000000})", TimeUnit::us), then);
  EXPECT_EQ(time_of(R"({"v":1,"ts":1700000000000000000})", TimeUnit::ns), then);
  EXPECT_EQ(time_of(R"({"v":1,"ts":-1})", TimeUnit::s), Time(-1'000'000'000));
  EXPECT_EQ(time_of(R"({"v":1,"time":"2023-11-15T06:13:20+08:00"})", TimeUnit::s), then);
  EXPECT_EQ(time_of(R"({"v":1,"ts":null})", TimeUnit::ms), std::nullopt);
}

TEST_F(PayloadTest, only_the_outermost_object_has_a_time) {
  const auto intake = decode("p", R"({"a": {"time": 5}})");
  EXPECT_EQ(intake.rows, (std::vector<Row>{{RowKey::Kind::asset, "p/a", std::nullopt, 0, {{"time", 5.0}}}}));
}

TEST_F(PayloadTest, a_time_that_is_none_costs_all_samples_of_the_message) {
  for (const char* payload :
       {R"({"v":1,"ts":"yesterday"})", R"({"v":1,"ts":true})", R"({"v":1,"ts":1.5})", R"({"v":1,"ts":[1]})",
        R"({"v":1,"ts":{}})", R"({"v":1,"ts":9223372036854775807})", R"({"v":1,"ts":18446744073709551615})"}) {
    EXPECT_NE(refusal(payload, RefusalKind::bad_time).find("milliseconds"), std::string::npos);
  }
  refusal(R"({"v":1,"ts":1,"time":1})", RefusalKind::bad_time);
}

TEST_F(PayloadTest, a_quality_is_that_of_all_values_of_the_message) {
  for (const auto& [said, quality] :
       std::vector<std::pair<std::string, Quality>>{{"good", quality_good},
                                                    {"Good", quality_good},
                                                    {"uncertain", quality_uncertain},
                                                    {"BAD", quality_bad},
                                                    {"0x80350000", Quality(0x80350000)},
                                                    {"0x40900000", Quality(0x40900000)},
                                                    {"0x00960480", Quality(0x00960480)}}) {
    const auto intake = decode("a", fmt::format(R"({{"v": 1, "quality": "{}", "in": {{"w": true}}}})", said));
    EXPECT_EQ(intake.rows, (std::vector<Row>{{RowKey::Kind::asset, "a", std::nullopt, 0, {{"v", 1.0}}, quality},
                                             {RowKey::Kind::asset, "a/in", std::nullopt, 0, {{"w", true}}, quality}}));
    EXPECT_TRUE(intake.refused.empty());
  }
}

TEST_F(PayloadTest, qualities_by_name_are_those_of_their_members_and_the_others_are_good) {
  const auto intake =
      decode("p", R"({"humidity": 100, "deficit": 0, "air": 21, "tool": {"wear": 1, "length": 2}, "more": {"x": 3},
      "quality": {"deficit": "bad", "humidity": 1083179008, "tool": {"wear": "bad"}, "more": "uncertain", "gone": "bad", "air": null}})");
  constexpr Quality sensor_inaccurate{1083179008};
  EXPECT_EQ(intake.rows,
            (std::vector<Row>{{RowKey::Kind::asset, "p", std::nullopt, 0, {{"air", 21.0}}},
                              {RowKey::Kind::asset, "p", std::nullopt, 0, {{"humidity", 100.0}}, sensor_inaccurate},
                              {RowKey::Kind::asset, "p", std::nullopt, 0, {{"deficit", 0.0}}, quality_bad},
                              {RowKey::Kind::asset, "p/tool", std::nullopt, 0, {{"length", 2.0}}},
                              {RowKey::Kind::asset, "p/tool", std::nullopt, 0, {{"wear", 1.0}}, quality_bad},
                              {RowKey::Kind::asset, "p/more", std::nullopt, 0, {{"x", 3.0}}, quality_uncertain}}));
  EXPECT_TRUE(intake.refused.empty());
}

TEST_F(PayloadTest, a_number_called_quality_is_a_value_and_so_is_one_within) {
  const auto intake = decode("line1", R"({"availability": 0.9, "quality": 0.99, "in": {"quality": "A"}})");
  EXPECT_EQ(
      intake.rows,
      (std::vector<Row>{{RowKey::Kind::asset, "line1", std::nullopt, 0, {{"availability", 0.9}, {"quality", 0.99}}},
                        {RowKey::Kind::asset, "line1/in", std::nullopt, 0, {{"quality", std::string("A")}}}}));
}

TEST_F(PayloadTest, a_quality_that_is_none_costs_all_samples_of_the_message) {
  for (const char* said : {R"("A")", R"("")", R"("0x8035")", R"("0x8035000g")", R"("0xC0000000")", R"({"v": 192})",
                           R"({"v": 64})", R"({"v": -1})", R"({"v": 4294967296})", R"({"v": 0.5})", R"({"v": true})",
                           R"({"v": ["bad"]})", R"({"v": {"w": "worse"}})", R"({"v": 805306368})"}) {
    const std::string reason = refusal(fmt::format(R"({{"v": 1, "quality": {}}})", said), RefusalKind::bad_value);
    EXPECT_NE(reason.find("is no quality"), std::string::npos) << reason;
  }
}

TEST_F(PayloadTest, qualities_nested_deeper_than_values_may_be_are_refused) {
  refusal(R"({"v": 1, "quality": {"a": {"b": "bad"}}})", RefusalKind::too_many, {.depth_max = 2});
}

TEST_F(PayloadTest, a_name_that_is_there_twice_costs_all_samples_of_the_message) {
  refusal(R"({"v":1,"w":2,"v":1})", RefusalKind::malformed);
  refusal(R"({"a":{"v":1,"v":1},"w":1})", RefusalKind::malformed);
  refusal(R"({"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"10":0,"3":0})", RefusalKind::malformed);
}

TEST_F(PayloadTest, depth_and_members_are_bounded) {
  const std::string two_deep = R"({"a":{"v":1}})";
  EXPECT_EQ(decode("p", two_deep, {.depth_max = 2}).rows.size(), 1U);
  refusal(two_deep, RefusalKind::too_many, {.depth_max = 1});
  EXPECT_EQ(decode("p", two_deep, {.members_max = 2}).rows.size(), 1U);
  refusal(two_deep, RefusalKind::too_many, {.members_max = 1});
  std::string deep = "1";
  for (int i = 0; i < 5000; ++i) deep = fmt::format(R"({{"a":{}}})", deep);
  refusal(deep, RefusalKind::malformed);
}

TEST_F(PayloadTest, an_array_is_refused_and_its_neighbours_are_kept) {
  const auto intake = decode("p", R"({"v": 1, "wave": [1, 2], "w": 2})");
  EXPECT_EQ(intake.rows, (std::vector<Row>{{RowKey::Kind::asset, "p", std::nullopt, 0, {{"v", 1.0}, {"w", 2.0}}}}));
  ASSERT_EQ(intake.refused.size(), 1U);
  EXPECT_EQ(intake.refused[0].reason, R"("wave" is an array, not a value)");
}

TEST_F(PayloadTest, what_begins_as_an_object_and_is_none_is_refused) {
  refusal(R"({"v": 1)", RefusalKind::malformed);
  refusal(R"({"v": NaN})", RefusalKind::malformed);
  refusal(R"({"v": 1} x)", RefusalKind::malformed);
  refusal(R"({"v": 1e400, "w": NaN})", RefusalKind::malformed);
  refusal(R"({"v": 12-34})", RefusalKind::malformed);
  refusal("{\"v\": \"\xff\"}", RefusalKind::malformed);
}

TEST_F(PayloadTest, everything_else_is_opaque) {
  for (const char* payload : {"", " ", "on", "true story", "12:30", "2023-11-14", "[1, 2]", "null", "\x01\x02", "1 2",
                              "\"open", "1e999 m", "12345678901234567890123-4", "-", "01", "\xef\xbb\xbf{}"}) {
    EXPECT_TRUE(is_opaque(payload)) << payload;
  }
}

TEST_F(PayloadTest, topics_of_the_server_are_never_samples) {
  PayloadDecoder decoder({});
  EXPECT_FALSE(decoder.concerns_admission(message_of("$SYS/load", "1")));
}

TEST_F(PayloadTest, decoding_again_says_the_same_whatever_came_between) {
  PayloadDecoder decoder({});
  const live::Message first = message_of("a", R"({"v": "first"})");
  const live::Message second = message_of("b", R"({"v": "second"})");
  RecordingIntake once;
  RecordingIntake again;
  ASSERT_TRUE(decoder.concerns_admission(first));
  decoder.decode(first, once);
  ASSERT_TRUE(decoder.concerns_admission(second));
  decoder.decode(first, again);
  EXPECT_EQ(once.rows, again.rows);
  RecordingIntake other;
  decoder.decode(second, other);
  EXPECT_EQ(other.rows[0].key, "b");
}

TEST_F(PayloadTest, a_payload_without_room_behind_it_is_read_as_well) {
  PayloadDecoder decoder({});
  live::Message message = message_of("a", "");
  const Bytes text = as_bytes(R"({"v": 1})");
  message.payload.assign(text.begin(), text.end());
  message.payload.shrink_to_fit();
  RecordingIntake intake;
  decoder.decode(message, intake);
  EXPECT_EQ(intake.rows.size(), 1U);
}

}  // namespace
}  // namespace artery::mqtt
