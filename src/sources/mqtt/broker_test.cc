#include "sources/mqtt/broker_test.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace artery::mqtt {
namespace {

using namespace testing;

class BrokerTest : public ::testing::Test {
 protected:
  sim::Machine machine{1};
};

Will will_of(std::string_view topic, std::string_view payload, bool retain = false) {
  return {.topic = topic, .payload = as_bytes(payload), .qos = qos1, .retain = retain};
}

TEST_F(BrokerTest, an_acknowledged_sample_survives_a_power_loss) {
  {
    NodeWithBroker node(machine);
    for (const ProtocolVersion version : {v3, v5}) {
      auto client = node.client("press7", version);
      client->publish("acme/press7", version == v3 ? R"({"force": 3, "ts": 1})" : R"({"force": 5, "ts": 2})");
      client->publish("acme/press7", version == v3 ? R"({"wear": 30})" : R"({"wear": 50})", qos2);
    }
    EXPECT_EQ(node.broker->counts().samples_accepted, 4U);
  }
  machine.crash(sim::CrashKind::power_loss);
  NodeWithBroker node(machine);
  const std::map<double, int> expected = {{3, 1}, {5, 1}, {30, 1}, {50, 1}};
  EXPECT_EQ(node.samples(), expected);
}

TEST_F(BrokerTest, messages_reach_subscribers_on_all_shards_in_their_order) {
  NodeWithBroker node(machine, 3);
  std::vector<std::unique_ptr<TestClient>> subscribers;
  for (int i = 0; i < 6; ++i) {
    subscribers.push_back(node.client(fmt::format("s{}", i), i % 2 == 0 ? v3 : v5));
    subscribers.back()->subscribe("acme/+/#", i < 3 ? qos0 : qos1);
  }
  auto publisher = node.client("p");
  for (int i = 0; i < 20; ++i) publisher->publish("acme/a/b", "message " + std::to_string(i));
  for (const auto& subscriber : subscribers) {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(subscriber->message(), "acme/a/b message " + std::to_string(i));
  }
}

TEST_F(BrokerTest, a_refused_sample_is_routed_acknowledged_and_counted) {
  NodeWithBroker node(machine);
  auto subscriber = node.client("s");
  subscriber->subscribe("#");
  auto publisher = node.client("p");
  publisher->publish("acme", R"({"v": 1, "ts": "yesterday"})");
  EXPECT_EQ(subscriber->message(), R"(acme {"v": 1, "ts": "yesterday"})");
  EXPECT_EQ(node.broker->counts().samples_refused, 1U);
  ASSERT_EQ(node.rejections.newest(10).size(), 1U);
  EXPECT_EQ(node.rejections.newest(10)[0].client, "p");
  EXPECT_EQ(node.rejections.newest(10)[0].topic, "acme");
  EXPECT_EQ(node.rejections.newest(10)[0].remote, to_text(publisher->local()));
}

TEST_F(BrokerTest, a_malformed_packet_is_a_rejection_with_client_address_and_bytes) {
  NodeWithBroker node(machine);
  auto client = node.client("p");
  Publish packet{.topic = "acme", .payload = as_bytes("1")};
  packet.properties.subscription_ids = {1};
  const std::string from = to_text(client->local());  // gone with the connection
  client->say(packet);
  EXPECT_EQ(client->hear<Disconnect>().reason, ReasonCode::protocol_error);
  const auto newest = node.rejections.newest(10);
  ASSERT_EQ(newest.size(), 1U);
  EXPECT_EQ(newest[0].source, "mqtt");
  EXPECT_EQ(newest[0].client, "p");
  EXPECT_EQ(newest[0].remote, from);
  EXPECT_TRUE(newest[0].reason.ends_with("(MQTT-3.3.4-6)")) << newest[0].reason;
  EXPECT_NE(newest[0].bytes.find("acme"), std::string::npos);
  EXPECT_EQ(node.rejections.counts()[static_cast<std::size_t>(admission::RefusalKind::malformed)], 1U);
  EXPECT_EQ(node.broker->counts().protocol_errors, 1U);
}

TEST_F(BrokerTest, a_retained_message_survives_and_comes_to_new_subscribers) {
  {
    NodeWithBroker node(machine);
    auto publisher = node.client("p");
    publisher->publish("state/a", "on", qos1, true);
    publisher->publish("state/b", "on", qos1, true);
    publisher->publish("state/b", "", qos1, true);
  }
  machine.crash(sim::CrashKind::power_loss);
  NodeWithBroker node(machine);
  auto subscriber = node.client("s");
  subscriber->subscribe("state/+");
  EXPECT_EQ(subscriber->message(), "state/a retained on");
  subscriber->publish("state/c", "later", qos0);
  EXPECT_EQ(subscriber->message(), "state/c later");
}

TEST_F(BrokerTest, MQTT_3_3_2_6_a_retained_message_keeps_its_properties_and_expires) {
  {
    NodeWithBroker node(machine);
    auto publisher = node.client("p");
    Publish packet{.qos = qos1, .retain = true, .packet_id = 1, .topic = "state", .payload = as_bytes("on")};
    packet.properties.message_expiry_s = 10;
    packet.properties.user_properties = {{"unit", "mm"}};
    publisher->say(packet);
    publisher->hear<Puback>();
    node.process.run_for(4s);
  }
  machine.crash(sim::CrashKind::power_loss);
  NodeWithBroker node(machine);
  auto subscriber = node.client("s");
  subscriber->subscribe("#");
  const Publish packet = subscriber->hear<Publish>();
  EXPECT_EQ(packet.properties.user_properties, (std::vector<UserProperty>{{"unit", "mm"}}));
  EXPECT_EQ(packet.properties.message_expiry_s, 6U);
  node.process.run_for(6s);
  auto late = node.client("late");
  late->subscribe("#");
  late->publish("other", "x", qos0);
  EXPECT_EQ(late->message(), "other x");
}

TEST_F(BrokerTest, more_retained_messages_than_the_window_all_arrive) {
  NodeWithBroker node(machine, 1, {.session = {.in_flight_max = 2, .queue_messages_max = 1}});
  auto publisher = node.client("p");
  for (int i = 10; i < 30; ++i) publisher->publish("state/" + std::to_string(i), "x", qos1, true);
  auto subscriber = node.client("s");
  subscriber->subscribe("state/+");
  for (int i = 10; i < 30; ++i) EXPECT_EQ(subscriber->message(), "state/" + std::to_string(i) + " retained x");
}

TEST_F(BrokerTest, a_retained_message_beyond_the_limit_is_routed_and_told) {
  live::RetainedSettings settings;
  settings.count_max = 1;
  NodeWithBroker node(machine, 1, {}, {}, settings);
  auto publisher = node.client("p");
  publisher->publish("state/a", "on", qos1, true);
  publisher->subscribe("state/b");
  publisher->say(Publish{.qos = qos1, .retain = true, .packet_id = 9, .topic = "state/b", .payload = as_bytes("7")});
  publisher->message();
  EXPECT_EQ(publisher->hear<Puback>().reason, ReasonCode::quota_exceeded);
  EXPECT_EQ(node.broker->counts().not_retained, 1U);
  EXPECT_EQ(node.samples().count(7), 1U);
}

TEST_F(BrokerTest, a_will_is_published_when_its_client_is_lost) {
  NodeWithBroker node(machine);
  auto subscriber = node.client("s");
  subscriber->subscribe("#");
  auto lost = node.client("lost", v3, will_of("state/lost", R"({"online": false})"));
  lost->drop();
  EXPECT_EQ(subscriber->message(), R"(state/lost {"online": false})");
  auto leaving = node.client("leaving", v3, will_of("state/leaving", "gone"));
  leaving->say(Disconnect{});
  EXPECT_TRUE(leaving->wait_for_end());
  subscriber->publish("done", "x", qos0);
  EXPECT_EQ(subscriber->message(), "done x");
  EXPECT_EQ(node.broker->counts().samples_accepted, 1U);
}

// The older one's retained will must not replace what the newer one says of itself.
TEST_F(BrokerTest, MQTT_3_1_4_3_a_client_takes_its_identifier_over_after_the_others_will) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::Machine seeded(seed);
    NodeWithBroker node(seeded, 3);
    std::vector<std::unique_ptr<TestClient>> clients;
    for (int i = 0; i < 4; ++i) {
      clients.push_back(node.client("same", v5, will_of("state", "offline", true)));
      clients.back()->publish("state", "online", qos1, true);
      if (i == 0) continue;
      const auto told = clients[clients.size() - 2]->next();
      ASSERT_TRUE(told && std::holds_alternative<Disconnect>(*told));
      EXPECT_EQ(std::get<Disconnect>(*told).reason, ReasonCode::session_taken_over);
    }
    auto subscriber = node.client("s");
    subscriber->subscribe("state");
    EXPECT_EQ(subscriber->message(), "state retained online");
    EXPECT_EQ(node.broker->counts().sessions_taken_over, 3U);
  }
}

