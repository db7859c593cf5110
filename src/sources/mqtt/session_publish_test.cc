// Publishes in and messages out. Clauses are those of MQTT 5 unless they say V311.
#include <gtest/gtest.h>

#include "sources/mqtt/forward.h"
#include "sources/mqtt/session_test.h"

namespace artery::mqtt {
namespace {

using namespace testing;

TEST_F(SessionTest, MQTT_3_3_4_1_what_is_published_reaches_the_host_as_it_is) {
  for (const ProtocolVersion version : {v3, v5}) {
    open_connected(version);
    say(Publish{.qos = qos1, .retain = true, .packet_id = 4, .topic = "a/b", .payload = as_bytes("x")});
    ASSERT_EQ(host->published.size(), 1U);
    const live::Message& message = *host->published[0].second;
    EXPECT_EQ(message.topic, "a/b");
    EXPECT_EQ(as_text(message.payload), "x");
    EXPECT_EQ(message.qos, 1);
    EXPECT_TRUE(message.retain);
    EXPECT_EQ(message.from, live::ClientNumber(7));
    EXPECT_EQ(hear<Puback>().packet_id, 4);
  }
  EXPECT_EQ(counters.messages_in[1], 2U);
}

TEST_F(SessionTest, MQTT_4_3_2_4_puback_waits_for_the_host) {
  open_connected(v5);
  host->answer_at_once.reset();
  publish("a", "1", qos1, 1);
  EXPECT_TRUE(hears_nothing());
  session->published(PublishNumber(0), PublishOutcome::done);
  EXPECT_EQ(hear<Puback>().packet_id, 1);
}

TEST_F(SessionTest, a_publish_is_timed_from_its_arrival_to_its_acknowledgement) {
  open_connected(v5);
  host->answer_at_once.reset();
  publish("a", "1", qos1, 1);
  host->instant = host->instant + 2ms;
  publish("a", "2");
  publish("a", "3", qos2, 2);
  host->instant = host->instant + 1ms;
  session->published(PublishNumber(2), PublishOutcome::done);
  host->instant = host->instant + 1ms;
  session->published(PublishNumber(1), PublishOutcome::done);
  session->published(PublishNumber(0), PublishOutcome::done);  // what was answered sooner waited for it
  MqttCounts counts;
  counters.add_to(counts);
  EXPECT_EQ(counts.publishes.count(), 2U);  // QoS 0 is not acknowledged
  EXPECT_EQ(counts.publishes.sum, 4ms + 2ms);
}

TEST_F(SessionTest, MQTT_4_6_0_2_acknowledgements_keep_the_order_of_the_publishes) {
  open_connected(v5);
  host->answer_at_once.reset();
  publish("a", "1", qos1, 10);
  publish("a", "2");
  publish("a", "3", qos2, 11);
  publish("a", "4", qos1, 12);
  session->published(PublishNumber(3), PublishOutcome::done);
  session->published(PublishNumber(2), PublishOutcome::done);
  session->published(PublishNumber(1), PublishOutcome::done);
  EXPECT_TRUE(hears_nothing());
  session->published(PublishNumber(0), PublishOutcome::done);
  EXPECT_EQ(hear<Puback>().packet_id, 10);
  EXPECT_EQ(hear<Pubrec>().packet_id, 11);
  EXPECT_EQ(hear<Puback>().packet_id, 12);
}

TEST_F(SessionTest, MQTT_4_3_3_10_a_qos_2_message_is_published_once) {
  for (const ProtocolVersion version : {v3, v5}) {
    open_connected(version);
    host->answer_at_once.reset();
    publish("a", "1", qos2, 5);
    say(Publish{.dup = true, .qos = qos2, .packet_id = 5, .topic = "a", .payload = as_bytes("1")});
    EXPECT_EQ(host->published.size(), 1U);
    EXPECT_TRUE(hears_nothing());
    session->published(PublishNumber(0), PublishOutcome::done);
    EXPECT_EQ(hear<Pubrec>().packet_id, 5);
    say(Publish{.dup = true, .qos = qos2, .packet_id = 5, .topic = "a", .payload = as_bytes("1")});
    EXPECT_EQ(hear<Pubrec>().packet_id, 5);
    EXPECT_EQ(host->published.size(), 1U);
    say(Pubrel{.packet_id = 5});
    EXPECT_EQ(hear<Pubcomp>().packet_id, 5);
    publish("a", "2", qos2, 5);
    EXPECT_EQ(host->published.size(), 2U);
  }
}

TEST_F(SessionTest, MQTT_4_3_3_11_pubrel_is_always_answered) {
  open_connected(v5);
  say(Pubrel{.packet_id = 3});
  EXPECT_EQ(hear<Pubcomp>().reason, ReasonCode::packet_identifier_not_found);
  open_connected(v3);
  say(Pubrel{.packet_id = 3});
  EXPECT_EQ(hear<Pubcomp>().packet_id, 3);
}

TEST_F(SessionTest, MQTT_3_3_4_9_more_than_the_receive_maximum_ends_the_session) {
  open_connected(v5, {.receive_max = 2});
  host->answer_at_once.reset();
  publish("a", "1", qos1, 1);
  publish("a", "2", qos2, 2);
  publish("a", "3");  // does not count
  session->published(PublishNumber(0), PublishOutcome::done);
  session->published(PublishNumber(1), PublishOutcome::done);
  session->published(PublishNumber(2), PublishOutcome::done);
  EXPECT_EQ(hear<Puback>().packet_id, 1);
  EXPECT_EQ(hear<Pubrec>().packet_id, 2);
  publish("a", "4", qos1, 3);
  publish("a", "5", qos2, 4);
  EXPECT_EQ(ended(), ReasonCode::receive_maximum_exceeded);
}

TEST_F(SessionTest, V311_too_many_publishes_stop_the_reading) {
  open_connected(v3, {.receive_max = 2});
  host->answer_at_once.reset();
  for (std::uint16_t id = 1; id <= 5; ++id) publish("a", "1", qos1, id);
  EXPECT_EQ(host->published.size(), 3U);
  EXPECT_TRUE(session->wants_pause());
  session->published(PublishNumber(0), PublishOutcome::done);
  session->resume();
  EXPECT_EQ(host->published.size(), 4U);
}

TEST_F(SessionTest, too_many_bytes_without_an_answer_stop_the_reading) {
  open_connected(v5, {.unanswered_bytes_max = 100});
  host->answer_at_once.reset();
  const std::string payload(60, 'x');
  for (int i = 0; i < 5; ++i) publish("a", payload);
  EXPECT_EQ(host->published.size(), 2U);
  session->published(PublishNumber(0), PublishOutcome::done);
  session->resume();
  EXPECT_EQ(host->published.size(), 3U);
}

TEST_F(SessionTest, nothing_is_read_past_a_publish_that_the_host_holds) {
  open_connected(v5);
  host->answer_at_once.reset();
  host->goes_on = false;
  publish("a", "1", qos1, 1);
  say(Pingreq{});
  EXPECT_TRUE(hears_nothing());
  session->published(PublishNumber(0), PublishOutcome::done);
  session->resume();
  EXPECT_EQ(hear<Puback>().packet_id, 1);
  hear<Pingresp>();
}

TEST_F(SessionTest, a_full_disk_ends_the_session_without_an_acknowledgement) {
  open_connected(v5);
  host->answer_at_once = PublishOutcome::full;
  publish("a", "0");  // QoS 0 has nobody to tell
  EXPECT_FALSE(session->is_over());
  publish("a", "1", qos1, 1);
  EXPECT_EQ(ended(), ReasonCode::quota_exceeded);
  open_connected(v3);
  host->answer_at_once = PublishOutcome::full;
  publish("a", "1", qos2, 1);
  EXPECT_EQ(ended(), ReasonCode::success);
}

TEST_F(SessionTest, a_message_that_cannot_be_retained_is_acknowledged_with_0x97) {
  open_connected(v5);
  host->answer_at_once = PublishOutcome::not_retained;
  publish("a", "1", qos1, 1);
  EXPECT_EQ(hear<Puback>().reason, ReasonCode::quota_exceeded);
  publish("a", "1", qos2, 2);
  EXPECT_EQ(hear<Pubrec>().reason, ReasonCode::quota_exceeded);
  publish("a", "1", qos2, 2);  // the identifier is free again
  EXPECT_EQ(host->published.size(), 3U);
  open_connected(v3);
  host->answer_at_once = PublishOutcome::not_retained;
  publish("a", "1", qos1, 1);
  EXPECT_EQ(hear<Puback>().reason, ReasonCode::success);
}

TEST_F(SessionTest, MQTT_3_3_2_12_topic_aliases_stand_for_topics) {
  open_connected(v5);
  Publish packet{.topic = "a/b", .payload = as_bytes("1")};
  packet.properties.topic_alias = 16;
  say(packet);
  packet.topic = {};
  say(packet);
  packet.topic = "c";
  say(packet);
  packet.topic = {};
  say(packet);
  ASSERT_EQ(host->published.size(), 4U);
  EXPECT_EQ(host->published[1].second->topic, "a/b");
  EXPECT_EQ(host->published[3].second->topic, "c");
  packet.properties.topic_alias = 1;
  say(packet);
  EXPECT_EQ(ended(), ReasonCode::protocol_error);
}

TEST_F(SessionTest, MQTT_3_3_2_9_a_topic_alias_above_the_maximum_ends_the_session) {
  open_connected(v5);
  Publish packet{.topic = "a/b"};
  packet.properties.topic_alias = 17;
  say(packet);
  EXPECT_EQ(ended(), ReasonCode::topic_alias_invalid);
}

// Messages to the client.

TEST_F(SessionTest, MQTT_3_3_2_17_properties_reach_subscribers_unaltered_and_in_order) {
  open_connected(v5);
  Properties properties;
  properties.payload_is_utf8 = true;
  properties.message_expiry_s = 100;
  properties.content_type = "text/plain";
  properties.response_topic = "r";
  properties.correlation_data = as_bytes("c");
  properties.user_properties = {{"b", "1"}, {"a", "2"}, {"b", "3"}};
  Publish packet{.qos = qos1, .packet_id = 1, .topic = "t", .payload = as_bytes("p"), .properties = properties};
  packet.properties.topic_alias = 3;
  say(packet);
  hear<Puback>();
  const std::vector<std::uint32_t> ids = {1, 268'435'455};
  session->deliver(host->published[0].second, {.qos = 1, .retain = true, .subscription_ids = ids});
  const Publish received = hear<Publish>();
  properties.subscription_ids = ids;
  EXPECT_EQ(received.properties, properties);
  EXPECT_EQ(received.topic, "t");
  EXPECT_EQ(as_text(received.payload), "p");
  EXPECT_EQ(received.qos, qos1);
  EXPECT_TRUE(received.retain);
  EXPECT_FALSE(received.dup);
}

TEST_F(SessionTest, a_client_of_3_1_1_gets_no_properties) {
  open_connected(v3);
  Properties properties;
  properties.content_type = "text/plain";
  session->deliver(message("t", "p", 0, properties), {});
  const Publish received = hear<Publish>();
  EXPECT_EQ(received.topic, "t");
  EXPECT_EQ(as_text(received.payload), "p");
  EXPECT_EQ(received.qos, qos0);
}

TEST_F(SessionTest, MQTT_3_3_4_7_no_more_than_the_clients_receive_maximum_is_in_flight) {
  Connect packet;
  packet.properties.receive_maximum = 2;
  open_connected(v5, {}, packet);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(deliver(message("t", std::to_string(i)), 1));
  const std::uint16_t first = hear<Publish>().packet_id;
  const std::uint16_t second = hear<Publish>().packet_id;
  EXPECT_NE(first, second);
  EXPECT_TRUE(hears_nothing());
  EXPECT_TRUE(deliver(message("t", "0"), 0));  // QoS 0 is not bound by it
  EXPECT_EQ(hear<Publish>().qos, qos0);
  say(Puback{.packet_id = second});
  EXPECT_EQ(as_text(hear<Publish>().payload), "2");
  EXPECT_TRUE(hears_nothing());
  say(Puback{.packet_id = second});  // twice, and one that never was: ignored
  say(Puback{.packet_id = 65'535});
  EXPECT_TRUE(hears_nothing());
  say(Puback{.packet_id = first});
  EXPECT_EQ(as_text(hear<Publish>().payload), "3");
}

TEST_F(SessionTest, MQTT_2_2_1_4_no_identifier_is_in_use_twice) {
  open_connected(v5, {.in_flight_max = 1024, .queue_messages_max = 10'000});
  std::map<std::uint16_t, int> in_use;
  for (int i = 0; i < 5000; ++i) {
    deliver(message("t", "x"), 1);
    while (const auto packet = host->sent.next(v5)) {
      EXPECT_EQ(++in_use[std::get<Publish>(*packet).packet_id], 1);
    }
    if (i % 3 == 0 || in_use.size() > 1000) {
      const std::uint16_t id = in_use.begin()->first;
      in_use.erase(id);
      say(Puback{.packet_id = id});
    }
  }
}

TEST_F(SessionTest, MQTT_3_1_2_25_a_message_too_large_for_the_client_is_dropped) {
  Connect packet;
  packet.properties.maximum_packet_bytes = 100;
  open_connected(v5, {}, packet);
  EXPECT_TRUE(deliver(message("t", std::string(100, 'x')), 1));
  EXPECT_TRUE(hears_nothing());
  EXPECT_EQ(counters.dropped_too_large, 1U);
  EXPECT_TRUE(deliver(message("t", "x"), 1));
  hear<Publish>();
}

TEST_F(SessionTest, a_client_that_reads_slowly_loses_qos_0_and_keeps_qos_1) {
  open_connected(v5);
  host->unsent_bytes = settings_.outbox_bytes_max + 1;
  EXPECT_FALSE(deliver(message("t", "0"), 0));
  EXPECT_TRUE(deliver(message("t", "1"), 1));
  EXPECT_TRUE(hears_nothing());
  EXPECT_EQ(session->dropped(), 1U);
  EXPECT_EQ(counters.dropped_slow, 1U);
  host->unsent_bytes = 0;
  session->drained();
  EXPECT_EQ(as_text(hear<Publish>().payload), "1");
}

TEST_F(SessionTest, a_client_whose_queue_is_full_is_disconnected_and_told) {
  open_connected(v5, {.in_flight_max = 1, .queue_messages_max = 2});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(deliver(message("t", "x"), 1));
  hear<Publish>();
  EXPECT_FALSE(deliver(message("t", "x"), 1));
  EXPECT_EQ(ended(), ReasonCode::quota_exceeded);
  EXPECT_EQ(counters.slow_clients, 1U);
  open_connected(v5, {.in_flight_max = 1, .queue_bytes_max = 10});
  EXPECT_TRUE(deliver(message("t", "12345"), 1));
  EXPECT_TRUE(deliver(message("t", "12345"), 1));
  EXPECT_FALSE(deliver(message("t", "12345"), 1));
  EXPECT_TRUE(session->is_over());
}

TEST_F(SessionTest, MQTT_3_14_4_1_nothing_follows_a_disconnect_when_the_client_reads_again) {
  open_connected(v5, {.queue_messages_max = 1});
  const live::Delivery retained{.qos = 0, .retain = true, .subscription_ids = {}, .waits = true};
  host->unsent_bytes = settings_.outbox_bytes_max + 1;
  EXPECT_FALSE(session->deliver(message("t", "retained"), retained));
  EXPECT_TRUE(deliver(message("t", "queued"), 1));
  EXPECT_FALSE(deliver(message("t", "one too many"), 1));
  EXPECT_EQ(ended(), ReasonCode::quota_exceeded);
  host->unsent_bytes = 0;
  session->drained();
  EXPECT_TRUE(hears_nothing());
  EXPECT_EQ(host->offers, 0);
}

TEST_F(SessionTest, retained_messages_wait_for_room_and_disconnect_nobody) {
  open_connected(v5, {.in_flight_max = 1, .queue_messages_max = 1});
  const live::Delivery retained{.qos = 1, .retain = true, .subscription_ids = {}, .waits = true};
  EXPECT_TRUE(session->deliver(message("t", "1"), retained));
  EXPECT_FALSE(session->deliver(message("t", "2"), retained));
  EXPECT_TRUE(deliver(message("t", "new"), 1));
  const std::uint16_t first = hear<Publish>().packet_id;
  EXPECT_EQ(host->offers, 0);
  say(Puback{.packet_id = first});
  EXPECT_EQ(host->offers, 0);  // the queue goes first
  say(Puback{.packet_id = hear<Publish>().packet_id});
  EXPECT_EQ(host->offers, 1);
  EXPECT_TRUE(session->deliver(message("t", "2"), retained));
}

TEST_F(SessionTest, MQTT_3_3_2_6_time_in_the_server_is_taken_off_the_expiry) {
  open_connected(v5, {.in_flight_max = 1});
  Properties properties;
  properties.payload_is_utf8 = true;
  properties.message_expiry_s = 10;
  for (int i = 0; i < 3; ++i) deliver(message("t", std::to_string(i), 1, properties), 1);
  const Publish at_once = hear<Publish>();
  EXPECT_EQ(at_once.properties.message_expiry_s, 10U);
  host->instant = host->instant + 4s;
  say(Puback{.packet_id = at_once.packet_id});
  const Publish later = hear<Publish>();
  EXPECT_EQ(later.properties.message_expiry_s, 6U);
  EXPECT_EQ(later.properties.payload_is_utf8, true);
  host->instant = host->instant + 6s;
  say(Puback{.packet_id = later.packet_id});
  EXPECT_TRUE(hears_nothing());
  EXPECT_EQ(counters.dropped_expired, 1U);
}

TEST_F(SessionTest, an_expiry_of_0_lets_a_message_through_at_once_and_a_will_counts_from_its_end) {
  Connect packet{.will = Will{.topic = "w"}};
  packet.will->properties.message_expiry_s = 0;
  open_connected(v5, {}, packet);
  host->instant = host->instant + 100s;
  session->close(ReasonCode::server_shutting_down, "");
  const live::SharedMessage will = session->take_will();
  open_connected(v5);
  host->instant = host->instant + 100s;
  deliver(will, 0);
  EXPECT_EQ(hear<Publish>().properties.message_expiry_s, 0U);
  host->instant = host->instant + 1s;
  deliver(will, 0);
  EXPECT_TRUE(hears_nothing());
}

TEST_F(SessionTest, answers_after_the_end_are_ignored) {
  open_connected(v5);
  host->answer_at_once.reset();
  publish("a", "1", qos1, 1);
  session->lost();
  session->published(PublishNumber(0), PublishOutcome::done);
  EXPECT_TRUE(hears_nothing());
  EXPECT_FALSE(deliver(message("t", "x"), 0));
}

}  // namespace
}  // namespace artery::mqtt
