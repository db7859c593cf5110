#include "live/router.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "live/live_test.h"

namespace artery::live {
namespace {

using sim::Machine;
using testing::Node;
using Texts = std::vector<std::string>;
using Ids = std::vector<std::uint32_t>;
using namespace std::chrono_literals;

// A client of one shard; takes `room` messages and then no more.
struct Client final : Outbox {
  struct Got {
    std::string text;
    std::uint8_t qos;
    bool retain;
    Ids ids;
  };
  Client(Node& owner, std::size_t index) : node(owner), loop(*owner.loops[index]), shard(owner.router->shard(index)) {
    node.on(loop, [&] { number = shard.join(*this); });
  }
  bool deliver(const SharedMessage& message, const Delivery& delivery) override {
    EXPECT_TRUE(loop.is_current());
    if (room == 0) return false;
    --room;
    got.push_back({std::string(as_text(message->payload)),
                   delivery.qos,
                   delivery.retain,
                   {delivery.subscription_ids.begin(), delivery.subscription_ids.end()}});
    return true;
  }
  void subscribe(std::string_view filter, const SubscribeOptions& options = {}) {
    node.on(loop, [&] { EXPECT_TRUE(shard.subscribe(number, filter, options)); });
  }
  void publish(std::string_view topic, std::string_view payload, bool retain = false, std::uint8_t qos = 2) {
    node.on(loop, [&] {
      shard.publish(make_message({.topic = topic, .payload = as_bytes(payload), .qos = qos, .retain = retain}, number));
    });
  }
  [[nodiscard]] Texts texts() const {
    Texts all;
    for (const Got& one : got) all.push_back(one.text);
    return all;
  }

  Node& node;
  runtime::Loop& loop;
  RouterShard& shard;
  ClientNumber number;
  std::size_t room = 1'000'000;
  std::vector<Got> got;
};

TEST(Router, a_message_reaches_whoever_subscribed_on_any_shard) {
  Machine machine(1);
  Node node(machine, 3);
  Client a(node, 0);
  Client b(node, 1);
  Client c(node, 2);
  a.subscribe("x/+", {.qos = 1});
  b.subscribe("x/#", {.qos = 2});
  c.subscribe("y");
  a.publish("x/1", "hello");
  node.process.run_for(1s);
  ASSERT_EQ(a.texts(), Texts{"hello"});
  ASSERT_EQ(b.texts(), Texts{"hello"});
  EXPECT_EQ(a.got[0].qos, 1);
  EXPECT_EQ(b.got[0].qos, 2);
  EXPECT_FALSE(a.got[0].retain);
  EXPECT_TRUE(c.got.empty());
  const auto counters = node.router->counters();
  EXPECT_EQ(counters.routed, 1U);
  EXPECT_EQ(counters.delivered, 2U);
  EXPECT_EQ(counters.clients, 3U);
  EXPECT_EQ(counters.subscriptions, 3U);
}

TEST(Router, the_order_of_each_publisher_is_kept_across_shards) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Machine machine(seed);
    Node node(machine, 3);
    Client one(node, 0);
    Client two(node, 1);
    Client listener(node, 2);
    listener.subscribe("#");
    for (int i = 0; i < 100; ++i) {
      for (Client* client : {&one, &two}) {
        client->loop.post([client, i] {
          const std::string text = fmt::format("{}:{}", client->number.value(), i);
          client->shard.publish(make_message({.topic = "t", .payload = as_bytes(text)}, client->number));
        });
      }
    }
    node.process.run_for(1s);
    ASSERT_EQ(listener.got.size(), 200U);
    std::map<std::string, int> next;
    for (const auto& got : listener.got) {
      const std::size_t colon = got.text.find(':');
      ASSERT_EQ(std::stoi(got.text.substr(colon + 1)), next[got.text.substr(0, colon)]++) << "seed " << seed;
    }
  }
}

TEST(Router, overlapping_subscriptions_give_one_copy_with_the_greatest_qos_and_all_identifiers) {
  Machine machine(2);
  Node node(machine, 2);
  Client a(node, 0);
  a.subscribe("x/#", {.qos = 0, .retain_as_published = true, .id = 7});
  a.subscribe("x/+", {.qos = 1, .id = 3});
  a.subscribe("x/y", {.qos = 0});
  a.publish("x/y", "m", true);
  ASSERT_EQ(a.got.size(), 1U);
  EXPECT_EQ(a.got[0].qos, 1);
  EXPECT_TRUE(a.got[0].retain);
  EXPECT_EQ(a.got[0].ids, (Ids{3, 7}));
}

TEST(Router, no_local_keeps_ones_own_messages_away) {
  Machine machine(3);
  Node node(machine, 2);
  Client a(node, 0);
  Client b(node, 1);
  a.subscribe("t", {.no_local = true});
  a.publish("t", "own");
  b.publish("t", "other");
  node.process.run_for(1s);
  EXPECT_EQ(a.texts(), Texts{"other"});
}