TEST_F(BrokerTest, many_claims_at_once_leave_one_session) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::Machine seeded(seed);
    NodeWithBroker node(seeded, 3);
    std::vector<std::unique_ptr<TestClient>> clients;
    for (int i = 0; i < 6; ++i) clients.push_back(node.client(v5));
    for (const auto& client : clients) {
      client->say(Connect{.client_id = "same", .will = will_of("state", "offline", true)});
    }
    clients[seed % 6]->drop();
    node.process.run_for(5s);
    int open = 0;
    for (const auto& client : clients) open += client->is_closed() ? 0 : 1;
    EXPECT_LE(open, 1);
    EXPECT_LE(node.broker->counts().connections_open, 1U);
    node.client("same");
    node.stop_broker();
  }
}

TEST_F(BrokerTest, a_full_disk_is_told_and_nothing_is_acknowledged) {
  NodeWithBroker node(machine, 1);
  auto client = node.client("p");
  client->publish("a", R"({"v": 1})");
  machine.faults().capacity_bytes = 0;
  const std::string payload = R"({"text": ")" + std::string(60'000, 'x') + R"("})";
  std::optional<Packet> answer;
  for (std::uint16_t i = 1; i < 1000 && !client->is_closed(); ++i) {
    client->say(Publish{.qos = qos1, .packet_id = i, .topic = "a", .payload = as_bytes(payload)});
    answer = client->next();
    if (!answer || !std::holds_alternative<Puback>(*answer)) break;
  }
  ASSERT_TRUE(answer && std::holds_alternative<Disconnect>(*answer));
  EXPECT_EQ(std::get<Disconnect>(*answer).reason, ReasonCode::quota_exceeded);
  EXPECT_EQ(node.broker->counts().not_stored, 1U);
  machine.faults().capacity_bytes = std::uint64_t{1} << 40U;
  node.process.run_for(5s);
  node.client("p")->publish("a", payload);
}

