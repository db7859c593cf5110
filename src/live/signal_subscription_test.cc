#include "live/signal_subscription.h"

#include <gtest/gtest.h>

#include <set>

#include "live/live_test.h"

namespace artery::live {
namespace {

using sim::Machine;
using testing::Node;
using namespace std::chrono_literals;

struct Listener final : SignalSubscriber {
  void on_updates(std::span<const Update> some, std::uint64_t dropped_now) override {
    EXPECT_TRUE(home.is_current());
    for (const Update& update : some) updates.push_back(update);
    dropped += dropped_now;
    ++calls;
    if (pause_after_call) subscription->pause();
  }
  void on_ended() override { ended = true; }

  explicit Listener(runtime::Loop& loop) : home(loop) {}
  [[nodiscard]] std::vector<std::string> names() const {
    std::set<std::string> all;
    for (const Update& update : updates) all.emplace(*update.name);
    return {all.begin(), all.end()};
  }
  [[nodiscard]] std::vector<Value> values() const {
    std::vector<Value> all;
    for (const Update& update : updates) all.push_back(update.value);
    return all;
  }

  runtime::Loop& home;
  std::unique_ptr<SignalSubscription> subscription;
  std::vector<Update> updates;
  std::uint64_t dropped = 0;
  int calls = 0;
  bool ended = false;
  bool pause_after_call = false;
};

void subscribe(Node& node, Listener& listener, SignalSelection selection) {
  node.on(listener.home, [&] {
    auto made = node.newest->subscribe(selection, listener, listener.home);
    ASSERT_TRUE(made);
    listener.subscription = std::move(*made);
  });
  node.process.run_for(1s);
}

std::vector<Value> numbers(std::initializer_list<double> values) { return {values.begin(), values.end()}; }

TEST(SignalSubscription, begins_with_the_newest_values_and_goes_on_with_what_changes) {
  Machine machine(1);
  Node node(machine, 3);
  node.write({{1, 101, 10, 1.0}, {2, 201, 10, 2.0}, {3, 301, 10, 3.0}});
  Listener listener(*node.loops[1]);
  subscribe(node, listener, {.filters = {"plant/a1/+", "plant/a2/s201", "plant/a2/#"}});
  EXPECT_EQ(listener.names(), (std::vector<std::string>{"plant/a1/s101", "plant/a2/s201"}));
  EXPECT_EQ(listener.updates.size(), 2U);
  node.write(201, 20, 5.0);
  node.write(301, 20, 6.0);
  node.write(101, 5, 7.0);
  node.process.run_for(1s);
  ASSERT_EQ(listener.updates.size(), 3U) << "neither another signal's nor a late sample";
  EXPECT_EQ(listener.updates.back().value, Value(5.0));
  EXPECT_EQ(listener.updates.back().time, Time(20));
  EXPECT_EQ(listener.updates.back().signal, SignalId(201));
}

TEST(SignalSubscription, follows_signals_by_the_names_that_they_have_now) {
  for (const Every every : {Every::interval, Every::sample}) {
    Machine machine(3);
    Node node(machine, 2);
    node.write({{1, 101, 10, 1.0}, {2, 201, 10, 2.0}});
    Listener by_old(*node.loops[0]);
    Listener by_new(*node.loops[1]);
    Listener one(*node.loops[0]);
    subscribe(node, by_old, {.filters = {"plant/a1/#"}, .every = every});
    subscribe(node, by_new, {.filters = {"hall/#"}, .every = every});
    subscribe(node, one, {.filters = {"plant/a1/s101"}, .every = every});
    EXPECT_EQ(by_old.updates.size(), 1U);
    EXPECT_TRUE(by_new.updates.empty());
    node.renamed.names = {{SignalId(101), "hall/press"}};
    node.renamed.epoch = 2;
    node.write(201, 20, 3.0);
    node.process.run_for(1s);
    ASSERT_EQ(by_new.updates.size(), 1U) << "its newest value, with whatever is written next";
    EXPECT_EQ(*by_new.updates[0].name, "hall/press");
    EXPECT_EQ(by_new.updates[0].value, Value(1.0));
    node.write(101, 20, 4.0);
    node.process.run_for(1s);
    EXPECT_EQ(by_old.updates.size(), 1U) << "none of that name any more";
    EXPECT_EQ(*by_old.updates[0].name, "plant/a1/s101") << "what was told before keeps its text";
    EXPECT_EQ(by_new.values().back(), Value(4.0));
    EXPECT_EQ(one.values().back(), Value(4.0)) << "a former name leads there";
    EXPECT_EQ(*one.updates.back().name, "hall/press");
    Listener late(*node.loops[1]);
    subscribe(node, late, {.filters = {"plant/a1/s101"}, .every = every});
    EXPECT_EQ(late.names(), std::vector<std::string>{"hall/press"});
  }
}

TEST(SignalSubscription, a_name_is_kept_while_it_is_followed_and_then_only_by_the_updates_that_told_it) {
  Machine machine(3);
  Node node(machine, 1);
  node.write(101, 10, 1.0);
  Listener listener(*node.loops[0]);
  subscribe(node, listener, {.filters = {"#"}});
  const std::weak_ptr<const std::string> former = listener.updates.back().name;
  listener.updates.clear();
  EXPECT_FALSE(former.expired()) << "the next update shares it";
  node.renamed.names = {{SignalId(101), "hall/press"}};
  node.renamed.epoch = 2;
  node.write(101, 20, 2.0);
  node.process.run_for(1s);
  EXPECT_EQ(listener.names(), std::vector<std::string>{"hall/press"});
  EXPECT_TRUE(former.expired());
  const std::weak_ptr<const std::string> present = listener.updates.back().name;
  listener.updates.clear();
  node.on(listener.home, [&] { listener.subscription.reset(); });
  node.write(101, 30, 3.0);
  node.process.run_for(1s);
  EXPECT_TRUE(present.expired()) << "nobody follows it";
}

TEST(SignalSubscription, follows_signals_that_appear_later) {
  for (const Every every : {Every::interval, Every::sample}) {
    Machine machine(2);
    Node node(machine, 2);
    Listener listener(*node.loops[0]);
    subscribe(node, listener, {.filters = {"plant/+/s101", "plant/a2/#", "plant/a3/s301"}, .every = every});
    EXPECT_TRUE(listener.updates.empty());
    node.write({{1, 101, 1, 1.0}, {2, 202, 1, 2.0}, {3, 301, 1, 3.0}, {4, 401, 1, 4.0}});
    node.process.run_for(1s);
    EXPECT_EQ(listener.names(), (std::vector<std::string>{"plant/a1/s101", "plant/a2/s202", "plant/a3/s301"}));
    EXPECT_EQ(listener.updates.size(), 3U);
  }
}

TEST(SignalSubscription, coalesces_to_the_newest_of_an_interval_and_then_rests) {
  Machine machine(3);
  Node node(machine, 1);
  Listener listener(*node.loops[0]);
  subscribe(node, listener, {.filters = {"#"}});
  const Instant start = machine.instant();
  for (std::int64_t i = 0; machine.instant() - start < 1s; ++i) node.write(101, i, static_cast<double>(i));
  node.process.run_for(1s);
  EXPECT_GE(listener.updates.size(), 9U);
  EXPECT_LE(listener.updates.size(), 12U) << "one in 100 ms";
  EXPECT_EQ(listener.updates.back().value, node.value(101)) << "the last change is told";
  const Instant rest = machine.instant();
  int items = 0;
  node.process.run_until([&] { return ++items, machine.instant() - rest > 30min; });
  EXPECT_LT(items, 10) << "no timer runs while nothing changes, but for the checkpoints'";
}

TEST(SignalSubscription, the_first_change_after_a_rest_is_told_at_once) {
  Machine machine(4);
  Node node(machine, 1);
  Listener listener(*node.loops[0]);
  subscribe(node, listener, {.filters = {"#"}});
  node.write(101, 1, 1.0);
  node.process.run_for(1ms);
  EXPECT_EQ(listener.updates.size(), 1U);
}

TEST(SignalSubscription, every_sample_comes_in_its_order_late_ones_too) {
  Machine machine(5);
  Node node(machine, 2);
  node.write(101, 100, 1.0);
  Listener listener(*node.loops[1]);
  subscribe(node, listener, {.filters = {"plant/a1/s101"}, .every = Every::sample});
  node.write({{1, 101, 200, 2.0}, {1, 101, 150, 3.0}, {2, 201, 1, 9.0}, {1, 101, 200, 4.0}});
  node.write(101, 300, 5.0);
  node.process.run_for(1s);
  EXPECT_EQ(listener.values(), numbers({1, 2, 3, 4, 5}));
  EXPECT_EQ(listener.dropped, 0U);
}

TEST(SignalSubscription, a_slow_subscriber_of_every_sample_is_bounded_counted_and_told) {
  Machine machine(6);
  Node node(machine, 2, {.outbox_updates_max = 10});
  Listener slow(*node.loops[0]);
  Listener quick(*node.loops[1]);
  subscribe(node, slow, {.filters = {"#"}, .every = Every::sample});
  subscribe(node, quick, {.filters = {"#"}, .every = Every::sample});
  node.on(slow.home, [&] { slow.subscription->pause(); });
  for (std::int64_t i = 0; i < 50; ++i) {
    node.write(101, i, static_cast<double>(i));
    ASSERT_EQ(node.value(101), Value(static_cast<double>(i))) << "the path goes on";
  }
  node.process.run_for(1s);
  EXPECT_EQ(quick.updates.size(), 50U);
  EXPECT_EQ(quick.dropped, 0U);
  EXPECT_TRUE(slow.updates.empty());
  EXPECT_EQ(node.newest->counters().updates_dropped, 40U);
  node.on(slow.home, [&] { slow.subscription->resume(); });
  node.process.run_for(1s);
  EXPECT_EQ(slow.values(), numbers({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(slow.dropped, 40U);
  node.write(101, 100, 100.0);
  node.process.run_for(1s);
  EXPECT_EQ(slow.updates.back().value, Value(100.0)) << "and goes on";
}

TEST(SignalSubscription, a_slow_subscriber_of_the_newest_loses_no_signals_newest) {
  Machine machine(7);
  Node node(machine, 3, {.outbox_updates_max = 4});
  Listener slow(*node.loops[0]);
  subscribe(node, slow, {.filters = {"#"}});
  slow.pause_after_call = true;
  for (std::int64_t round = 0; round < 5; ++round) {
    for (std::uint32_t asset = 1; asset <= 20; ++asset) {
      node.write(asset * 100 + 1, round, static_cast<double>(round));
    }
    node.on(slow.home, [&] { slow.subscription->resume(); });
  }
  EXPECT_LE(slow.updates.size(), 30U);
  slow.pause_after_call = false;
  node.on(slow.home, [&] { slow.subscription->resume(); });
  node.process.run_for(10s);
  EXPECT_EQ(slow.dropped, 0U);
  std::map<SignalId, Value> newest;
  for (const Update& update : slow.updates) newest[update.signal] = update.value;
  EXPECT_EQ(newest.size(), 20U);
  for (const auto& [signal, value] : newest) EXPECT_EQ(value, Value(4.0)) << signal.value();
}

TEST(SignalSubscription, the_initial_values_of_many_signals_come_whole_through_a_small_outbox) {
  for (const Every every : {Every::interval, Every::sample}) {
    Machine machine(8);
    Node node(machine, 2, {.outbox_updates_max = 50});
    std::vector<testing::Row> rows;
    for (std::uint32_t asset = 1; asset <= 100; ++asset) {
      for (std::uint32_t i = 1; i < 100; ++i) rows.push_back({asset, asset * 100 + i, 1, 1.0});
      if (rows.size() < 1000) continue;
      node.write(rows);
      rows.clear();
    }
    node.write(rows.empty() ? std::vector<testing::Row>{{1, 101, 1, 1.0}} : rows);
    Listener listener(*node.loops[0]);
    subscribe(node, listener, {.filters = {"#"}, .every = every});
    node.process.run_for(1min);
    EXPECT_EQ(listener.names().size(), 9900U);
    EXPECT_EQ(listener.dropped, 0U);
  }
}

TEST(SignalSubscription, ends_with_its_handle_and_with_the_node) {
  Machine machine(9);
  Node node(machine, 2);
  Listener gone(*node.loops[0]);
  Listener stays(*node.loops[0]);
  subscribe(node, gone, {.filters = {"#"}});
  subscribe(node, stays, {.filters = {"#"}, .every = Every::sample});
  EXPECT_EQ(node.newest->counters().subscriptions, 2U);
  node.on(gone.home, [&] { gone.subscription.reset(); });
  node.write(101, 1, 1.0);
  node.process.run_for(1s);
  EXPECT_EQ(node.newest->counters().subscriptions, 1U);
  EXPECT_EQ(gone.calls, 0);
  EXPECT_EQ(stays.updates.size(), 1U);
  node.close();
  node.process.run_for(1s);
  EXPECT_TRUE(stays.ended);
}

TEST(SignalSubscription, wrong_filters_and_too_many_are_refused_with_a_reason) {
  Machine machine(10);
  Node node(machine, 1, {.filters_max = 2, .subscriptions_max = 1});
  Listener listener(*node.loops[0]);
  const auto refusal = [&](std::vector<std::string> filters) {
    const auto made = node.newest->subscribe({.filters = std::move(filters)}, listener, listener.home);
    return made ? std::string() : made.error().message();
  };
  EXPECT_NE(refusal({"a/#/b"}).find("'a/#/b' is not a filter"), std::string::npos);
  EXPECT_NE(refusal({"a", "b", "c"}).find("at most 2"), std::string::npos);
  subscribe(node, listener, {.filters = {"a"}});
  EXPECT_NE(refusal({"a"}).find("1 subscriptions"), std::string::npos);
}

}  // namespace
}  // namespace artery::live
