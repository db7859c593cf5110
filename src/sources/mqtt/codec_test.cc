// One test for each demand that the standards make of a single packet, named by its clause (of version 5 where both
// have it).
#include "sources/mqtt/codec.h"

#include <gtest/gtest.h>

#include <deque>
#include <initializer_list>
#include <string>

namespace artery::mqtt {
namespace {

constexpr ProtocolVersion v4 = ProtocolVersion::v3_1_1;
constexpr ProtocolVersion v5 = ProtocolVersion::v5;
constexpr std::size_t limit = 100'000;

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out.push_back(static_cast<char>(value));
  return out;
}

// With its length before it, as MQTT has texts and binary data.
std::string text(std::string_view content) {
  return bytes({static_cast<int>(content.size() >> 8U), static_cast<int>(content.size() & 0xFFU)}) +
         std::string(content);
}

// A packet of less than 16 KiB from its first byte and its body.
std::string packet(int first, const std::string& body) {
  const int size = static_cast<int>(body.size());
  return size < 128 ? bytes({first, size}) + body : bytes({first, (size & 127) | 128, size >> 7}) + body;
}

::testing::AssertionResult refused(const Result<Packet>& got, CodecError code, std::string_view clause) {
  if (got) return ::testing::AssertionFailure() << "was taken";
  if (!got.error().is(code)) return ::testing::AssertionFailure() << "another error: " << got.error().message();
  if (!got.error().message().contains(clause)) return ::testing::AssertionFailure() << got.error().message();
  return ::testing::AssertionSuccess();
}

class MqttCodec : public ::testing::Test {
 protected:
  // The packet points into `wire`, which the test keeps until it ends.
  Result<Packet> decoded(const std::string& wire, ProtocolVersion version) {
    auto frame = next_frame(as_bytes(wires_.emplace_back(wire)), limit);
    if (!frame) return std::unexpected(std::move(frame).error());
    EXPECT_TRUE(*frame) << "incomplete";
    return decode(frame->value(), version);
  }
  ::testing::AssertionResult malformed(const std::string& wire, ProtocolVersion version, std::string_view clause) {
    return refused(decoded(wire, version), CodecError::malformed, clause);
  }
  ::testing::AssertionResult protocol_error(const std::string& wire, ProtocolVersion version, std::string_view clause) {
    return refused(decoded(wire, version), CodecError::protocol_error, clause);
  }