TEST_F(BrokerTest, what_admission_is_too_busy_for_is_read_later_and_not_lost) {
  admission::AdmissionSettings settings;
  settings.pending_bytes_max = 4096;
  settings.batches_in_flight_max = 1;
  NodeWithBroker node(machine, 1, {}, settings);
  auto client = node.client("p");
  auto watcher = node.client("w");
  watcher->subscribe("a", qos0);
  constexpr std::uint16_t publishes = 500;
  for (std::uint16_t i = 1; i <= publishes; ++i) {
    const std::string payload = R"({"v": )" + std::to_string(i) + R"(, "pad": ")" + std::string(100, 'x') + R"("})";
    client->say(Publish{.qos = qos1, .packet_id = i, .topic = "a", .payload = as_bytes(payload)});
  }
  for (std::uint16_t i = 1; i <= publishes; ++i) ASSERT_EQ(client->hear<Puback>().packet_id, i);
  EXPECT_GT(node.admissions[0]->counters().refused_busy, 0U);
  const std::map<double, int> found = node.samples();
  EXPECT_EQ(found.size(), publishes);
  for (const auto& [value, count] : found) EXPECT_EQ(count, 1) << value;
  int routed = 0;
  while (watcher->take()) ++routed;
  EXPECT_EQ(routed, publishes);
}

