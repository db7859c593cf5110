// The assigner and the catalogue's reader, over the real log on simulated disks.
#include "governance/assigner.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "governance/node_test.h"
#include "runtime/sim/machine.h"

namespace artery::governance {
namespace {

std::string names_and_ids(const Catalogue& catalogue) {
  std::string all;
  Selection selection;
  selection.limit = 100'000;
  for (const Signal& one : catalogue.signals(selection).items) {
    all += fmt::format("{}={}.{} ", one.full_name, one.asset.value(), one.id.value());
  }
  return all;
}

TEST(Assigner, an_unknown_name_is_created_once_and_durable_before_the_answer) {
  sim::Machine machine(1);
  SignalId id;
  {
    NodeOnSim node(machine);
    ASSERT_TRUE(node.create("acme/press7", "force"));
    id = node.catalogue.find("acme/press7/force")->id;
    ASSERT_TRUE(node.create("acme/press7", "force", ValueType::i64));
    EXPECT_EQ(node.catalogue.signal_count(), 1U);
    EXPECT_EQ(node.catalogue.find("acme/press7/force")->type, ValueType::f64);
  }
  machine.crash(sim::CrashKind::power_loss);
  NodeOnSim node(machine);
  ASSERT_TRUE(node.catalogue.find("acme/press7/force"));
  EXPECT_EQ(node.catalogue.find("acme/press7/force")->id, id);
}

TEST(Assigner, two_that_ask_for_the_same_name_at_once_get_the_same_id) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    sim::Machine machine(seed);
    NodeOnSim node(machine);
    const auto one = node.process.make_loop("one");
    const auto two = node.process.make_loop("two");
    int answers = 0;
    std::set<std::uint32_t> ids;
    for (runtime::Loop* shard : {one.get(), two.get(), one.get(), two.get()}) {
      shard->post([&, shard] {
        node.assigner->create({{.asset = std::string("a"), .fields = {{"x", ValueType::f64}}}}, "t", *shard,
                              [&, shard](const Result<void>& created) {
                                EXPECT_TRUE(created && shard->is_current());
                                ids.insert(node.catalogue.find("a/x")->id.value());
                                ++answers;
                              });
      });
    }
    ASSERT_TRUE(node.process.run_until([&] { return answers == 4; }));
    EXPECT_EQ(ids, (std::set<std::uint32_t>{1}));
    EXPECT_EQ(node.assigner->counters().signals_created, 1U);
  }
}

TEST(Assigner, a_restart_gives_the_same_ids_from_the_log_the_snapshot_or_both) {
  for (const bool small_checkpoints : {false, true}) {
    sim::Machine machine(3);
    CatalogueReaderSettings settings;
    if (small_checkpoints) settings.checkpoint_bytes = 1;
    std::string expected;
    for (int round = 0; round < 6; ++round) {
      NodeOnSim node(machine, settings);
      ASSERT_TRUE(node.open_result) << node.open_result.error().message();
      EXPECT_EQ(names_and_ids(node.catalogue), expected);
      ASSERT_TRUE(node.create(fmt::format("asset{}", round), "x"));
      ASSERT_TRUE(node.create_series(fmt::format("cpu,host=h{}", round), "y"));
      expected = names_and_ids(node.catalogue);
      if (round % 2 == 0) node.close();
      node.process.halt();
      node.assigner.reset();
    }
    EXPECT_FALSE(expected.empty());
  }
}

TEST(CatalogueReader, a_rotten_snapshot_costs_no_name) {
  sim::Machine machine(4);
  CatalogueReaderSettings settings;
  settings.checkpoint_bytes = 1;
  std::string expected;
  {
    NodeOnSim node(machine, settings);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(node.create(fmt::format("asset{}", i), "x"));
    node.process.run_for(std::chrono::seconds(1));
    expected = names_and_ids(node.catalogue);
    const auto entries = node.process.run(node.process.files().list("data/catalogue"));
    ASSERT_EQ((*entries)->size(), 2U);
    const std::string newest = "data/catalogue/" + (*entries)->back().name;
    auto file = node.process.run(node.process.files().open(newest, runtime::OpenMode::write));
    std::vector<Bytes> bad{as_bytes("rot")};
    ASSERT_TRUE(*node.process.run((**file)->write(40, bad)));
    ASSERT_TRUE(*node.process.run((**file)->sync()));
  }
  NodeOnSim node(machine);
  ASSERT_TRUE(node.open_result) << node.open_result.error().message();
  EXPECT_EQ(names_and_ids(node.catalogue), expected);
  EXPECT_TRUE(machine.journal().has("checksum is wrong"));
}

// Small segments of the log, and enough in it that it has something to forget.
constexpr std::uint64_t small_segments = 10ULL << 10;

