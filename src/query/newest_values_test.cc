#include "query/newest_values.h"

#include <gtest/gtest.h>

#include "history/history_test.h"

namespace artery::query {
namespace {

using history::testing::Node;
using history::testing::SentBatch;

constexpr AssetId asset(1);
constexpr SignalId number(1);
constexpr SignalId text(4);
constexpr SignalId without_samples(2);

// Live is opened when it is asked, over what the log still has then.
struct Asking {
  runtime::Task<Result<NewestValues::Values>> ask() {
    co_await runtime::on(node.home());
    live::SignalNames names;
    names.name = [](SignalId) { return std::string("s"); };
    names.find = [](std::string_view) { return std::nullopt; };
    names.epoch = [] { return std::uint64_t{1}; };
    sim::Process& process = node.process();
    checkpoints = std::make_unique<live::CheckpointFolder>(process.files(), pool, process.journal(), "live");
    live::Newest::Surroundings around{
        node.home(), {}, pool, *checkpoints, process.clock(), process.journal(), node.log(), std::move(names)};
    around.shards.push_back(&node.home());
    auto opened = co_await live::Newest::open(std::move(around), {}, [](const Error&) {});
    if (!opened) co_return opened.error();
    live = std::move(*opened);
    NewestValues values(*live, node.history(), node.home());
    std::vector<live::SignalKey> signals{{asset, number}, {asset, without_samples}, {asset, text}};
    auto found = co_await values.of(std::move(signals));
    EXPECT_TRUE(node.home().is_current());
    co_return found;
  }
  Node& node;
  runtime::Executor& pool;
  std::unique_ptr<live::CheckpointFolder> checkpoints;
  std::unique_ptr<live::Newest> live;
};

TEST(NewestValues, are_those_of_history_where_live_has_lost_them) {
  sim::Machine machine(1);
  Node node(machine, 128U << 10);
  ASSERT_TRUE(node.open());
  node.append({{asset, number, Time(10), 1.5, quality_good}, {asset, text, Time(20), std::string("on"), quality_good}});
  ASSERT_TRUE(node.settle());
  node.append({{asset, number, Time(10), 2.5, quality_bad}, {asset, number, Time(5), 9.0, quality_good}});
  ASSERT_TRUE(node.settle());
  node.home().post([&node] { node.log().allow_trimming(); });
  for (std::int64_t i = 0; i < 10; ++i) {
    node.append({{AssetId(2), SignalId(9), Time(i), std::string(50'000, 'x'), quality_good}});
    ASSERT_TRUE(node.settle());
  }
  ASSERT_TRUE(node.checkpoint());
  ASSERT_TRUE(node.process().run_until([&] { return node.log().begin() > Offset(1); })) << "trimmed";
  node.append({{asset, text, Time(30), std::string("off"), quality_good}});
  ASSERT_TRUE(node.settle());

  const auto pool = node.process().make_pool("asking", 1);
  Asking asking{node, *pool, nullptr, nullptr};
  const auto found = node.process().run(asking.ask());
  ASSERT_TRUE(found);
  ASSERT_TRUE(*found) << found->error().message();
  const auto& values = **found;
  EXPECT_EQ(asking.live->counters().signals, 2U) << "live itself knows nothing of the number";
  ASSERT_TRUE(values[0]);
  EXPECT_EQ(values[0]->time, Time(10));
  EXPECT_EQ(values[0]->value, Value(2.5)) << "the newest revision";
  EXPECT_EQ(values[0]->quality, quality_bad);
  EXPECT_GT(values[0]->arrival, Time(0));
  EXPECT_FALSE(values[1]);
  ASSERT_TRUE(values[2]);
  EXPECT_EQ(values[2]->value, Value(std::string("off"))) << "live's own";
  node.process().halt();
}

}  // namespace
}  // namespace artery::query