TEST_F(BrokerTest, a_subscriber_that_does_not_read_slows_nobody) {
  NodeWithBroker node(machine, 2, {.session = {.outbox_bytes_max = 10'000, .queue_messages_max = 50}});
  auto lazy = node.client("lazy");
  lazy->subscribe("t", qos0);
  auto greedy = node.client("greedy");
  greedy->subscribe("t", qos1);
  lazy->pause();
  greedy->pause();
  auto good = node.client("good");
  good->subscribe("t", qos1);
  auto publisher = node.client("p");
  const std::string payload(2000, 'x');
  for (int i = 0; i < 300; ++i) {
    publisher->publish("t", payload);
    good->message();
  }
  const MqttCounts counts = node.broker->counts();
  EXPECT_GT(counts.dropped_slow, 0U);
  EXPECT_EQ(counts.slow_clients, 1U);
  std::map<std::string, std::uint64_t> dropped;
  for (const BrokerClient& client : node.clients()) dropped[client.client_id] = client.dropped;
  EXPECT_EQ(dropped.at("lazy"), counts.dropped_slow);
  EXPECT_EQ(dropped.at("good"), 0U);
  EXPECT_FALSE(dropped.contains("greedy"));
}

TEST_F(BrokerTest, what_each_client_sends_and_takes_is_counted) {
  NodeWithBroker node(machine, 2);
  auto press = node.client("press7", v3);
  auto follower = node.client("follower", v5);
  auto silent = node.client();  // no CONNECT
  follower->subscribe("acme/#");
  follower->subscribe("acme/#", qos0);
  follower->subscribe("other");
  node.process.run_for(5s);
  press->publish("acme/press7", R"({"force": 1, "wear": 2})");
  press->publish("acme/press7", R"({"force": "hot", "wear": 3})");
  follower->message();
  follower->message();
  std::map<std::string, BrokerClient> clients;
  for (BrokerClient& client : node.clients()) clients[client.client_id] = client;
  ASSERT_EQ(clients.size(), 2U);
  const BrokerClient& sender = clients.at("press7");
  EXPECT_EQ(sender.remote, press->local());
  EXPECT_EQ(sender.version, v3);
  EXPECT_EQ(sender.messages_in, 2U);
  EXPECT_EQ(sender.messages_out, 0U);
  EXPECT_EQ(sender.samples_accepted, 3U);
  EXPECT_EQ(sender.samples_refused, 1U);
  EXPECT_EQ(sender.subscriptions, 0U);
  EXPECT_GE(sender.heard.value() - sender.since.value(), Duration(5s).count());
  EXPECT_LE(sender.heard, node.process.clock().now());
  const BrokerClient& reader = clients.at("follower");
  EXPECT_EQ(reader.version, v5);
  EXPECT_EQ(reader.messages_in, 0U);
  EXPECT_EQ(reader.messages_out, 2U);
  EXPECT_EQ(reader.subscriptions, 2U);
  const MqttCounts counts = node.broker->counts();
  EXPECT_EQ(sender.bytes_in + reader.bytes_in, counts.bytes_in);
  EXPECT_EQ(sender.bytes_out + reader.bytes_out, counts.bytes_out);
  press->drop();
  node.process.run_for(1s);
  EXPECT_EQ(node.clients().size(), 1U);
}

TEST_F(BrokerTest, connections_are_bounded) {
  NodeWithBroker node(machine, 2, {.connections_max = 2});
  auto first = node.client("a");
  auto second = node.client("b");
  auto third = node.client();
  EXPECT_TRUE(third->wait_for_end());
  EXPECT_EQ(node.broker->counts().connections_refused, 1U);
  first->drop();
  node.process.run_for(1s);
  node.client("c");
}

TEST_F(BrokerTest, silence_ends_a_session_and_pings_keep_it) {
  NodeWithBroker node(machine);
  auto silent = node.client();
  silent->say(Connect{.keep_alive_s = 2, .client_id = "silent"});
  silent->hear<Connack>();
  auto never = node.client();
  node.process.run_for(5s);
  EXPECT_EQ(silent->hear<Disconnect>().reason, ReasonCode::keep_alive_timeout);
  node.process.run_for(7s);
  EXPECT_TRUE(never->is_closed());
}

TEST_F(BrokerTest, a_stop_tells_clients_publishes_wills_and_waits_for_the_disk) {
  {
    NodeWithBroker node(machine, 3);
    std::vector<std::unique_ptr<TestClient>> clients;
    for (int i = 0; i < 7; ++i) {
      const std::string name = fmt::format("c{}", i);
      clients.push_back(node.client(name, v5, will_of("state/" + name, "off", true)));
    }
    auto silent = node.client();
    node.stop_broker();
    for (const auto& client : clients) {
      EXPECT_EQ(client->hear<Disconnect>().reason, ReasonCode::server_shutting_down);
      EXPECT_TRUE(client->wait_for_end());
    }
    EXPECT_EQ(node.broker->counts().connections_open, 0U);
    node.broker.reset();
  }
  machine.crash(sim::CrashKind::power_loss);
  NodeWithBroker node(machine);
  node.process.run_for(1s);
  EXPECT_EQ(node.retained->counters().count, 7U);
}

TEST_F(BrokerTest, a_stop_cuts_clients_that_do_not_leave) {
  NodeWithBroker node(machine, 1);
  auto lazy = node.client("lazy");
  lazy->subscribe("t", qos0);
  lazy->pause();
  auto publisher = node.client("p");
  const std::string payload(100'000, 'x');
  for (int i = 0; i < 5; ++i) publisher->publish("t", payload);
  node.stop_broker();
  EXPECT_EQ(node.broker->counts().connections_open, 0U);
}

// Random clients, resets and crashes: whatever was acknowledged is in the log afterwards.
class BrokerRun {
 public:
  BrokerRun(std::uint64_t seed, std::set<double>& acknowledged, double& next_value)
      : rng_(seed), acknowledged_(acknowledged), next_value_(next_value) {}

  void run(sim::Machine& machine) {
    NodeWithBroker node(machine, 1 + rng_.below(3));
    if (!node.broker) return;
    std::vector<Talker> talkers(1 + rng_.below(4));
    for (int turn = 0; turn < 60 && !node.process.halted(); ++turn) {
      Talker& talker = talkers[rng_.below(talkers.size())];
      if (talker.client == nullptr || talker.client->is_closed()) connect(node, talker, talkers.size());
      if (rng_.chance(0.03)) talker.client->drop();
      if (talker.client->is_closed()) continue;
      say_something(talker);
      if (rng_.chance(0.5)) node.process.run_for(Duration(static_cast<std::int64_t>(rng_.below(3'000'000))));
      for (Talker& one : talkers) listen(one);
    }
    node.process.run_for(20ms);
    for (Talker& one : talkers) listen(one);
    node.process.halt();
  }

 private:
  struct Talker {
    std::unique_ptr<TestClient> client;
    std::map<std::uint16_t, double> waiting;
    std::uint16_t last_id = 0;
  };

  void connect(NodeWithBroker& node, Talker& talker, std::size_t ids) {
    talker = {};
    talker.client = node.client(rng_.chance(0.5) ? v3 : v5);
    const std::string id = fmt::format("c{}", rng_.below(ids));
    talker.client->say(
        Connect{.version = talker.client->version(),
                .client_id = id,
                .will = rng_.chance(0.5) ? std::optional(will_of("w/" + id, "gone", true)) : std::nullopt});
  }
  void say_something(Talker& talker) {
    if (rng_.chance(0.1)) {
      talker.client->say(Subscribe{.packet_id = 1, .subscriptions = {{.filter = "#", .qos = qos1}}});
      return;
    }
    const double value = next_value_++;
    const std::string topic = "a/" + std::to_string(rng_.below(5));
    const std::string name = "v" + std::to_string(rng_.below(4));
    const std::string payload = "{\"" + name + "\": " + std::to_string(value) + "}";
    const Qos qos = rng_.chance(0.3) ? qos2 : qos1;
    const std::uint16_t id = ++talker.last_id;
    talker.waiting[id] = value;
    talker.client->say(
        Publish{.qos = qos, .retain = rng_.chance(0.2), .packet_id = id, .topic = topic, .payload = as_bytes(payload)});
  }
  void listen(Talker& talker) {
    if (talker.client == nullptr) return;
    while (const auto packet = talker.client->take()) {
      if (const auto* puback = std::get_if<Puback>(&*packet))
        acknowledged_.insert(talker.waiting.at(puback->packet_id));
      if (const auto* publish = std::get_if<Publish>(&*packet); publish != nullptr && publish->packet_id > 0) {
        talker.client->say(Puback{.packet_id = publish->packet_id});
      }
      const auto* pubrec = std::get_if<Pubrec>(&*packet);
      if (pubrec == nullptr) continue;
      acknowledged_.insert(talker.waiting.at(pubrec->packet_id));
      talker.client->say(Pubrel{.packet_id = pubrec->packet_id});
    }
  }

  sim::Rng rng_;
  std::set<double>& acknowledged_;
  double& next_value_;
};

TEST_F(BrokerTest, whatever_happens_what_was_acknowledged_is_in_the_log) {
  std::size_t acknowledged_in_all = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    sim::Machine seeded(seed);
    seeded.faults().reset_chance = seed % 3 == 0 ? 0.01 : 0;
    std::set<double> acknowledged;
    double next_value = 1;
    for (std::uint64_t life = 0; life < 3; ++life) {
      sim::Rng rng(seed * 10 + life);
      if (rng.chance(0.7)) seeded.crash_at_io(seeded.io_count() + 20 + rng.below(300));
      BrokerRun(seed * 10 + life, acknowledged, next_value).run(seeded);
      seeded.crash(rng.chance(0.5) ? sim::CrashKind::kill : sim::CrashKind::power_loss);
    }
    seeded.crash_at_io(0);
    NodeWithBroker node(seeded);
    const std::map<double, int> found = node.samples();
    for (const double value : acknowledged) {
      EXPECT_TRUE(found.contains(value)) << "seed " << seed << ": " << value << " was acknowledged and is gone";
    }
    for (const auto& [value, count] : found) EXPECT_EQ(count, 1) << "seed " << seed << ": " << value << " is doubled";
    acknowledged_in_all += acknowledged.size();
  }
  EXPECT_GT(acknowledged_in_all, 600U);
}

}  // namespace
}  // namespace artery::mqtt