void create_some(NodeOnSim& node, int from, int to) {
  for (int i = from; i < to; ++i) {
    ASSERT_TRUE(node.create(fmt::format("asset{}/{}", i, std::string(200, 'n')), "x"));
  }
}

// The log forgets what lies below a snapshot that a start has found: that snapshot must outlive everything.
TEST(CatalogueReader, a_log_that_ends_before_the_snapshot_is_refused_with_what_helps) {
  sim::Machine machine(4);
  {
    NodeOnSim node(machine);
    ASSERT_TRUE(node.create("a", "b"));
    node.close();
    const auto files = node.process.run(node.process.files().list("data/log"));
    for (const auto& file : **files)
      ASSERT_TRUE(*node.process.run(node.process.files().remove("data/log/" + file.name)));
  }
  const NodeOnSim node(machine);
  ASSERT_FALSE(node.open_result);
  EXPECT_NE(node.open_result.error().message().find("do not belong together"), std::string::npos)
      << node.open_result.error().message();
}

TEST(CatalogueReader, what_a_start_relies_on_outlives_a_power_loss_wherever_the_last_snapshot_was_killed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    bool whole = false;
    for (std::uint64_t cut_at = 1; !whole; ++cut_at) {
      SCOPED_TRACE(fmt::format("seed {}, cut at {}", seed, cut_at));
      sim::Machine machine(seed);
      std::string expected;
      {
        NodeOnSim node(machine, {}, {}, small_segments);
        create_some(node, 0, 30);
        expected = names_and_ids(node.catalogue);
        whole = node.close(cut_at);
      }
      machine.crash(sim::CrashKind::kill);
      machine.crash_at_io(0);
      {
        NodeOnSim node(machine, {}, {}, small_segments);
        ASSERT_TRUE(node.open_result) << node.open_result.error().message();
        node.process.run_for(std::chrono::seconds(1));  // the log forgets what it may
      }
      machine.crash(sim::CrashKind::power_loss);
      NodeOnSim node(machine, {}, {}, small_segments);
      ASSERT_TRUE(node.open_result) << node.open_result.error().message();
      ASSERT_EQ(names_and_ids(node.catalogue), expected);
    }
  }
}

TEST(CatalogueReader, a_snapshot_that_rots_costs_no_name_however_often_the_node_was_started_since) {
  sim::Machine machine(5);
  std::string expected;
  for (int life = 0; life < 2; ++life) {
    NodeOnSim node(machine, {}, {}, small_segments);
    create_some(node, life * 30, life * 30 + 30);
    expected = names_and_ids(node.catalogue);
    node.close();
  }
  std::string newest;
  for (int life = 0; life < 2; ++life) {
    NodeOnSim node(machine, {}, {}, small_segments);
    ASSERT_TRUE(node.open_result);
    node.process.run_for(std::chrono::seconds(1));  // the log forgets what it may
    EXPECT_GT(node.log->begin(), Offset(0));
    newest = (*node.process.run(node.process.files().list("data/catalogue")))->back().name;
  }
  ASSERT_TRUE(machine.rot("data/catalogue/" + newest, 40));
  NodeOnSim node(machine, {}, {}, small_segments);
  ASSERT_TRUE(node.open_result) << node.open_result.error().message();
  EXPECT_EQ(names_and_ids(node.catalogue), expected);
}

TEST(CatalogueReader, a_crash_at_any_operation_loses_no_created_name_and_no_id) {
  bool finished = false;
  for (std::uint64_t n = 1; !finished; ++n) {
    sim::Machine machine(n);
    machine.crash_at_io(n);
    CatalogueReaderSettings settings;
    settings.checkpoint_bytes = 1;
    std::vector<std::string> answered;
    {
      NodeOnSim node(machine, settings);
      int done = 0;
      for (int i = 0; i < 4 && node.assigner != nullptr && !node.process.halted(); ++i) {
        const std::string path = fmt::format("asset{}", i);
        node.assigner->create({{.asset = path, .fields = {{"x", ValueType::f64}}}}, "t", *node.home,
                              [&, path](const Result<void>& created) {
                                if (created) answered.push_back(path + "/x");
                                ++done;
                              });
        node.process.run_until([&] { return done > i; });
      }
      node.process.run_for(std::chrono::seconds(1));
      finished = !node.process.halted();
    }
    if (finished) break;
    machine.crash(sim::CrashKind::power_loss);
    NodeOnSim node(machine);
    ASSERT_TRUE(node.open_result) << n << ": " << node.open_result.error().message();
    for (std::size_t i = 0; i < answered.size(); ++i) {
      const auto found = node.catalogue.find(answered[i]);
      ASSERT_TRUE(found) << n;
      EXPECT_EQ(found->id, SignalId(static_cast<std::uint32_t>(i + 1))) << n;
    }
  }
}