TEST(Router, who_unsubscribed_or_left_gets_nothing) {
  Machine machine(4);
  Node node(machine, 2);
  Client a(node, 0);
  Client b(node, 1);
  a.subscribe("t");
  b.subscribe("t");
  b.subscribe("u");
  node.on(a.loop, [&] {
    EXPECT_TRUE(a.shard.unsubscribe(a.number, "t"));
    EXPECT_FALSE(a.shard.unsubscribe(a.number, "t"));
  });
  node.on(b.loop, [&] { b.shard.leave(b.number); });
  a.publish("t", "m");
  node.process.run_for(1s);
  EXPECT_TRUE(a.got.empty());
  EXPECT_TRUE(b.got.empty());
  EXPECT_EQ(node.router->counters().subscriptions, 0U);
  EXPECT_EQ(node.router->counters().clients, 1U);
}

TEST(Router, what_a_full_outbox_or_inbox_does_not_take_is_counted) {
  Machine machine(5);
  Node node(machine, 2, {}, {}, {.subscriptions_per_client_max = 1, .inbox_messages_max = 3});
  Client a(node, 0);
  Client b(node, 1);
  Client quick(node, 0);
  a.subscribe("t");
  b.subscribe("t");
  quick.subscribe("t");
  a.room = 1;
  node.on(a.loop, [&] {
    for (int i = 0; i < 5; ++i) a.shard.publish(make_message({.topic = "t", .payload = as_bytes("m")}, a.number));
    EXPECT_FALSE(a.shard.subscribe(a.number, "u", {}));
  });
  node.process.run_for(1s);
  EXPECT_EQ(a.got.size(), 1U);
  EXPECT_EQ(quick.got.size(), 5U) << "a slow client costs its neighbour nothing";
  EXPECT_EQ(node.router->counters().dropped_outbox, 4U);
  EXPECT_EQ(b.got.size() + node.router->counters().dropped_inbox, 5U);
  EXPECT_GE(b.got.size(), 3U);
}

TEST(Router, a_new_subscription_brings_what_is_retained) {
  Machine machine(6);
  Node node(machine, 2);
  node.append(Node::message("a/1", "one", true));
  node.append(Node::message("a/2", "two", true));
  Client a(node, 1);
  a.subscribe("a/+", {.qos = 2, .id = 9});
  node.process.run_for(1s);
  ASSERT_EQ(a.texts(), (Texts{"one", "two"}));
  EXPECT_EQ(a.got[0].qos, 1) << "as it was published";
  EXPECT_TRUE(a.got[0].retain);
  EXPECT_EQ(a.got[0].ids, Ids{9});
  a.subscribe("a/+", {.retain_handling = RetainHandling::send_if_new});
  a.subscribe("a/1", {.retain_handling = RetainHandling::never});
  node.process.run_for(1s);
  EXPECT_EQ(a.got.size(), 2U);
  a.subscribe("a/2", {.retain_handling = RetainHandling::send_if_new});
  a.subscribe("a/+", {});
  node.process.run_for(1s);
  EXPECT_EQ(a.texts(), (Texts{"one", "two", "two", "one", "two"}));
  EXPECT_EQ(node.router->counters().retained_sent, 5U);
}

TEST(Router, retained_messages_wait_for_room_and_never_follow_a_newer_one) {
  Machine machine(7);
  Node node(machine, 2);
  for (int i = 0; i < 6; ++i) node.append(Node::message(fmt::format("a/{}", i), "old", true));
  Client a(node, 1);
  Client b(node, 0);
  a.room = 2;
  a.subscribe("a/+");
  node.process.run_for(1s);
  EXPECT_EQ(a.got.size(), 2U);
  a.room = 1;
  b.publish("a/4", "new", true);
  node.process.run_for(1s);
  ASSERT_EQ(a.texts().back(), "new");
  a.room = 100;
  node.on(a.loop, [&] { a.shard.resume(a.number); });
  EXPECT_EQ(a.texts(), (Texts{"old", "old", "new", "old", "old", "old"})) << "all six topics, none twice";
}

// A publisher sends a value that is retained, a subscriber comes at any moment: it ends with the newest value.
TEST(Router, whoever_subscribes_at_any_moment_ends_with_the_newest_value) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Machine machine(seed);
    Node node(machine, 2);
    Client publisher(node, 0);
    Client subscriber(node, 1);
    node.append(Node::message("t", "0", true));
    int answered = 0;
    const auto publish = [&](int number) {
      const std::string text = std::to_string(number);
      auto announced = node.retained->announce("t", text.size());
      ASSERT_TRUE(announced);
      ASSERT_TRUE(node.log->append(Node::message("t", text, true),
                                   [&, ticket = std::move(*announced)](const Result<Offset>&) { ++answered; }));
      publisher.shard.publish(
          make_message({.topic = "t", .payload = as_bytes(text), .qos = 1, .retain = true}, publisher.number));
    };
    node.on(publisher.loop, [&] {
      for (int i = 1; i <= 5; ++i) {
        const auto jitter = Duration(machine.rng().next() % 5'000'000);
        publisher.loop.after(i * 5ms + jitter, [&, i] { publish(i); });
      }
    });
    node.process.run_for(Duration(machine.rng().next() % 35'000'000));
    subscriber.subscribe("t");
    node.process.run_for(1s);
    ASSERT_EQ(answered, 5);
    ASSERT_FALSE(subscriber.got.empty()) << "seed " << seed;
    ASSERT_EQ(subscriber.got.back().text, "5") << "seed " << seed;
    for (std::size_t i = 1; i < subscriber.got.size(); ++i) {
      ASSERT_LE(subscriber.got[i - 1].text, subscriber.got[i].text) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace artery::live
