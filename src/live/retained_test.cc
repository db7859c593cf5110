#include "live/retained.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "live/live_test.h"

namespace artery::live {
namespace {

using sim::CrashKind;
using sim::Machine;
using testing::Node;
using Texts = std::vector<std::string>;
using namespace std::chrono_literals;

TEST(Retained, who_asks_after_the_acknowledgement_finds_the_last_of_each_topic) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Machine machine(seed);
    Node node(machine, 2);
    node.append(Node::message("a/b", "1", true));
    EXPECT_EQ(node.found("a/b"), Texts{"1"});
    node.append(Node::message("a/b", "2", true));
    node.append(Node::message("a/b", "3", false));
    EXPECT_EQ(node.found("a/b"), Texts{"2"}) << "one that is not to be retained changes nothing";
    node.append(Node::message("a", "4", true));
    node.append(Node::message("a/c", "5", true));
    node.append(Node::message("ab", "6", true));
    node.append(Node::message("$x/a", "7", true));
    EXPECT_EQ(node.found("a/#"), (Texts{"4", "2", "5"}));
    EXPECT_EQ(node.found("a/+"), (Texts{"2", "5"}));
    EXPECT_EQ(node.found("+"), (Texts{"4", "6"}));
    EXPECT_EQ(node.found("#"), (Texts{"4", "2", "5", "6"}));
    EXPECT_EQ(node.found("$x/#"), Texts{"7"});
    EXPECT_EQ(node.found("b"), Texts{});
  }
}

TEST(Retained, an_empty_payload_removes) {
  Machine machine(1);
  Node node(machine, 1);
  node.append(Node::message("a", "12345", true));
  EXPECT_EQ(node.found("a"), Texts{"12345"});
  EXPECT_EQ(node.retained->counters().count, 1U);
  EXPECT_EQ(node.retained->counters().bytes, 6U);
  node.append(Node::message("a", "", true));
  EXPECT_EQ(node.found("#"), Texts{});
  EXPECT_EQ(node.retained->counters().count, 0U);
  EXPECT_EQ(node.retained->counters().bytes, 0U);
}

TEST(Retained, survives_kills_and_power_losses) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    Machine machine(seed);
    std::map<std::string, std::string> expected;
    for (int run = 0; run < 5; ++run) {
      {
        Node node(machine, 1 + machine.rng().next() % 3, {}, {.checkpoint_bytes = 1000});
        Texts payloads;
        for (const auto& [topic, payload] : expected) payloads.push_back(payload);
        ASSERT_EQ(node.found("#"), payloads) << "run " << run;
        const auto count = machine.rng().next() % 30;
        for (std::uint64_t i = 0; i < count; ++i) {
          const std::string topic = fmt::format("t{}", machine.rng().next() % 8);
          const std::string payload = machine.rng().next() % 4 == 0 ? "" : std::to_string(i);
          node.append(Node::message(topic, payload, true));
          if (payload.empty()) {
            expected.erase(topic);
          } else {
            expected[topic] = payload;
          }
        }
        if (machine.rng().next() % 3 == 0) node.close();
      }
      machine.crash(machine.rng().next() % 2 == 0 ? CrashKind::kill : CrashKind::power_loss);
    }
  }
}

TEST(Retained, who_asks_waits_for_what_was_announced_before) {
  Machine machine(3);
  Node node(machine, 2);
  auto announced = node.retained->announce("a", 1);
  ASSERT_TRUE(announced);
  std::optional<Retained::Announced> ticket(std::move(*announced));
  runtime::Scope scope;
  std::optional<std::size_t> found;
  const auto ask = [&]() -> runtime::Task<void> {
    const auto messages = co_await node.retained->find("a", *node.loops[1]);
    found = messages->size();
  };
  node.on(*node.loops[1], [&] { scope.spawn(ask()); });
  node.process.run_for(1s);
  EXPECT_FALSE(found) << "on its way to the log";
  auto later = node.retained->announce("b", 1);
  node.append(Node::message("a", "1", true));
  ticket.reset();
  node.process.run_for(1s);
  EXPECT_EQ(found, 1U) << "what is announced later is not waited for";
}

TEST(Retained, limits_are_told_before_and_removing_is_always_allowed) {
  Machine machine(4);
  Node node(machine, 1, {}, {.count_max = 2, .bytes_max = 20});
  node.append(Node::message("a", "12345", true));
  node.append(Node::message("b", "12345", true));
  EXPECT_EQ(node.found("#").size(), 2U);
  const auto refusal = [&](std::string_view topic, std::size_t bytes) {
    const auto announced = node.retained->announce(topic, bytes);
    return announced ? std::string() : announced.error().message();
  };
  EXPECT_NE(refusal("c", 1).find("2 messages are retained already"), std::string::npos);
  EXPECT_NE(refusal("a", 14).find("more than 20 bytes"), std::string::npos);
  EXPECT_EQ(refusal("a", 13), "");
  EXPECT_EQ(refusal("c", 0), "");
  EXPECT_EQ(node.retained->counters().refused, 2U);
}

}  // namespace
}  // namespace artery::live
