// Opening, ending, time-outs, wills, subscriptions. Clauses are those of MQTT 5 unless they say V311.
#include "sources/mqtt/session_test.h"

#include <gtest/gtest.h>

#include "sources/mqtt/forward.h"

namespace artery::mqtt {
namespace {

using namespace testing;

TEST_F(SessionTest, MQTT_3_1_0_1_the_first_packet_must_be_a_connect) {
  for (const ProtocolVersion version : {v3, v5}) {
    open(version);
    say(Pingreq{});
    EXPECT_EQ(ended(), ReasonCode::success);
    EXPECT_TRUE(host->claims.empty());
  }
}

TEST_F(SessionTest, MQTT_3_1_0_2_a_second_connect_ends_the_session) {
  open_connected(v5);
  say(Connect{.client_id = "press7"});
  EXPECT_EQ(ended(), ReasonCode::protocol_error);
  EXPECT_EQ(counters.protocol_errors, 1U);
}

TEST_F(SessionTest, MQTT_3_1_0_2_a_second_connect_that_could_be_no_first_one_is_a_protocol_error_too) {
  open_connected(v5);
  session->receive(as_bytes(std::string_view("\x10\x0e\0\4MQTT\7\2\0\0\0\0\1a", 16)));  // of no known version
  EXPECT_EQ(ended(), ReasonCode::protocol_error);
  open_connected(v5);
  session->receive(as_bytes(std::string_view("\x10\x0c\0\4MQTT\4\0\0\0\0\0", 14)));  // 3.1.1 without an identifier
  EXPECT_EQ(ended(), ReasonCode::protocol_error);
}

TEST_F(SessionTest, a_packet_that_is_not_as_the_standard_wants_it_can_be_looked_at) {
  open(v5);
  session->receive(as_bytes("GET / HTTP/1.1\r\n"));
  ASSERT_EQ(host->refusals.size(), 1U);
  EXPECT_NE(host->refusals[0].first.find("MQTT-2.1.3-1"), std::string::npos) << host->refusals[0].first;
  EXPECT_EQ(host->refusals[0].second, "GET / HTTP/1.1\r\n");

  open(v3);
  say(Pingreq{});
  ASSERT_EQ(host->refusals.size(), 1U);
  EXPECT_EQ(host->refusals[0].first, "PINGREQ before CONNECT [MQTT-3.1.0-1]");

  open_connected(v5);
  const std::string_view publish_with_an_empty_topic("\x30\3\0\0\0\xc0\0", 7);  // and a PINGREQ
  session->receive(as_bytes(publish_with_an_empty_topic));
  ASSERT_EQ(host->refusals.size(), 1U);
  EXPECT_NE(host->refusals[0].first.find("MQTT 5 section 3.3.2.1"), std::string::npos) << host->refusals[0].first;
  EXPECT_EQ(host->refusals[0].second, publish_with_an_empty_topic.substr(0, 5));
  EXPECT_EQ(counters.protocol_errors, 1U);
}

TEST_F(SessionTest, MQTT_3_3_4_6_a_publish_of_a_client_has_no_subscription_identifier) {
  open_connected(v5);
  Publish packet{.topic = "a", .payload = as_bytes("1")};
  packet.properties.subscription_ids = {1};
  say(packet);
  EXPECT_EQ(ended(), ReasonCode::protocol_error);
  EXPECT_TRUE(host->published.empty());
}

TEST_F(SessionTest, MQTT_3_1_4_3_connack_waits_until_the_older_session_is_gone) {
  open(v5);
  say(Connect{.client_id = "press7"});
  EXPECT_EQ(host->claims, std::vector<std::string>{"press7"});
  publish("a", "1");
  EXPECT_TRUE(hears_nothing());
  EXPECT_TRUE(host->published.empty());
  EXPECT_TRUE(session->wants_pause());
  session->claimed(live::ClientNumber(1));
  session->resume();
  EXPECT_EQ(hear<Connack>().reason, ReasonCode::success);
  EXPECT_EQ(host->published.size(), 1U);
}

TEST_F(SessionTest, MQTT_3_1_4_3_a_session_that_is_taken_over_says_so) {
  open_connected(v5);
  session->close(ReasonCode::session_taken_over, "another");
  EXPECT_EQ(ended(), ReasonCode::session_taken_over);
  open_connected(v3);
  session->close(ReasonCode::session_taken_over, "another");
  EXPECT_EQ(ended(), ReasonCode::success);
}

TEST_F(SessionTest, MQTT_3_1_3_6_an_empty_client_identifier_is_assigned) {
  open(v5);
  say(Connect{});
  session->claimed(live::ClientNumber(1));
  const Connack connack = hear<Connack>();
  EXPECT_EQ(connack.properties.assigned_client_id, "auto-0000000000000001");
  EXPECT_EQ(session->client_id(), "auto-0000000000000001");
}

TEST_F(SessionTest, MQTT_3_1_3_8_a_client_identifier_that_is_too_long_is_refused) {
  const std::string id(257, 'x');
  open(v5);
  say(Connect{.client_id = id});
  EXPECT_EQ(ended(), ReasonCode::client_identifier_not_valid);
  open(v3);
  say(Connect{.version = v3, .client_id = id});
  EXPECT_EQ(ended(), ReasonCode::client_identifier_not_valid);
}

TEST_F(SessionTest, V311_MQTT_3_1_3_8_an_empty_client_identifier_needs_a_clean_session) {
  open(v3);
  say(Connect{.version = v3, .clean_start = false});
  EXPECT_EQ(ended(), ReasonCode::client_identifier_not_valid);
}

TEST_F(SessionTest, MQTT_3_1_2_2_an_unknown_version_is_told) {
  open(v3);
  const Buffer connect = {std::byte{0x10}, std::byte{12},  std::byte{0},   std::byte{4}, std::byte{'M'},
                          std::byte{'Q'},  std::byte{'T'}, std::byte{'T'}, std::byte{6}, std::byte{2},
                          std::byte{0},    std::byte{0},   std::byte{0},   std::byte{0}};
  session->receive(connect);
  EXPECT_EQ(ended(), ReasonCode::unsupported_protocol_version);
}

TEST_F(SessionTest, MQTT_3_1_4_1_a_malformed_connect_of_version_5_is_told) {
  open(v5);
  Buffer connect;
  encode(Connect{.client_id = "a"}, v5, connect);
  connect[9] |= std::byte{1};  // the reserved flag
  session->receive(connect);
  EXPECT_EQ(ended(), ReasonCode::malformed_packet);
  EXPECT_EQ(counters.sessions_refused, 1U);
}

TEST_F(SessionTest, MQTT_4_12_0_1_extended_authentication_is_refused) {
  open(v5);
  Connect packet{.client_id = "a"};
  packet.properties.authentication_method = "SCRAM-SHA-1";
  say(packet);
  EXPECT_EQ(ended(), ReasonCode::bad_authentication_method);
}

TEST_F(SessionTest, MQTT_3_2_2_sessions_are_clean_and_connack_says_what_there_is_not) {
  open(v5);
  Connect packet{.clean_start = false, .client_id = "press7"};
  packet.properties.session_expiry_s = 3600;
  const Connack connack = connect(packet);
  EXPECT_FALSE(connack.session_present);
  EXPECT_EQ(connack.properties.session_expiry_s, 0U);
  EXPECT_EQ(connack.properties.shared_subscription_available, false);
  EXPECT_EQ(connack.properties.receive_maximum, 1024);
  EXPECT_EQ(connack.properties.topic_alias_maximum, 16);
  EXPECT_EQ(connack.properties.maximum_packet_bytes, 1U << 20);
  EXPECT_EQ(connack.properties.assigned_client_id, std::nullopt);
  open(v3);
  EXPECT_FALSE(connect({.clean_start = false}).session_present);
}

TEST_F(SessionTest, MQTT_3_1_2_22_silence_for_one_and_a_half_keep_alives_ends_the_session) {
  for (const ProtocolVersion version : {v3, v5}) {
    open_connected(version, {}, {.keep_alive_s = 10});
    host->instant = host->instant + 15s;
    session->tick();
    EXPECT_FALSE(session->is_over());
    say(Pingreq{});
    hear<Pingresp>();
    host->instant = host->instant + 15s;
    session->tick();
    EXPECT_FALSE(session->is_over());
    host->instant = host->instant + 1s;
    session->tick();
    EXPECT_EQ(ended(), version == v5 ? ReasonCode::keep_alive_timeout : ReasonCode::success);
  }
  open_connected(v5, {}, {.keep_alive_s = 0});
  host->instant = host->instant + 1000h;
  session->tick();
  EXPECT_FALSE(session->is_over());
}

TEST_F(SessionTest, keep_alive_does_not_run_while_the_server_does_not_read) {
  open_connected(v5, {}, {.keep_alive_s = 10});
  host->answer_at_once.reset();
  host->goes_on = false;
  publish("a", "1", qos1, 1);
  for (int i = 0; i < 100; ++i) {
    host->instant = host->instant + 1s;
    session->tick();
  }
  EXPECT_FALSE(session->is_over());
  session->published(PublishNumber(0), PublishOutcome::done);
  host->instant = host->instant + 16s;
  session->tick();
  EXPECT_TRUE(session->is_over());
}

TEST_F(SessionTest, a_connection_without_connect_ends) {
  open(v5);
  host->instant = host->instant + 11s;
  session->tick();
  EXPECT_EQ(ended(), ReasonCode::success);
  EXPECT_EQ(counters.sessions_timed_out, 1U);
}

TEST_F(SessionTest, MQTT_4_13_1_1_malformed_packets_end_the_session) {
  open_connected(v5);
  const Buffer malformed = {std::byte{0x36}, std::byte{0}};  // QoS 3
  session->receive(malformed);
  EXPECT_EQ(ended(), ReasonCode::malformed_packet);
}

TEST_F(SessionTest, a_packet_that_is_too_large_ends_the_session_before_it_is_read) {
  open_connected(v5, {.packet_bytes_max = 1000});
  const Buffer start = {std::byte{0x30}, std::byte{0xE8}, std::byte{0x07}};
  session->receive(start);
  EXPECT_EQ(ended(), ReasonCode::packet_too_large);
}

TEST_F(SessionTest, packets_may_come_in_any_pieces) {
  open(v5);
  Buffer bytes;
  encode(Connect{.client_id = "a"}, v5, bytes);
  encode(Publish{.qos = qos1, .packet_id = 5, .topic = "t", .payload = as_bytes("12")}, v5, bytes);
  encode(Pingreq{}, v5, bytes);
  for (const std::byte byte : bytes) {
    session->receive({&byte, 1});
    if (!host->claims.empty()) session->claimed(live::ClientNumber(1));
  }
  hear<Connack>();
  EXPECT_EQ(hear<Puback>().packet_id, 5);
  hear<Pingresp>();
  EXPECT_TRUE(hears_nothing());
}

// Packets of the server, and of QoS 2 towards the client.
TEST_F(SessionTest, what_a_client_must_not_send_is_a_protocol_error) {
  const std::vector<Packet> packets = {Connack{},
                                       Suback{.packet_id = 1, .reasons = {ReasonCode::success}},
                                       Unsuback{.packet_id = 1, .reasons = {ReasonCode::success}},
                                       Pingresp{},
                                       Pubrec{.packet_id = 1},
                                       Pubcomp{.packet_id = 1},
                                       Auth{}};
  for (const Packet& packet : packets) {
    open_connected(v5);
    say(packet);
    EXPECT_EQ(ended(), ReasonCode::protocol_error);
  }
}

// Wills.

Will will_of(std::string_view topic) {
  return {.topic = topic, .payload = as_bytes("gone"), .qos = qos1, .retain = true};
}

TEST_F(SessionTest, MQTT_3_1_2_8_the_will_is_published_when_the_connection_is_lost) {
  Connect packet{.will = will_of("state/press7")};
  packet.will->properties.content_type = "text/plain";
  packet.will->properties.will_delay_s = 3600;  // ended by the session's end, which is now
  open_connected(v5, {}, packet);
  session->lost();
  const live::SharedMessage will = session->take_will();
  ASSERT_NE(will, nullptr);
  EXPECT_EQ(will->topic, "state/press7");
  EXPECT_EQ(as_text(will->payload), "gone");
  EXPECT_EQ(will->qos, 1);
  EXPECT_TRUE(will->retain);
  EXPECT_EQ(will->from, live::ClientNumber(7));
  Properties expected;
  expected.content_type = "text/plain";
  EXPECT_EQ(will->properties, forwarded_properties(expected, {}));
  EXPECT_EQ(session->take_will(), nullptr);
}

TEST_F(SessionTest, MQTT_3_1_2_8_the_will_is_published_when_the_server_ends_the_session) {
  open_connected(v3, {}, {.keep_alive_s = 1, .will = will_of("t")});
  host->instant = host->instant + 2s;
  session->tick();
  EXPECT_NE(session->take_will(), nullptr);
}

TEST_F(SessionTest, MQTT_3_1_2_10_a_disconnect_removes_the_will) {
  for (const ProtocolVersion version : {v3, v5}) {
    open_connected(version, {}, {.will = will_of("t")});
    say(Disconnect{});
    EXPECT_TRUE(session->is_over());
    EXPECT_TRUE(hears_nothing());
    EXPECT_EQ(session->take_will(), nullptr);
  }
}

TEST_F(SessionTest, MQTT_3_14_4_3_a_disconnect_with_will_publishes_it) {
  open_connected(v5, {}, {.will = will_of("t")});
  say(Disconnect{.reason = ReasonCode::disconnect_with_will});
  EXPECT_NE(session->take_will(), nullptr);
}

TEST_F(SessionTest, a_will_of_a_session_that_never_began_is_not_published) {
  open(v5);
  say(Connect{.client_id = "press7", .will = will_of("t")});
  session->lost();
  EXPECT_EQ(session->take_will(), nullptr);
}

TEST_F(SessionTest, MQTT_3_14_2_2_a_session_expiry_cannot_appear_in_disconnect) {
  open_connected(v5);
  Disconnect packet;
  packet.properties.session_expiry_s = 5;
  say(packet);
  EXPECT_EQ(ended(), ReasonCode::protocol_error);
}

// Subscriptions.

TEST_F(SessionTest, MQTT_3_8_4_suback_grants_qos_1_at_most) {
  for (const ProtocolVersion version : {v3, v5}) {
    open_connected(version);
    say(Subscribe{.packet_id = 9,
                  .subscriptions = {{.filter = "a", .qos = qos2}, {.filter = "b/#", .qos = qos1}, {.filter = "+"}}});
    const Suback answer = hear<Suback>();
    EXPECT_EQ(answer.packet_id, 9);
    EXPECT_EQ(answer.reasons, (std::vector<ReasonCode>{ReasonCode::granted_qos_1, ReasonCode::granted_qos_1,
                                                       ReasonCode::granted_qos_0}));
    EXPECT_EQ(host->subscriptions.at("a").qos, 1);
    EXPECT_EQ(host->subscriptions.at("+").qos, 0);
  }
}

TEST_F(SessionTest, options_and_identifier_reach_the_router) {
  open_connected(v5);
  Subscribe packet{.packet_id = 1,
                   .subscriptions = {{.filter = "a",
                                      .qos = qos1,
                                      .no_local = true,
                                      .retain_as_published = true,
                                      .retain_handling = RetainHandling::do_not_send}}};
  packet.properties.subscription_ids = {268'435'455};
  say(packet);
  const live::SubscribeOptions& options = host->subscriptions.at("a");
  EXPECT_TRUE(options.no_local);
  EXPECT_TRUE(options.retain_as_published);
  EXPECT_EQ(options.retain_handling, live::RetainHandling::never);
  EXPECT_EQ(options.id, 268'435'455U);
}

TEST_F(SessionTest, shared_subscriptions_are_refused_in_suback) {
  open_connected(v5);
  say(Subscribe{.packet_id = 1, .subscriptions = {{.filter = "$share/g/a"}, {.filter = "a"}}});
  EXPECT_EQ(hear<Suback>().reasons,
            (std::vector<ReasonCode>{ReasonCode::shared_subscriptions_not_supported, ReasonCode::granted_qos_0}));
  open_connected(v3);  // where it is a filter like any other
  say(Subscribe{.packet_id = 1, .subscriptions = {{.filter = "$share/g/a"}}});
  EXPECT_TRUE(host->subscriptions.contains("$share/g/a"));
}

TEST_F(SessionTest, limits_of_the_router_are_told_in_suback) {
  open_connected(v5);
  host->subscribe_error = Error(live::LiveError::too_many, "");
  say(Subscribe{.packet_id = 1, .subscriptions = {{.filter = "a"}}});
  EXPECT_EQ(hear<Suback>().reasons, std::vector<ReasonCode>{ReasonCode::quota_exceeded});
  host->subscribe_error = Error(live::LiveError::bad_filter, "");
  say(Subscribe{.packet_id = 1, .subscriptions = {{.filter = "a"}}});
  EXPECT_EQ(hear<Suback>().reasons, std::vector<ReasonCode>{ReasonCode::topic_filter_invalid});
}

TEST_F(SessionTest, MQTT_3_11_3_2_unsuback_answers_each_filter) {
  open_connected(v5);
  say(Subscribe{.packet_id = 1, .subscriptions = {{.filter = "a"}}});
  hear<Suback>();
  say(Unsubscribe{.packet_id = 2, .filters = {"a", "b"}});
  const Unsuback answer = hear<Unsuback>();
  EXPECT_EQ(answer.packet_id, 2);
  EXPECT_EQ(answer.reasons, (std::vector<ReasonCode>{ReasonCode::success, ReasonCode::no_subscription_existed}));
  open_connected(v3);
  say(Unsubscribe{.packet_id = 2, .filters = {"b"}});
  EXPECT_EQ(hear<Unsuback>().packet_id, 2);
}

TEST_F(SessionTest, MQTT_3_1_2_24_no_answer_is_longer_than_the_client_takes) {
  Connect packet;
  packet.properties.maximum_packet_bytes = 10;
  open(v5);
  say(packet);
  session->claimed(live::ClientNumber(1));
  EXPECT_TRUE(session->is_over());
  while (const auto sent = host->sent.next(v5))
    EXPECT_LE(std::visit([](const auto& p) { return encoded_size(p, v5); }, *sent), 10U);
}

TEST_F(SessionTest, a_client_that_reads_no_answers_is_read_no_further) {
  open_connected(v5, {.packet_bytes_max = 1000, .outbox_bytes_max = 1000});
  host->unsent_bytes = 3001;
  EXPECT_TRUE(session->wants_pause());
  host->unsent_bytes = 0;
  EXPECT_FALSE(session->wants_pause());
}

}  // namespace
}  // namespace artery::mqtt