TEST(Assigner, a_path_of_another_tag_set_is_spelled_out) {
  sim::Machine machine(5);
  NodeOnSim node(machine);
  ASSERT_TRUE(node.create_series("cpu,host=a,region=eu", "usage"));
  ASSERT_TRUE(node.create_series("cpu,region=eu,host=a", "idle"));
  ASSERT_TRUE(node.create_series("cpu,name=a,zone=eu", "usage"));
  EXPECT_TRUE(node.catalogue.find("cpu/a/eu/usage"));
  EXPECT_TRUE(node.catalogue.find("cpu/a/eu/idle"));
  EXPECT_TRUE(node.catalogue.find("cpu/name=a/zone=eu/usage"));
  EXPECT_EQ(node.catalogue.asset_count(), 2U);
  const auto asset = node.catalogue.asset("cpu/a/eu");
  EXPECT_EQ(asset->type, "cpu");
  EXPECT_EQ(asset->properties, (Texts{{"host", "a"}, {"region", "eu"}}));
}

TEST(Assigner, an_asset_that_came_by_topic_is_adopted_by_the_first_tag_set_with_its_path) {
  sim::Machine machine(6);
  NodeOnSim node(machine);
  ASSERT_TRUE(node.create("cpu/a", "usage"));
  ASSERT_TRUE(node.create_series("cpu,host=a", "usage"));
  EXPECT_EQ(node.catalogue.asset_count(), 1U);
  EXPECT_EQ(node.catalogue.find_series("cpu,host=a"), node.catalogue.find_asset("cpu/a"));
  EXPECT_EQ(node.catalogue.asset("cpu/a")->properties, (Texts{{"host", "a"}}));
  ASSERT_TRUE(node.create_series("cpu,name=a", "usage"));
  EXPECT_TRUE(node.catalogue.find("cpu/name=a/usage"));
}

TEST(Assigner, beyond_the_limit_no_signal_and_no_asset_is_made) {
  sim::Machine machine(7);
  NodeOnSim node(machine, {}, {.signals_max = 2});
  ASSERT_TRUE(node.create(
      {{.asset = std::string("a"), .fields = {{"x", ValueType::f64}, {"y", ValueType::f64}, {"z", ValueType::f64}}}}));
  ASSERT_TRUE(node.create("b", "x"));
  ASSERT_TRUE(node.create("a", std::string(name_bytes_max, 'n')));
  EXPECT_EQ(node.catalogue.signal_count(), 2U);
  EXPECT_EQ(node.catalogue.asset_count(), 1U);
  EXPECT_EQ(node.assigner->counters().refused_too_many, 2U);
}

TEST(Assigner, edits_keep_author_and_time_and_each_stands_by_itself) {
  sim::Machine machine(8);
  {
    NodeOnSim node(machine);
    ASSERT_TRUE(node.create("acme", "force"));
    SignalPatch unit{.full_name = "acme/force"};
    unit.unit = "kN";
    SignalPatch range{.full_name = "acme/force"};
    range.high = 10.0;
    SignalPatch wrong{.full_name = "acme/force"};
    wrong.unit = "k N";
    SignalPatch created{.full_name = "acme/new", .type = ValueType::boolean};
    created.stepped = true;
    SignalPatch missing{.full_name = "acme/missing"};
    AssetPatch asset{.path = "acme"};
    asset.properties = {{"site", "Jena"}};
    const auto results = node.edit({unit, range, wrong, created, missing, asset}, "anna");
    ASSERT_EQ(results.size(), 6U);
    EXPECT_TRUE(results[0] && results[1] && results[3] && results[5]);
    EXPECT_TRUE(results[2].error().is(GovernanceError::invalid));
    EXPECT_TRUE(results[4].error().is(GovernanceError::not_found));
  }
  NodeOnSim node(machine);
  const auto force = node.catalogue.signal("acme/force");
  EXPECT_EQ(force->unit, "kN");
  EXPECT_EQ(force->high, 10.0);
  EXPECT_EQ(force->change.author, "anna");
  EXPECT_GT(force->change.time, Time(0));
  EXPECT_EQ(node.catalogue.signal("acme/new")->type, ValueType::boolean);
  EXPECT_TRUE(node.catalogue.signal("acme/new")->stepped);
  EXPECT_EQ(node.catalogue.asset("acme")->properties, (Texts{{"site", "Jena"}}));
}