 private:
  std::deque<std::string> wires_;  // a deque: what it holds does not move
};

// A CONNECT with client identifier "c" after the given flags; `payload` follows it.
std::string connect(ProtocolVersion version, int flags, const std::string& payload = "",
                    const std::string& properties = bytes({0})) {
  return packet(0x10, text("MQTT") + bytes({static_cast<int>(version), flags, 0, 60}) +
                          (version == v5 ? properties : "") + text("c") + payload);
}

std::string connack(const std::string& properties) {
  return packet(0x20, bytes({0, 0, static_cast<int>(properties.size())}) + properties);
}

std::string publish(const std::string& properties) {
  return packet(0x30, text("t") + bytes({static_cast<int>(properties.size())}) + properties);
}

std::string subscribe(ProtocolVersion version, std::string_view filter, int options) {
  return packet(0x82, bytes({0, 1}) + (version == v5 ? bytes({0}) : "") + text(filter) + bytes({options}));
}

TEST_F(MqttCodec, MQTT_1_5_4_1_TextsMustBeWellFormedUtf8) {
  for (const char* bad : {"\x80", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "a\xFFz"}) {
    EXPECT_TRUE(malformed(packet(0x30, text(bad)), v4, "MQTT-1.5.3-1"));
    EXPECT_TRUE(malformed(packet(0x30, text(bad) + bytes({0})), v5, "MQTT-1.5.4-1"));
    EXPECT_TRUE(malformed(subscribe(v5, bad, 0), v5, "MQTT-1.5.4-1"));
    EXPECT_TRUE(malformed(connect(v4, 0x82, text(bad)), v4, "MQTT-1.5.3-1")) << "user name";
  }
}

TEST_F(MqttCodec, MQTT_1_5_4_2_TextsMustNotHoldTheNullCharacter) {
  const std::string bad = bytes({'a', 0, 'b'});
  EXPECT_TRUE(malformed(packet(0x30, text(bad)), v4, "MQTT-1.5.3-2"));
  EXPECT_TRUE(malformed(packet(0x30, text(bad) + bytes({0})), v5, "MQTT-1.5.4-2"));
}

TEST_F(MqttCodec, MQTT_1_5_4_3_TheZeroWidthNoBreakSpaceIsKept) {
  const auto got = decoded(packet(0x30, text("\xEF\xBB\xBFt")), v4);
  ASSERT_TRUE(got);
  EXPECT_EQ(std::get<Publish>(*got).topic, "\xEF\xBB\xBFt");
}

TEST_F(MqttCodec, MQTT_1_5_5_1_VariableIntegersMustBeShortestInVersion5) {
  const std::string long_remaining_length = bytes({0xC0, 0x80, 0x00});
  EXPECT_TRUE(decoded(long_remaining_length, v4)) << "3.1.1 does not demand it";
  EXPECT_TRUE(malformed(long_remaining_length, v5, "MQTT-1.5.5-1"));
  EXPECT_TRUE(malformed(packet(0x30, text("t") + bytes({0x80, 0x00})), v5, "MQTT-1.5.5-1"));
  EXPECT_TRUE(malformed(packet(0x30, text("t") + bytes({0x80, 0x80, 0x80, 0x80, 0x01})), v5, "MQTT-1.5.5-1"));
}

TEST_F(MqttCodec, MQTT_2_1_2_PacketType0IsReserved) {
  EXPECT_TRUE(malformed(bytes({0x00, 0x00}), v5, "section 2.1.2"));
  EXPECT_TRUE(malformed(bytes({0xF0, 0x00}), v4, "3.1.1 section 2.2.1")) << "AUTH came with version 5";
}

TEST_F(MqttCodec, MQTT_2_1_3_1_ReservedFlagsMustBeAsTheTableSays) {
  for (int type = 1; type <= 15; ++type) {
    if (type == 3) continue;  // PUBLISH uses them
    const int required = type == 6 || type == 8 || type == 10 ? 2 : 0;
    for (int flags = 0; flags < 16; ++flags) {
      const auto frame = next_frame(as_bytes(bytes({type << 4 | flags, 0})), limit);
      ASSERT_EQ(frame.has_value(), flags == required) << type << " " << flags;
      if (flags == required) continue;
      EXPECT_TRUE(frame.error().is(CodecError::malformed));
      EXPECT_TRUE(frame.error().message().contains("MQTT-2.1.3-1"));
    }
  }
}

TEST_F(MqttCodec, MQTT_2_1_4_TheRemainingLengthHasAtMostFourBytes) {
  const auto overlong = next_frame(as_bytes(bytes({0x30, 0x80, 0x80, 0x80, 0x80})), limit);
  ASSERT_FALSE(overlong);
  EXPECT_TRUE(overlong.error().is(CodecError::malformed));
  for (const auto& partial : {bytes({}), bytes({0x30}), bytes({0x30, 0x80}), bytes({0x30, 0x80, 0x80, 0x80})}) {
    const auto frame = next_frame(as_bytes(partial), limit);
    ASSERT_TRUE(frame);
    EXPECT_FALSE(*frame);
  }
}

TEST_F(MqttCodec, APacketBeyondTheLimitIsRefusedBeforeItsBodyArrives) {
  const auto too_large = next_frame(as_bytes(bytes({0x30, 0x80, 0x01})), 130);
  ASSERT_FALSE(too_large);
  EXPECT_TRUE(too_large.error().is(CodecError::too_large));
  EXPECT_EQ(reason_of(too_large.error()), ReasonCode::packet_too_large);
  EXPECT_TRUE(next_frame(as_bytes(bytes({0x30, 0x80, 0x01})), 131)) << "the limit counts the fixed header";
}

TEST_F(MqttCodec, MQTT_2_2_1_3_PacketIdentifiersMustNotBeZero) {
  const std::string none = bytes({0, 0});
  const std::string no_properties = bytes({0});
  EXPECT_TRUE(protocol_error(packet(0x32, text("t") + none + no_properties), v5, "MQTT-2.2.1-3"));
  EXPECT_TRUE(protocol_error(packet(0x32, text("t") + none), v4, "MQTT-2.3.1-1"));
  for (const int first : {0x40, 0x50, 0x62, 0x70}) EXPECT_TRUE(protocol_error(packet(first, none), v5, "MQTT-2.2.1-3"));
  EXPECT_TRUE(protocol_error(packet(0x82, none + no_properties + text("t") + bytes({0})), v5, "MQTT-2.2.1-3"));
  EXPECT_TRUE(protocol_error(packet(0xA2, none + no_properties + text("t")), v5, "MQTT-2.2.1-3"));
  EXPECT_TRUE(protocol_error(packet(0x90, none + bytes({0})), v4, "MQTT-2.3.1-1"));
  EXPECT_TRUE(protocol_error(packet(0xB0, none), v4, "MQTT-2.3.1-1"));
}

TEST_F(MqttCodec, MQTT_2_2_2_1_PropertiesMustFillTheirLengthExactly) {
  EXPECT_TRUE(malformed(packet(0x30, text("t") + bytes({2, 0x01})), v5, "2.2.2.1")) << "beyond the packet";
  EXPECT_TRUE(malformed(packet(0x30, text("t") + bytes({2, 0x02, 0, 0, 0, 9})), v5, "2.2.2.1")) << "last one cut";
  EXPECT_TRUE(malformed(packet(0x30, text("t") + bytes({1, 0x01})), v5, "")) << "value missing";
}

TEST_F(MqttCodec, MQTT_2_2_2_2_PropertiesMustExistAndBelongToThePacket) {
  for (const int unknown : {0x00, 0x04, 0x0A, 0x2B, 0x7F}) {
    EXPECT_TRUE(malformed(publish(bytes({unknown, 0})), v5, "2.2.2.2"));
  }
  EXPECT_TRUE(malformed(publish(bytes({0x21, 0, 1})), v5, "Receive Maximum is not a property of this packet"));
  EXPECT_TRUE(malformed(connack(bytes({0x01, 1})), v5, "Payload Format Indicator is not a property of this packet"));
  EXPECT_TRUE(malformed(connect(v5, 2, "", bytes({5, 0x18, 0, 0, 0, 1})), v5, "Will Delay Interval"));
}

TEST_F(MqttCodec, MQTT_2_2_2_2_APropertyMustNotBeGivenTwice) {
  EXPECT_TRUE(protocol_error(publish(bytes({0x01, 1, 0x01, 1})), v5, "Payload Format Indicator is given twice"));
  EXPECT_TRUE(protocol_error(connack(bytes({0x21, 0, 9, 0x21, 0, 9})), v5, "Receive Maximum is given twice"));
  const std::string two_ids = bytes({0, 1, 4, 0x0B, 1, 0x0B, 2}) + text("t") + bytes({0});
  EXPECT_TRUE(protocol_error(packet(0x82, two_ids), v5, "Subscription Identifier is given twice"));
  const auto several = decoded(publish(bytes({0x0B, 1, 0x0B, 2})), v5);
  ASSERT_TRUE(several) << "a PUBLISH may name several subscriptions";
  EXPECT_EQ(std::get<Publish>(*several).properties.subscription_ids, (std::vector<std::uint32_t>{1, 2}));
}

TEST_F(MqttCodec, MQTT_2_2_2_2_FlagPropertiesMustBe0Or1) {
  EXPECT_TRUE(protocol_error(publish(bytes({0x01, 2})), v5, "Payload Format Indicator must be 0 or 1"));
  for (const int id : {0x24, 0x25, 0x28, 0x29, 0x2A}) {
    EXPECT_TRUE(decoded(connack(bytes({id, 0})), v5));
    EXPECT_TRUE(decoded(connack(bytes({id, 1})), v5));
    EXPECT_TRUE(protocol_error(connack(bytes({id, 2})), v5, "must be 0 or 1"));
  }
  for (const int id : {0x17, 0x19}) {
    EXPECT_TRUE(protocol_error(connect(v5, 2, "", bytes({2, id, 2})), v5, "must be 0 or 1"));
  }
}

TEST_F(MqttCodec, MQTT_2_2_2_2_UserPropertiesKeepTheirOrderAndRepetitions) {
  const std::string pair = bytes({0x26}) + text("k") + text("2") + bytes({0x26}) + text("k") + text("1");
  const auto got = decoded(publish(pair), v5);
  ASSERT_TRUE(got);
  const std::vector<UserProperty> expected{{"k", "2"}, {"k", "1"}};
  EXPECT_EQ(std::get<Publish>(*got).properties.user_properties, expected);
}

TEST_F(MqttCodec, MQTT_2_4_ReasonCodesMustBelongToThePacket) {
  EXPECT_TRUE(malformed(packet(0x40, bytes({0, 1, 0x92})), v5, "Packet Identifier not found"));
  EXPECT_TRUE(malformed(packet(0x62, bytes({0, 1, 0x10})), v5, "section 2.4"));
  EXPECT_TRUE(malformed(packet(0x20, bytes({0, 0x04, 0})), v5, "section 2.4"));
  EXPECT_TRUE(malformed(packet(0xE0, bytes({0x01})), v5, "section 2.4"));
  EXPECT_TRUE(malformed(packet(0x90, bytes({0, 1, 0, 0x11})), v5, "section 2.4"));
  EXPECT_TRUE(malformed(packet(0xB0, bytes({0, 1, 0, 0x97})), v5, "section 2.4"));
  EXPECT_TRUE(malformed(packet(0xF0, bytes({0x80, 0})), v5, "section 2.4"));
  EXPECT_TRUE(malformed(packet(0x40, bytes({0, 1, 0x77})), v5, "unknown reason"));
}

TEST_F(MqttCodec, MQTT_3_1_2_1_TheProtocolNameMustBeMqtt) {
  for (const char* name : {"MQIsdp", "mqtt", ""}) {
    const auto got = decoded(packet(0x10, text(name) + bytes({4, 2, 0, 0}) + text("c")), v5);
    EXPECT_TRUE(refused(got, CodecError::unsupported_version, "MQTT-3.1.2-1"));
  }
}

TEST_F(MqttCodec, MQTT_3_1_2_2_OtherVersionsAreUnsupported) {
  for (const int level : {0, 3, 6, 0x84}) {
    const auto got = decoded(packet(0x10, text("MQTT") + bytes({level, 2, 0, 0}) + text("c")), v5);
    EXPECT_TRUE(refused(got, CodecError::unsupported_version, "MQTT-3.1.2-2"));
    EXPECT_EQ(reason_of(got.error()), ReasonCode::unsupported_protocol_version);
  }
}

TEST_F(MqttCodec, MQTT_3_1_2_3_TheReservedConnectFlagMustBeZero) {
  EXPECT_TRUE(malformed(connect(v4, 0x03), v4, "MQTT-3.1.2-3"));
  EXPECT_TRUE(malformed(connect(v5, 0x03), v5, "MQTT-3.1.2-3"));
}

TEST_F(MqttCodec, MQTT_3_1_2_9_TheWillMustBeThereIfItsFlagIs) {
  EXPECT_TRUE(malformed(connect(v4, 0x06), v4, "will topic is cut off"));
  EXPECT_TRUE(malformed(connect(v4, 0x06, text("w")), v4, "will payload is cut off"));
  const auto got = decoded(connect(v4, 0x2E, text("w") + text("gone")), v5);
  ASSERT_TRUE(got);
  const Will expected{"w", Binary(as_bytes("gone")), Qos::at_least_once, true, {}};
  EXPECT_EQ(std::get<Connect>(*got).will, expected);
}

TEST_F(MqttCodec, MQTT_3_1_2_11_WithoutAWillItsQosMustBeZero) {
  EXPECT_TRUE(malformed(connect(v4, 0x0A), v4, "MQTT-3.1.2-13"));
  EXPECT_TRUE(malformed(connect(v5, 0x0A), v5, "MQTT-3.1.2-11"));
}

TEST_F(MqttCodec, MQTT_3_1_2_12_WillQos3DoesNotExist) {
  const std::string will = text("w") + text("gone");
  EXPECT_TRUE(malformed(connect(v4, 0x1E, will), v4, "MQTT-3.1.2-14"));
  EXPECT_TRUE(malformed(connect(v5, 0x1E, bytes({0}) + will), v5, "MQTT-3.1.2-12"));
}

TEST_F(MqttCodec, MQTT_3_1_2_13_WithoutAWillItsRetainFlagMustBeZero) {
  EXPECT_TRUE(malformed(connect(v4, 0x22), v4, "MQTT-3.1.2-15"));
  EXPECT_TRUE(malformed(connect(v5, 0x22), v5, "MQTT-3.1.2-13"));
}

TEST_F(MqttCodec, MQTT_3_1_2_22_Version311NeedsAUserNameForAPassword) {
  EXPECT_TRUE(malformed(connect(v4, 0x42, text("secret")), v4, "MQTT-3.1.2-22"));
  const auto got = decoded(connect(v5, 0x42, text("secret")), v5);
  ASSERT_TRUE(got) << "version 5 does not";
  EXPECT_EQ(std::get<Connect>(*got).password, Binary(as_bytes("secret")));
}

TEST_F(MqttCodec, MQTT_3_1_2_11_3_ReceiveMaximumMustNotBeZero) {
  EXPECT_TRUE(protocol_error(connect(v5, 2, "", bytes({3, 0x21, 0, 0})), v5, "Receive Maximum must not be 0"));
  EXPECT_TRUE(decoded(connect(v5, 2, "", bytes({3, 0x21, 0, 1})), v5));
}

TEST_F(MqttCodec, MQTT_3_1_2_11_4_MaximumPacketSizeMustNotBeZero) {
  const std::string zero = bytes({5, 0x27, 0, 0, 0, 0});
  EXPECT_TRUE(protocol_error(connect(v5, 2, "", zero), v5, "Maximum Packet Size must not be 0"));
}

TEST_F(MqttCodec, MQTT_3_1_2_11_10_AuthenticationDataNeedsAMethod) {
  const std::string data = bytes({4, 0x16, 0, 1, 'd'});
  EXPECT_TRUE(protocol_error(connect(v5, 2, "", data), v5, "3.1.2.11.10"));
}

TEST_F(MqttCodec, MQTT_3_1_3_8_Version311NeedsACleanSessionForAnEmptyClientIdentifier) {
  const auto of = [this](int level, int flags, const std::string& properties) {
    return decoded(packet(0x10, text("MQTT") + bytes({level, flags, 0, 0}) + properties + text("")), v5);
  };
  EXPECT_TRUE(refused(of(4, 0, ""), CodecError::client_id_not_valid, "MQTT-3.1.3-8"));
  EXPECT_EQ(reason_of(of(4, 0, "").error()), ReasonCode::client_identifier_not_valid);
  EXPECT_TRUE(of(4, 2, ""));
  EXPECT_TRUE(of(5, 0, bytes({0})));
}

TEST_F(MqttCodec, MQTT_3_1_4_1_AConnectIsUsedUpExactly) {
  EXPECT_TRUE(malformed(connect(v4, 0x02, "x"), v4, "follow the end"));
  EXPECT_TRUE(malformed(connect(v5, 0x82), v5, "user name is cut off"));
}

TEST_F(MqttCodec, MQTT_3_2_2_1_ReservedAcknowledgeFlagsMustBeZero) {
  EXPECT_TRUE(malformed(packet(0x20, bytes({2, 0, 0})), v5, "MQTT-3.2.2-1"));
  EXPECT_TRUE(malformed(packet(0x20, bytes({0x80, 0})), v4, "3.2.2.1"));
}

TEST_F(MqttCodec, MQTT_3_2_2_6_ARefusedConnectionHasNoSession) {
  EXPECT_TRUE(protocol_error(packet(0x20, bytes({1, 0x87, 0})), v5, "MQTT-3.2.2-6"));
  EXPECT_TRUE(protocol_error(packet(0x20, bytes({1, 5})), v4, "MQTT-3.2.2-4"));
}

TEST_F(MqttCodec, MQTT_3_2_2_3_Version311ReturnCodesAbove5AreReserved) {
  EXPECT_TRUE(malformed(packet(0x20, bytes({0, 6})), v4, "3.2.2.3"));
  const auto got = decoded(packet(0x20, bytes({0, 4})), v4);
  ASSERT_TRUE(got);
  EXPECT_EQ(std::get<Connack>(*got).reason, ReasonCode::bad_user_name_or_password);
}

TEST_F(MqttCodec, AConnackInVersion311SaysTheNearestOfItsFiveReturnCodes) {
  const auto code = [](ReasonCode reason) {
    Buffer out;
    encode(Connack{.reason = reason}, v4, out);
    EXPECT_EQ(out.size(), 4U);
    return std::to_integer<int>(out.back());
  };
  EXPECT_EQ(code(ReasonCode::success), 0);
  EXPECT_EQ(code(ReasonCode::unsupported_protocol_version), 1);
  EXPECT_EQ(code(ReasonCode::client_identifier_not_valid), 2);
  EXPECT_EQ(code(ReasonCode::server_busy), 3);
  EXPECT_EQ(code(ReasonCode::bad_user_name_or_password), 4);
  EXPECT_EQ(code(ReasonCode::banned), 5);
}

TEST_F(MqttCodec, MQTT_3_3_1_2_DupMustBeZeroForQos0) {
  EXPECT_TRUE(malformed(packet(0x38, text("t")), v4, "MQTT-3.3.1-2"));
  EXPECT_TRUE(malformed(packet(0x38, text("t") + bytes({0})), v5, "MQTT-3.3.1-2"));
}

TEST_F(MqttCodec, MQTT_3_3_1_4_Qos3DoesNotExist) {
  EXPECT_TRUE(malformed(packet(0x36, text("t") + bytes({0, 1})), v4, "MQTT-3.3.1-4"));
  EXPECT_TRUE(malformed(packet(0x36, text("t") + bytes({0, 1, 0})), v5, "MQTT-3.3.1-4"));
}

TEST_F(MqttCodec, MQTT_3_3_2_1_ATopicNameMustBeThere) {
  EXPECT_TRUE(malformed(packet(0x30, ""), v4, "topic name is cut off"));
  EXPECT_TRUE(malformed(packet(0x30, bytes({0, 4, 'a'})), v4, "topic name is cut off"));
  EXPECT_TRUE(malformed(packet(0x30, text("")), v4, "MQTT-4.7.3-1"));
}

TEST_F(MqttCodec, MQTT_3_3_2_1_AnEmptyTopicNameNeedsATopicAlias) {
  EXPECT_TRUE(protocol_error(packet(0x30, text("") + bytes({0})), v5, "3.3.2.1"));
  EXPECT_TRUE(decoded(packet(0x30, text("") + bytes({3, 0x23, 0, 1})), v5));
}

TEST_F(MqttCodec, MQTT_3_3_2_2_TopicNamesMustNotHoldWildcards) {
  for (const char* topic : {"a/+", "#", "a#b", "+"}) {
    EXPECT_TRUE(malformed(packet(0x30, text(topic)), v4, "MQTT-3.3.2-2"));
    EXPECT_TRUE(malformed(packet(0x30, text(topic) + bytes({0})), v5, "MQTT-3.3.2-2"));
    EXPECT_TRUE(malformed(connect(v4, 0x06, text(topic) + text("")), v4, "MQTT-4.7.1-1")) << "will";
    EXPECT_TRUE(malformed(connect(v5, 0x06, bytes({0}) + text(topic) + text("")), v5, "MQTT-4.7.0-1")) << "will";
  }
}

TEST_F(MqttCodec, MQTT_3_3_2_8_TheTopicAliasMustNotBeZero) {
  EXPECT_TRUE(protocol_error(publish(bytes({0x23, 0, 0})), v5, "Topic Alias must not be 0"));
}

TEST_F(MqttCodec, MQTT_3_3_2_14_TheResponseTopicMustNotHoldWildcards) {
  EXPECT_TRUE(malformed(publish(bytes({0x08}) + text("r/#")), v5, "MQTT-3.3.2-14"));
  EXPECT_TRUE(malformed(publish(bytes({0x08}) + text("")), v5, "MQTT-4.7.3-1"));
}

TEST_F(MqttCodec, MQTT_3_3_2_3_8_SubscriptionIdentifiersMustNotBeZero) {
  EXPECT_TRUE(protocol_error(publish(bytes({0x0B, 0})), v5, "Subscription Identifier must not be 0"));
}

TEST_F(MqttCodec, MQTT_3_3_3_ThePayloadIsTheRestAndMayBeEmpty) {
  const auto empty = decoded(packet(0x31, text("t")), v4);
  ASSERT_TRUE(empty);
  EXPECT_TRUE(std::get<Publish>(*empty).payload.empty());
  EXPECT_TRUE(std::get<Publish>(*empty).retain);
  const auto full = decoded(packet(0x3A, text("t") + bytes({1, 2}) + "3.1"), v4);
  ASSERT_TRUE(full);
  EXPECT_EQ(as_text(std::get<Publish>(*full).payload), "3.1");
  EXPECT_EQ(std::get<Publish>(*full).packet_id, 0x0102);
}

TEST_F(MqttCodec, MQTT_3_4_2_1_AnAcknowledgementWithoutAReasonIsASuccess) {
  const auto bare = decoded(packet(0x40, bytes({0, 1})), v5);
  ASSERT_TRUE(bare);
  EXPECT_EQ(std::get<Puback>(*bare), (Puback{1, ReasonCode::success, {}}));
  EXPECT_TRUE(decoded(packet(0x40, bytes({0, 1, 0x10})), v5)) << "reason without property length";
  EXPECT_TRUE(decoded(packet(0x40, bytes({0, 1, 0x10, 0})), v5));
  EXPECT_TRUE(malformed(packet(0x40, bytes({0, 1, 0})), v4, "follow the end"));
  EXPECT_TRUE(malformed(packet(0x40, bytes({0})), v4, "cut off"));
}

TEST_F(MqttCodec, ASuccessfulPubackTakesFourBytesInBothVersions) {
  for (const ProtocolVersion version : {v4, v5}) {
    Buffer out;
    encode(Puback{.packet_id = 0x0102}, version, out);
    EXPECT_EQ(as_text(out), bytes({0x40, 2, 1, 2}));
  }
}

TEST_F(MqttCodec, MQTT_3_8_3_2_ThereMustBeASubscription) {
  EXPECT_TRUE(protocol_error(packet(0x82, bytes({0, 1})), v4, "MQTT-3.8.3-3"));
  EXPECT_TRUE(protocol_error(packet(0x82, bytes({0, 1, 0})), v5, "MQTT-3.8.3-2"));
}

TEST_F(MqttCodec, MQTT_3_8_3_4_NoLocalMustBeZeroForSharedSubscriptions) {
  EXPECT_TRUE(protocol_error(subscribe(v5, "$share/g/t", 0x04), v5, "MQTT-3.8.3-4"));
  EXPECT_TRUE(decoded(subscribe(v5, "$share/g/t", 0x00), v5));
}

TEST_F(MqttCodec, MQTT_3_8_3_5_ReservedSubscriptionOptionsMustBeZero) {
  for (const int reserved : {0x40, 0x80}) {
    EXPECT_TRUE(malformed(subscribe(v5, "t", reserved), v5, "MQTT-3.8.3-5"));
  }
  for (const int reserved : {0x04, 0x08, 0x10, 0x20, 0x40, 0x80}) {
    EXPECT_TRUE(malformed(subscribe(v4, "t", reserved), v4, "MQTT-3.8.3-4"));
  }
}

TEST_F(MqttCodec, MQTT_3_8_3_1_Qos3AndRetainHandling3DoNotExist) {
  EXPECT_TRUE(malformed(subscribe(v4, "t", 3), v4, "MQTT-3.8.3-4"));
  EXPECT_TRUE(protocol_error(subscribe(v5, "t", 3), v5, "3.8.3.1"));
  EXPECT_TRUE(protocol_error(subscribe(v5, "t", 0x30), v5, "3.8.3.1"));
}

TEST_F(MqttCodec, MQTT_3_8_4_6_ASubackHasAReasonForEachSubscription) {
  EXPECT_TRUE(malformed(packet(0x90, bytes({0, 1})), v4, "MQTT-3.8.4-5"));
  EXPECT_TRUE(malformed(packet(0x90, bytes({0, 1, 0})), v5, "MQTT-3.8.4-6"));
}

TEST_F(MqttCodec, MQTT_3_9_3_2_Version311SubacksKnowFourCodes) {
  EXPECT_TRUE(decoded(packet(0x90, bytes({0, 1, 0, 1, 2, 0x80})), v4));
  for (const int code : {3, 0x7F, 0x81, 0x87, 0x8F}) EXPECT_TRUE(malformed(packet(0x90, bytes({0, 1, code})), v4, ""));
  Buffer out;
  encode(Suback{1, {ReasonCode::not_authorized}, {}}, v4, out);
  EXPECT_EQ(as_text(out), bytes({0x90, 3, 0, 1, 0x80}));
}

TEST_F(MqttCodec, MQTT_3_10_3_2_ThereMustBeATopicFilterToUnsubscribe) {
  EXPECT_TRUE(protocol_error(packet(0xA2, bytes({0, 1})), v4, "MQTT-3.10.3-2"));
  EXPECT_TRUE(protocol_error(packet(0xA2, bytes({0, 1, 0})), v5, "MQTT-3.10.3-2"));
}

TEST_F(MqttCodec, MQTT_3_11_3_AnUnsubackHasReasonsInVersion5Only) {
  EXPECT_TRUE(decoded(packet(0xB0, bytes({0, 1})), v4));
  EXPECT_TRUE(malformed(packet(0xB0, bytes({0, 1, 0})), v4, "follow the end"));
  EXPECT_TRUE(malformed(packet(0xB0, bytes({0, 1, 0})), v5, "3.11.3"));
  EXPECT_TRUE(decoded(packet(0xB0, bytes({0, 1, 0, 0x11})), v5));
}

TEST_F(MqttCodec, MQTT_3_12_PingsHaveNoBody) {
  for (const int first : {0xC0, 0xD0}) {
    EXPECT_TRUE(decoded(packet(first, ""), v4));
    EXPECT_TRUE(decoded(packet(first, ""), v5));
    EXPECT_TRUE(malformed(packet(first, "x"), v5, "follow the end"));
  }
}

TEST_F(MqttCodec, MQTT_3_14_2_1_ADisconnectWithoutAReasonIsANormalOne) {
  const auto bare = decoded(packet(0xE0, ""), v5);
  ASSERT_TRUE(bare);
  EXPECT_EQ(std::get<Disconnect>(*bare).reason, ReasonCode::normal_disconnection);
  EXPECT_TRUE(decoded(packet(0xE0, bytes({0x04})), v5));
  EXPECT_TRUE(malformed(packet(0xE0, bytes({0})), v4, "follow the end"));
}

TEST_F(MqttCodec, MQTT_3_15_2_2_2_AuthNeedsAnAuthenticationMethod) {
  EXPECT_TRUE(protocol_error(packet(0xF0, bytes({0x18, 0})), v5, "3.15.2.2.2"));
  EXPECT_TRUE(decoded(packet(0xF0, bytes({0x18, 4, 0x15, 0, 1, 'm'})), v5));
  EXPECT_TRUE(decoded(packet(0xF0, ""), v5)) << "success without properties is an empty AUTH";
}

TEST_F(MqttCodec, MQTT_4_7_1_FiltersMustHaveTheirWildcardsAlone) {
  for (const char* filter : {"a#", "#/a", "a/#/b", "a+", "a/b+/c", "++"}) {
    EXPECT_TRUE(malformed(subscribe(v4, filter, 0), v4, "MQTT-4.7.1-2"));
    EXPECT_TRUE(malformed(subscribe(v5, filter, 0), v5, "MQTT-4.7.1-1"));
    EXPECT_TRUE(malformed(packet(0xA2, bytes({0, 1}) + text(filter)), v4, "MQTT-4.7.1-2"));
  }
  for (const char* filter : {"#", "+", "+/+/#", "/", "//", "a/+/b", "$SYS/#"}) {
    EXPECT_TRUE(decoded(subscribe(v5, filter, 0), v5)) << filter;
  }
}

TEST_F(MqttCodec, MQTT_4_7_3_1_FiltersMustHaveACharacter) {
  EXPECT_TRUE(malformed(subscribe(v4, "", 0), v4, "MQTT-4.7.3-1"));
  EXPECT_TRUE(malformed(subscribe(v5, "", 0), v5, "MQTT-4.7.3-1"));
}

TEST_F(MqttCodec, MQTT_4_8_2_SharedSubscriptionsMustHaveANameAndAFilter) {
  for (const char* filter : {"$share/", "$share/g", "$share//t", "$share/g/", "$share/g+/t", "$share/#/t"}) {
    EXPECT_TRUE(malformed(subscribe(v5, filter, 0), v5, "MQTT-4.8.2-1"));
  }
  EXPECT_TRUE(decoded(subscribe(v4, "$share/g", 0), v4)) << "in 3.1.1 it is a filter as any other";
}

TEST_F(MqttCodec, AnErrorNamesThePacketTheByteTheFaultAndTheClause) {
  const auto got = decoded(packet(0x36, text("t") + bytes({0, 1})), v4);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message(), "PUBLISH, before byte 2 of 7: QoS 3 does not exist [MQTT-3.3.1-4]");
}

TEST_F(MqttCodec, EveryReasonCodeHasTheStandardsName) {
  EXPECT_EQ(reason_name(ReasonCode::quota_exceeded), "Quota exceeded");
  EXPECT_EQ(reason_name(ReasonCode::wildcard_subscriptions_not_supported), "Wildcard Subscriptions not supported");
  EXPECT_EQ(packet_name(PacketType::connect), "CONNECT");
  EXPECT_EQ(packet_name(PacketType::auth), "AUTH");
}

}  // namespace
}  // namespace artery::mqtt