TEST(Assigner, whoever_uses_a_former_name_reaches_the_same_signal_and_makes_new_ones_beside_it) {
  sim::Machine machine(10);
  {
    NodeOnSim node(machine);
    ASSERT_TRUE(node.create_series("cpu,host=a", "usage"));
    ASSERT_TRUE(node.create("acme/press7", "force"));
    AssetPatch server{.path = "cpu/a", .new_name = "servers/a"};
    AssetPatch site{.path = "acme/press7", .new_name = "jena/press7"};
    SignalPatch force{.full_name = "acme/press7/force", .new_name = "jena/press7/ram_force"};
    for (const auto& result : node.edit({server, site, force}, "anna")) EXPECT_TRUE(result) << result.error().message();
    ASSERT_TRUE(node.create_series("cpu,host=a", "idle"));
    ASSERT_TRUE(node.create("acme/press7", "speed"));
    ASSERT_TRUE(node.create("acme/press7", "force"));
    ASSERT_TRUE(node.create("acme/press7/motor", "current"));
    ASSERT_TRUE(node.create_series("cpu,name=a", "usage"));
  }
  machine.crash(sim::CrashKind::power_loss);
  const NodeOnSim node(machine);
  EXPECT_EQ(names_and_ids(node.catalogue),
            "cpu/name=a/usage=4.6 jena/press7/motor/current=3.5 jena/press7/ram_force=2.2 jena/press7/speed=2.4 "
            "servers/a/idle=1.3 servers/a/usage=1.1 ");
  EXPECT_EQ(node.catalogue.asset("servers/a")->aliases, std::vector<std::string>{"cpu/a"});
  EXPECT_EQ(node.catalogue.asset("servers/a")->change.author, "anna");
  EXPECT_EQ(node.catalogue.find("acme/press7/force")->id, SignalId(2));
}

TEST(Assigner, patches_of_one_request_follow_each_other_also_through_names) {
  sim::Machine machine(11);
  NodeOnSim node(machine);
  SignalPatch made{.full_name = "a/x", .type = ValueType::f64};
  SignalPatch renamed{.full_name = "a/x", .new_name = "a/y"};
  SignalPatch by_old{.full_name = "a/x", .unit = "m"};
  AssetPatch moved{.path = "a", .new_name = "b"};
  SignalPatch given_up{.full_name = "a/y", .aliases = std::vector<std::string>{}};
  SignalPatch again{.full_name = "b/x", .type = ValueType::text};
  SignalPatch taken{.full_name = "b/y", .new_name = "b/x"};
  SignalPatch elsewhere{.full_name = "b/y", .new_name = "c/y"};
  AssetPatch to_itself{.path = "b", .new_name = "b"};
  const auto results = node.edit({made, renamed, by_old, moved, given_up, again, taken, elsewhere, to_itself});
  for (const std::size_t right : {0U, 1U, 2U, 3U, 4U, 5U, 8U}) EXPECT_TRUE(results[right]) << right;
  EXPECT_TRUE(results[6].error().is(GovernanceError::conflict));
  EXPECT_TRUE(results[7].error().is(GovernanceError::invalid));
  EXPECT_EQ(names_and_ids(node.catalogue), "b/x=1.2 b/y=1.1 ");
  EXPECT_EQ(node.catalogue.signal("a/y")->unit, "m");
  EXPECT_EQ(node.catalogue.asset("b")->aliases, std::vector<std::string>{"a"});
  AssetPatch end{.path = "b", .aliases = std::vector<std::string>{}};
  EXPECT_TRUE(node.edit({end}).front());
  EXPECT_FALSE(node.catalogue.find("a/y"));
}

TEST(Assigner, an_alias_takes_no_name_that_leads_somewhere_already) {
  sim::Machine machine(12);
  NodeOnSim node(machine);
  ASSERT_TRUE(node.create("a", "x"));
  ASSERT_TRUE(node.create("b/c", "x"));
  AssetPatch moved{.path = "a", .new_name = "z"};
  AssetPatch below{.path = "z/k", .create = true};
  ASSERT_TRUE(node.edit({moved}).front() && node.edit({below}).front());
  for (const std::string name : {"z", "a/k", "b", "b/c", "z/k"}) {
    AssetPatch patch{.path = "b/c", .aliases = std::vector<std::string>{name}};
    EXPECT_FALSE(node.edit({patch}).front()) << name;
  }
  AssetPatch free{.path = "b/c", .aliases = std::vector<std::string>{"d/e"}};
  EXPECT_TRUE(node.edit({free}).front());
  EXPECT_TRUE(node.catalogue.find("d/e/x"));
}

TEST(Assigner, many_names_at_once_take_several_batches_and_all_are_there) {
  sim::Machine machine(9);
  NodeOnSim node(machine);
  std::vector<WantedSignals> wanted;
  for (int i = 0; i < 300; ++i) {
    WantedSignals one{.asset = fmt::format("line{}/{}", i, std::string(100, 'x')), .fields = {}};
    for (int k = 0; k < 100; ++k) one.fields.push_back({fmt::format("signal{}", k), ValueType::f64});
    wanted.push_back(std::move(one));
  }
  ASSERT_TRUE(node.create(std::move(wanted)));
  EXPECT_EQ(node.catalogue.signal_count(), 30'000U);
}

}  // namespace
}  // namespace artery::governance
