// Admission over the real log, catalogue and assigner, on a simulated process.
#include "admission/admission.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "admission/admission_test.h"

namespace artery::admission {
namespace {

using namespace std::chrono_literals;
using testing::asset;
using testing::Fields;
using testing::line_protocol;
using testing::row;
using testing::Shard;
using testing::signal;

TEST(Admission, what_is_accepted_is_in_the_log_with_its_names_types_values_and_times) {
  sim::Machine machine(1);
  Shard shard(machine);
  const Receipt receipt = shard.accepted([](Intake& intake) {
    row(intake, line_protocol, "cpu,host=a", {{"usage", 0.5}, {"n", std::int64_t{3}}}, Time(100));
    row(intake, asset, "acme/press7", {{"on", true}, {"label", "ü"}, {"a/b", 1.0}}, Time(200));
    row(intake, signal, "acme/press7/force", {{"", 3.1}}, Time(300));
    row(intake, signal, "loose", {{"", 1.0}}, Time(400));
    row(intake, line_protocol, "cpu,host=a", {{"n", std::int64_t{4}}, {"usage", 0.75}}, Time(500));
  });
  EXPECT_EQ(receipt.accepted, 9U);
  EXPECT_EQ(receipt.refused, 0U);
  auto logged = shard.logged();
  EXPECT_EQ(logged.samples.size(), 7U);
  EXPECT_EQ(logged.samples["cpu/a/usage"][0].value, Value(0.5));
  EXPECT_EQ(logged.samples["cpu/a/usage"][1].value, Value(0.75));
  EXPECT_EQ(logged.samples["cpu/a/n"][1].value, Value(std::int64_t{4}));
  EXPECT_EQ(logged.samples["cpu/a/n"][1].time, Time(500));
  EXPECT_EQ(logged.samples["acme/press7/on"][0].value, Value(true));
  EXPECT_EQ(logged.samples["acme/press7/label"][0].value, Value("ü"));
  EXPECT_EQ(logged.samples["acme/press7/a%2Fb"][0].value, Value(1.0));
  EXPECT_EQ(logged.samples["acme/press7/force"][0].time, Time(300));
  EXPECT_EQ(logged.samples["loose"][0].time, Time(400));
  EXPECT_EQ(shard.admission->counters().samples, 9U);
  EXPECT_EQ(shard.admission->counters().second_passes, 1U);
}

// Submits one row after the other, each when the one before is answered; returns how many were.
std::int64_t submit_in_turn(Shard& shard, std::int64_t count) {
  std::int64_t answered = 0;
  std::function<void()> next = [&] {
    shard.admission->submit({.source = "test", .client = "", .topic = {}}, in_one_piece([&answered](Intake& intake) {
                              row(intake, asset, "a", {{"x", 1.5}}, Time(answered));
                            }),
                            [&](const Result<Receipt>& receipt) {
                              if (!receipt || receipt->accepted != 1) return;
                              if (++answered < count) next();
                            });
  };
  shard.loop->post([&] { next(); });
  shard.node.process.run_until([&] { return answered == count; });
  return answered;
}

TEST(Admission, a_receipt_comes_only_after_the_sync_and_survives_power_loss) {
  std::int64_t most_answered = 0;
  for (std::uint64_t n = 1;; ++n) {
    sim::Machine machine(n);
    machine.crash_at_io(n);
    std::int64_t answered = 0;
    {
      Shard shard(machine);
      if (shard.admission != nullptr) answered = submit_in_turn(shard, 5);
      if (!shard.node.process.halted()) break;
    }
    most_answered = std::max(most_answered, answered);
    machine.crash(sim::CrashKind::power_loss);
    Shard shard(machine);
    ASSERT_TRUE(shard.node.open_result);
    const auto samples = shard.logged().samples["a/x"];
    ASSERT_GE(std::ssize(samples), answered) << n;
    for (std::int64_t i = 0; i < answered; ++i) EXPECT_EQ(samples[static_cast<std::size_t>(i)].time, Time(i)) << n;
  }
  EXPECT_EQ(most_answered, 4);
}

TEST(Admission, a_type_conflict_costs_only_its_field) {
  sim::Machine machine(2);
  Shard shard(machine);
  shard.accepted([](Intake& intake) { row(intake, line_protocol, "m,t=1", {{"x", std::int64_t{1}}}, Time(1)); });
  const Receipt receipt = shard.accepted([](Intake& intake) {
    row(intake, line_protocol, "m,t=1", {{"x", 2.5}, {"y", 1.0}}, Time(2), 1);
    row(intake, line_protocol, "m,t=1", {{"x", std::int64_t{2}}}, Time(3), 2);
    row(intake, signal, "m/1/x", {{"", true}}, Time(4), 3);
  });
  EXPECT_EQ(receipt.accepted, 2U);
  EXPECT_EQ(receipt.refused, 2U);
  ASSERT_EQ(receipt.refusals.size(), 2U);
  EXPECT_EQ(receipt.refusals[0].line, 1U);
  EXPECT_EQ(receipt.refusals[0].reason,
            R"(field type conflict: input field "x" on measurement "m" is type float, already exists as type integer)"
            "; the catalogue's type of m/1/x can be changed to f64");
  EXPECT_EQ(receipt.refusals[1].reason,
            "m/1/x has type i64, this value is bool; the catalogue's type of it can be changed");
  auto logged = shard.logged();
  EXPECT_EQ(logged.samples["m/1/x"].size(), 2U);
  EXPECT_EQ(logged.samples["m/1/y"].size(), 1U);
}

governance::SignalPatch typed(const std::string& name, ValueType type) { return {.full_name = name, .type = type}; }

TEST(Admission, from_the_answer_to_a_change_of_type_on_the_new_one_alone_is_taken) {
  sim::Machine machine(2);
  std::int64_t time = 0;
  const auto send = [&](Shard& shard, const ValueView& value) {
    const Receipt receipt = shard.accepted([&](Intake& intake) {
      row(intake, line_protocol, "m,t=1", {{"x", value}, {"y", 1.0}}, Time(++time));
      row(intake, signal, "m/1/x", {{"", value}}, Time(++time));
    });
    return receipt.accepted - 1;
  };
  {
    Shard shard(machine);
    EXPECT_EQ(send(shard, std::int64_t{1}), 2U);
    EXPECT_EQ(send(shard, 2.5), 0U);
    EXPECT_TRUE(shard.node.edit({typed("m/1/x", ValueType::f64)}).front());
    EXPECT_EQ(send(shard, 2.5), 2U);
    EXPECT_EQ(send(shard, std::int64_t{1}), 0U);
    EXPECT_TRUE(shard.node.edit({typed("m/1/x", ValueType::text)}).front());
    EXPECT_EQ(send(shard, std::string_view("on")), 2U);
  }
  machine.crash(sim::CrashKind::power_loss);
  Shard shard(machine);
  EXPECT_EQ(send(shard, std::int64_t{1}), 0U) << "after a restart";
  EXPECT_EQ(send(shard, 2.5), 0U);
  EXPECT_EQ(send(shard, std::string_view("on")), 2U);
}

// What was admitted is of the type that the signal had then, wherever in the log it comes to lie.
TEST(Admission, what_was_admitted_before_a_change_of_type_is_kept_as_it_was_sent) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::Machine machine(seed);
    Shard shard(machine);
    shard.accepted([](Intake& intake) { row(intake, asset, "a", {{"x", 0.0}}, Time(0)); });
    std::optional<Receipt> old_type;
    std::optional<Receipt> new_type;
    bool changed = false;
    const auto send = [&](const ValueView& value, std::int64_t time, std::optional<Receipt>& receipt) {
      shard.admission->submit({.source = "test", .client = "me", .topic = "t"}, in_one_piece([=](Intake& intake) {
                                row(intake, asset, "a", {{"x", value}}, Time(time));
                              }),
                              [&](Result<Receipt> got) { receipt = std::move(*got); });
    };
    shard.loop->post([&] {
      send(1.0, 1, old_type);
      shard.node.assigner->edit({typed("a/x", ValueType::i64)}, "t", *shard.loop, [&](const auto& edited) {
        changed = edited && edited->front();
        send(std::int64_t{3}, 3, new_type);
      });
    });
    ASSERT_TRUE(shard.node.process.run_until([&] { return new_type.has_value() && old_type.has_value(); }));
    EXPECT_TRUE(changed);
    EXPECT_EQ(old_type->accepted, 1U) << seed;
    EXPECT_EQ(new_type->accepted, 1U) << seed;
    const auto samples = shard.logged().samples["a/x"];
    ASSERT_EQ(samples.size(), 3U) << seed;
    EXPECT_EQ(samples[1].value, Value(1.0));
    EXPECT_EQ(samples[2].value, Value(std::int64_t{3}));
  }
}

TEST(Admission, a_retired_signal_takes_no_value_until_it_is_called_back) {
  sim::Machine machine(2);
  const auto retire = [](Shard& shard, bool retired) {
    EXPECT_TRUE(shard.node.edit({governance::SignalPatch{.full_name = "m/1/x", .retired = retired}}).front());
  };
  const auto send = [](Shard& shard) {
    return shard.accepted([](Intake& intake) {
      row(intake, line_protocol, "m,t=1", {{"x", 1.0}, {"y", 1.0}}, Time(1), 1);
      row(intake, signal, "m/1/x", {{"", true}}, Time(2), 2);
    });
  };
  {
    Shard shard(machine);
    EXPECT_EQ(send(shard).accepted, 2U);
    retire(shard, true);
    const Receipt receipt = send(shard);
    EXPECT_EQ(receipt.accepted, 1U) << "its neighbour";
    ASSERT_EQ(receipt.refusals.size(), 2U);
    for (const Refusal& refusal : receipt.refusals) {
      EXPECT_EQ(refusal.kind, RefusalKind::retired);
      EXPECT_EQ(refusal.reason, "m/1/x is retired in the catalogue and takes no values");
    }
  }
  machine.crash(sim::CrashKind::power_loss);
  Shard shard(machine);
  EXPECT_EQ(send(shard).accepted, 1U) << "after a restart";
  retire(shard, false);
  EXPECT_EQ(send(shard).accepted, 2U);
}

// By their keys, whichever way they come.
TEST(Admission, a_renamed_signal_is_reached_by_either_name_until_the_former_one_is_given_up) {
  sim::Machine machine(2);
  std::int64_t time = 0;
  const auto send = [&](Shard& shard, std::string_view path, const std::string& name) {
    const Receipt receipt = shard.accepted([&](Intake& intake) {
      row(intake, line_protocol, "m,t=1", {{name, 1.0}}, Time(++time));
      row(intake, asset, path, {{name, 1.0}}, Time(++time));
      row(intake, signal, governance::join_name(path, name), {{"", 1.0}}, Time(++time));
    });
    EXPECT_EQ(receipt.accepted, 3U);
  };
  const auto edit = [](Shard& shard, governance::Patch patch) {
    EXPECT_TRUE(shard.node.edit({std::move(patch)}).front());
  };
  {
    Shard shard(machine);
    send(shard, "m/1", "x");
    edit(shard, governance::AssetPatch{.path = "m/1", .new_name = "hall/1"});
    send(shard, "m/1", "x");
    send(shard, "hall/1", "x");
    edit(shard, governance::SignalPatch{.full_name = "hall/1/x", .new_name = "hall/1/y"});
    send(shard, "m/1", "x");
    send(shard, "hall/1", "y");
    EXPECT_EQ(shard.node.catalogue.signal_count(), 1U);
    EXPECT_EQ(shard.logged().samples["hall/1/y"].size(), 15U);
  }
  machine.crash(sim::CrashKind::power_loss);
  Shard shard(machine);
  send(shard, "m/1", "x");
  EXPECT_EQ(shard.node.catalogue.signal_count(), 1U) << "after a restart";
  edit(shard, governance::SignalPatch{.full_name = "hall/1/y", .aliases = std::vector<std::string>{}});
  send(shard, "m/1", "x");
  EXPECT_EQ(shard.logged().samples["hall/1/y"].size(), 18U);
  EXPECT_EQ(shard.logged().samples["hall/1/x"].size(), 3U) << "it is another signal's now";
  edit(shard, governance::AssetPatch{.path = "hall/1", .aliases = std::vector<std::string>{}});
  EXPECT_EQ(shard.accepted([&](Intake& intake) { row(intake, asset, "m/1", {{"x", 1.0}}, Time(++time)); }).accepted,
            1U);
  EXPECT_EQ(shard.logged().samples["m/1/x"].size(), 1U);
}

// Of two that are on their way at once either comes first; what was admitted lies where its id is.
TEST(Admission, what_is_on_its_way_while_its_signal_is_renamed_lies_with_the_signal) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::Machine machine(seed);
    Shard shard(machine);
    shard.accepted([](Intake& intake) { row(intake, signal, "a/x", {{"", 0.0}}, Time(0)); });
    int answers = 0;
    const auto send = [&](std::int64_t time, bool with_new_field) {
      shard.admission->submit({.source = "test", .client = "me", .topic = "t"}, in_one_piece([=](Intake& intake) {
                                row(intake, signal, "a/x", {{"", 1.0}}, Time(time));
                                if (with_new_field) row(intake, signal, "a/new", {{"", 1.0}}, Time(time));
                              }),
                              [&](const Result<Receipt>& got) {
                                EXPECT_TRUE(got && got->refused == 0);
                                ++answers;
                              });
    };
    shard.loop->post([&] {
      send(1, false);
      send(2, true);
      shard.node.assigner->edit({governance::AssetPatch{.path = "a", .new_name = "b"}}, "t", *shard.loop,
                                [&](const auto& edited) {
                                  EXPECT_TRUE(edited && edited->front());
                                  send(3, false);
                                });
      send(4, false);
    });
    ASSERT_TRUE(shard.node.process.run_until([&] { return answers == 4; }));
    EXPECT_EQ(shard.logged().samples["b/x"].size(), 5U) << seed;
    EXPECT_EQ(shard.logged().samples["b/new"].size(), 1U) << seed;
    EXPECT_EQ(shard.node.catalogue.signal_count(), 2U) << seed;
  }
}

TEST(Admission, a_conflict_within_the_submission_that_creates_the_name_is_refused_once) {
  sim::Machine machine(3);
  Shard shard(machine);
  const Receipt receipt = shard.accepted([](Intake& intake) {
    row(intake, line_protocol, "m", {{"x", 1.0}}, Time(1), 1);
    row(intake, line_protocol, "m", {{"x", std::int64_t{1}}, {"z", 1.0}}, Time(2), 2);
    intake.refuse(3, RefusalKind::malformed, "missing fields", "m 17");
  });
  EXPECT_EQ(receipt.accepted, 2U);
  EXPECT_EQ(receipt.refused, 2U);
  const auto counts = shard.rejections.counts();
  EXPECT_EQ(counts[static_cast<std::size_t>(RefusalKind::type_conflict)], 1U);
  EXPECT_EQ(counts[static_cast<std::size_t>(RefusalKind::malformed)], 1U);
  const auto newest = shard.rejections.newest(10);
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest[0].reason, "missing fields");
  EXPECT_EQ(newest[0].bytes, "m 17");
  EXPECT_EQ(newest[0].source, "test");
  EXPECT_EQ(newest[0].client, "me");
  EXPECT_EQ(newest[1].line, 2U);
}

TEST(Admission, bad_names_values_and_times_are_refused_and_their_neighbours_kept) {
  sim::Machine machine(4);
  Shard shard(machine, {.text_bytes_max = 10, .fields_per_row_max = 3});
  const Time now = shard.node.process.clock().now();
  const Time far(now.value() + std::chrono::nanoseconds(25h).count());
  const std::string long_name(governance::name_bytes_max, 'n');
  const Receipt receipt = shard.accepted([&](Intake& intake) {
    row(intake, asset, "a", {{"x", 1.0}, {long_name, 1.0}, {"y", 2.0}}, now, 1);
    row(intake, asset, "a", {{"x", 1.0}, {"text", "0123456789"}}, now, 2);
    row(intake, asset, "a", {{"x", 1.0}, {"text", "0123456789A"}}, now, 3);
    row(intake, asset, "a//b", {{"x", 1.0}}, now, 4);
    row(intake, asset, "a", {{"x", 1.0}, {"", 1.0}, {"c\n", 1.0}, {"\xFF", 1.0}}, now, 5);
    row(intake, asset, "a", {{"x", 1.0}, {"x", 2.0}}, now, 6);
    row(intake, asset, "a", {{"x", 1.0}}, far, 7);
    row(intake, line_protocol, "cpu,host", {{"x", 1.0}}, now, 8);
    row(intake, asset, "a", {{"x", 1.0}, {"y", 1.0}, {"z", 1.0}, {"w", 1.0}}, now, 9);
  });
  EXPECT_EQ(receipt.accepted, 10U);
  EXPECT_EQ(receipt.refused, 10U);
  std::vector<std::uint32_t> lines;
  for (const Refusal& refusal : receipt.refusals) lines.push_back(refusal.line);
  EXPECT_EQ(lines, (std::vector<std::uint32_t>{1, 3, 4, 5, 5, 5, 6, 7, 8, 9}));
}

TEST(Admission, a_rejection_shows_the_value_the_field_and_the_topic) {
  sim::Machine machine(4);
  Shard shard(machine, {.text_bytes_max = 300});
  const std::string long_key(governance::name_bytes_max / 2, 'k');
  shard.accepted([&](Intake& intake) {
    row(intake, line_protocol, "m", {{"f", 1.0}, {"s", "a"}}, Time(1));
    row(intake, line_protocol, long_key, {{"f", true}}, Time(1));
  });
  shard.accepted([&](Intake& intake) {
    row(intake, line_protocol, "m", {{"f", std::int64_t{2}}}, Time(2));
    row(intake, line_protocol, "m", {{"s", true}}, Time(2));
    row(intake, signal, "m/s", {{"", 2.5}}, Time(2));
    row(intake, line_protocol, "m", {{"f", 1.0}, {"f", 2.0}}, Time(2));
    row(intake, line_protocol, "m", {{"s", std::string(301, 'x')}}, Time(2));
    row(intake, line_protocol, long_key, {{"f", 7.25}}, Time(2));
  });
  const auto newest = shard.rejections.newest(10);
  ASSERT_EQ(newest.size(), 6U);
  EXPECT_EQ(newest[5].bytes, "m f=2i");
  EXPECT_EQ(newest[4].bytes, "m s=true");
  EXPECT_EQ(newest[3].bytes, "m/s 2.5");
  EXPECT_EQ(newest[2].bytes, "m f=2");
  EXPECT_EQ(newest[2].reason, "the field \"f\" is given twice");
  EXPECT_EQ(newest[1].bytes, "m s=\"" + std::string(rejection_bytes_max - 5, 'x'));
  EXPECT_TRUE(newest[0].bytes.ends_with("f=7.25")) << newest[0].bytes;
  EXPECT_LE(newest[0].bytes.size(), rejection_bytes_max);
  for (const Rejection& each : newest) EXPECT_EQ(each.topic, "the/topic");
}

TEST(Admission, the_last_time_there_is_is_refused_because_no_question_could_show_it) {
  for (const bool synchronised : {true, false}) {
    sim::Machine machine(5);
    machine.set_synchronised(synchronised);
    Shard shard(machine);
    const Receipt receipt = shard.accepted([](Intake& intake) {
      row(intake, asset, "a", {{"x", 1.0}}, time_max, 1);
      row(intake, asset, "a", {{"x", 1.0}}, time_min, 2);
    });
    EXPECT_EQ(receipt.accepted, 1U);
    ASSERT_EQ(receipt.refusals.size(), 1U);
    EXPECT_EQ(receipt.refusals[0].kind, RefusalKind::bad_time);
    EXPECT_EQ(receipt.refusals[0].line, 1U);
    EXPECT_NE(receipt.refusals[0].reason.find("no span"), std::string::npos);
  }
}

TEST(Admission, an_implausible_time_is_kept_as_uncertain_while_the_clock_is_not_synchronised) {
  sim::Machine machine(5);
  machine.set_synchronised(false);
  Shard shard(machine);
  shard.accepted([&](Intake& intake) {
    row(intake, asset, "a", {{"x", 1.0}}, Time(time_max.value() - 1));
    row(intake, asset, "a", {{"x", 1.0}}, Time(1));
  });
  const auto samples = shard.logged().samples["a/x"];
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].quality, quality_uncertain);
  EXPECT_EQ(samples[1].quality, quality_good);
}

TEST(Admission, the_worse_counts_of_a_quality_and_a_time_that_may_be_wrong) {
  const auto kept = [](Time time, Quality quality) {
    sim::Machine machine(5);
    machine.set_synchronised(false);
    Shard shard(machine);
    shard.accepted([&](Intake& intake) {
      intake.start_row({asset, "a"}, time, 0);
      intake.quality(quality);
      intake.field("x", 1.0);
      intake.end_row();
    });
    return shard.logged().samples["a/x"].at(0).quality;
  };
  const Time ahead(time_max.value() - 1);
  constexpr Quality local_override{0x00960000};
  constexpr Quality sensor_failure{0x80350000};
  EXPECT_EQ(kept(Time(1), local_override), local_override);
  EXPECT_EQ(kept(Time(1), sensor_failure), sensor_failure);
  EXPECT_EQ(kept(ahead, local_override), quality_uncertain);
  EXPECT_EQ(kept(ahead, sensor_failure), sensor_failure);
}

TEST(Admission, strict_mode_creates_nothing_and_takes_what_was_declared) {
  sim::Machine machine(6);
  Shard shard(machine, {.strict = true});
  const auto declared = [](const std::string& name) {
    return governance::Patch(governance::SignalPatch{.full_name = name, .type = ValueType::f64});
  };
  for (const auto& result :
       shard.node.edit({declared("acme/force"), declared("cpu/a/usage"), declared("cpu/b/usage")})) {
    ASSERT_TRUE(result);
  }
  const Receipt receipt = shard.accepted([](Intake& intake) {
    row(intake, asset, "acme", {{"force", 1.0}, {"other", 1.0}}, Time(1));
    row(intake, asset, "elsewhere", {{"force", 1.0}}, Time(1));
    row(intake, line_protocol, "cpu,host=a", {{"usage", 1.0}, {"idle", 1.0}}, Time(1));
    row(intake, line_protocol, "mem,host=a", {{"usage", 1.0}}, Time(1));
  });
  EXPECT_EQ(receipt.accepted, 2U);
  EXPECT_EQ(receipt.refused, 4U);
  for (const Refusal& refusal : receipt.refusals) EXPECT_EQ(refusal.kind, RefusalKind::unknown_name);
  EXPECT_EQ(shard.node.catalogue.signal_count(), 3U);
}

TEST(Admission, beyond_signals_max_new_names_are_refused_and_known_ones_go_on) {
  sim::Machine machine(7);
  Shard shard(machine, {}, {.signals_max = 2});
  const Receipt receipt = shard.accepted([](Intake& intake) {
    row(intake, asset, "a", {{"x", 1.0}, {"y", 1.0}, {"z", 1.0}}, Time(1), 1);
    row(intake, asset, "b", {{"x", 1.0}}, Time(1), 2);
  });
  EXPECT_EQ(receipt.accepted, 2U);
  ASSERT_EQ(receipt.refusals.size(), 2U);
  EXPECT_EQ(receipt.refusals[0].kind, RefusalKind::too_many);
}

TEST(Admission, stamps_strictly_increase_within_a_batch_between_batches_and_across_a_restart) {
  sim::Machine machine(8);
  for (int round = 0; round < 3; ++round) {
    Shard shard(machine);
    for (int i = 0; i < 3; ++i) {
      shard.accepted([](Intake& intake) {
        for (int k = 0; k < 5; ++k) {
          row(intake, asset, "a", {{"x", 1.0}});
          row(intake, signal, "a/x", {{"", 2.0}});
          row(intake, asset, "a", {{"x", 1.0}, {"y", 1.0}, {"z", 1.0}});
        }
      });
    }
    if (round == 2) {
      const auto samples = shard.logged().samples["a/x"];
      ASSERT_EQ(samples.size(), 135U);
      std::set<Time> times;
      for (const Sample& sample : samples) times.insert(sample.time);
      EXPECT_EQ(times.size(), samples.size()) << "no two have the same stamp";
    }
    machine.jump_wall(-1h);
  }
}

TEST(Admission, submissions_of_one_turn_share_a_batch_and_each_gets_its_own_receipt) {
  sim::Machine machine(9);
  Shard shard(machine);
  shard.accepted([](Intake& intake) { row(intake, asset, "a", {{"x", 1.0}}, Time(1)); });
  std::size_t answers = 0;
  shard.loop->post([&] {
    for (std::uint64_t i = 1; i <= 10; ++i) {
      shard.admission->submit({.source = "test", .client = "", .topic = {}}, in_one_piece([i](Intake& intake) {
                                for (std::uint64_t k = 0; k < i; ++k) row(intake, asset, "a", {{"x", 1.0}}, Time(2));
                              }),
                              [&, i](const Result<Receipt>& receipt) {
                                EXPECT_TRUE(receipt && receipt->accepted == i);
                                ++answers;
                              });
    }
    shard.admission->submit({.topic = "acme/label", .payload = as_bytes("hello"), .qos = 1, .retain = false},
                            [&](const Result<Receipt>& receipt) {
                              EXPECT_TRUE(receipt);
                              ++answers;
                            });
  });
  ASSERT_TRUE(shard.node.process.run_until([&] { return answers == 11; }));
  auto logged = shard.logged();
  EXPECT_EQ(logged.batches, 2U);
  EXPECT_EQ(logged.samples["a/x"].size(), 56U);
  EXPECT_EQ(logged.messages, (std::vector<std::string>{"acme/label"}));
}

TEST(Admission, a_deletion_is_of_what_was_submitted_before_it_and_of_nothing_after) {
  sim::Machine machine(9);
  Shard shard(machine);
  shard.accepted([](Intake& intake) { row(intake, asset, "a", {{"x", 1.0}}, Time(1)); });
  const auto known = *shard.node.catalogue.find("a/x");
  const std::vector<Deletion> deletions{{known.asset, known.id, Time(0), Time(9)}};
  std::size_t answers = 0;
  shard.loop->post([&] {
    const auto answer = [&](const Result<Receipt>& receipt) {
      EXPECT_TRUE(receipt);
      ++answers;
    };
    const auto send = [&](std::int64_t time) {
      shard.admission->submit(
          {.source = "test", .client = "", .topic = {}},
          in_one_piece([time](Intake& intake) { row(intake, asset, "a", {{"x", 1.0}}, Time(time)); }), answer);
    };
    send(2);
    shard.admission->submit(deletions, answer);
    send(3);
  });
  ASSERT_TRUE(shard.node.process.run_until([&] { return answers == 3; }));
  // By batches: a deletion takes nothing of its own.
  const auto reader = shard.node.log->follow("test", *shard.node.home, Offset(0), log::Log::no_lag_limit);
  std::optional<Offset> deleted;
  while (reader->position() < shard.node.log->end()) {
    const auto batches = shard.node.process.run(reader->next(1 << 20));
    for (const log::BatchPtr& batch : **batches) {
      RecordReader records(batch->payload());
      while (const auto record = records.next()) {
        if (record->kind == RecordKind::deletion) {
          EXPECT_EQ(read_deletion(record->body), deletions.front());
          deleted = batch->offset();
        }
        if (record->kind != RecordKind::samples) continue;
        const auto block = SampleBlockView::parse(record->body);
        const bool before = Time(block->times()[0]) < Time(3);
        EXPECT_EQ(before, !deleted) << "at time " << block->times()[0];
      }
    }
  }
  EXPECT_TRUE(deleted);
}

TEST(Admission, a_submission_longer_than_a_batch_is_spread_and_answered_once) {
  sim::Machine machine(10);
  Shard shard(machine, {.batch_bytes = 10'000});
  const auto many = [](Intake& intake) {
    for (int i = 0; i < 5000; ++i) row(intake, asset, "a", {{"x", 1.0 * i}, {"text", "some text"}}, Time(i));
  };
  EXPECT_EQ(shard.accepted(many).accepted, 10'000U);
  EXPECT_EQ(shard
                .accepted([&](Intake& intake) {
                  many(intake);
                  row(intake, asset, "b", {{"new", 1.0}}, Time(1));  // all before it is taken back once
                })
                .accepted,
            10'001U);
  auto logged = shard.logged();
  EXPECT_GT(logged.batches, 20U);
  ASSERT_EQ(logged.samples["a/x"].size(), 10'000U);
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(logged.samples["a/x"][static_cast<std::size_t>(i)].value, Value(1.0 * i));
}

TEST(Admission, a_submission_that_waits_for_new_names_takes_nothing_from_others) {
  sim::Machine machine(11);
  Shard shard(machine);
  shard.accepted([](Intake& intake) { row(intake, asset, "a", {{"x", 1.0}}, Time(1)); });
  std::size_t answers = 0;
  shard.loop->post([&] {
    const auto done = [&](const Result<Receipt>& receipt) {
      EXPECT_TRUE(receipt);
      ++answers;
    };
    const Origin origin{.source = "test", .client = "", .topic = {}};
    const auto known = [](Intake& intake) { row(intake, asset, "a", {{"x", 2.0}}); };
    const auto unknown = [](Intake& intake) {
      row(intake, asset, "a", {{"x", 3.0}});
      row(intake, asset, "a", {{"x", 3.0}, {"y", 3.0}});
      row(intake, asset, "new", {{"x", 3.0}});
    };
    EXPECT_TRUE(shard.admission->submit(origin, in_one_piece(known), done));
    EXPECT_FALSE(shard.admission->submit(origin, in_one_piece(unknown), done));
    EXPECT_TRUE(shard.admission->submit(origin, in_one_piece(known), done));
  });
  ASSERT_TRUE(shard.node.process.run_until([&] { return answers == 3; }));
  auto logged = shard.logged();
  EXPECT_EQ(logged.samples["a/x"].size(), 5U);
  EXPECT_EQ(logged.samples["a/y"].size(), 1U);
  EXPECT_EQ(logged.samples["new/x"].size(), 1U);
}

TEST(Admission, sparse_rows_do_not_pay_for_the_fields_they_lack) {
  sim::Machine machine(12);
  Shard shard(machine);
  const auto wide = [](Intake& intake) {
    Fields fields;
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) fields.emplace_back(fmt::format("f{}", i), 1.0 * i);
    row(intake, asset, "a", fields, Time(1));
    for (int i = 0; i < 100; ++i) row(intake, asset, "a", {fields[static_cast<std::size_t>(i)]}, Time(2 + i));
  };
  shard.accepted(wide);
  auto logged = shard.logged();
  for (int i = 0; i < 100; ++i) {
    const auto& samples = logged.samples[fmt::format("a/f{}", i)];
    ASSERT_EQ(samples.size(), 2U);
    EXPECT_EQ(samples[1].value, Value(1.0 * i));
  }
}

TEST(Admission, a_full_disk_refuses_with_its_own_error_and_goes_on_when_there_is_room) {
  sim::Machine machine(13);
  Shard shard(machine);
  const std::string text(60'000, 'x');
  const auto big = [&](Intake& intake) {
    for (int i = 0; i < 16; ++i) row(intake, asset, "a", {{"text", std::string_view(text)}});
  };
  shard.accepted(big);
  machine.faults().capacity_bytes = 0;
  std::optional<Error> error;
  for (int i = 0; i < 100 && !error; ++i) {
    const auto receipt = shard.submit(big);
    if (!receipt) error = receipt.error();
  }
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->is(AdmissionError::full)) << error->message();
  EXPECT_GT(shard.admission->counters().refused_full, 0U);
  const auto with_new_names = shard.submit([](Intake& intake) { row(intake, asset, "other", {{"x", 1.0}}); });
  ASSERT_FALSE(with_new_names);
  EXPECT_TRUE(with_new_names.error().is(AdmissionError::full)) << "creating names needs room too";
  machine.faults().capacity_bytes = std::uint64_t{1} << 40U;
  bool resumed = false;
  for (int i = 0; i < 100 && !resumed; ++i) {
    shard.node.process.run_for(1s);
    resumed = shard.submit(big).has_value();
  }
  EXPECT_TRUE(resumed);
}

TEST(RejectionStore, keeps_the_newest_and_counts_all) {
  RejectionStore store(3);
  for (std::uint32_t line = 1; line <= 5; ++line) {
    Rejection one;
    one.line = line;
    RefusalCounts counts{};
    counts[0] = 2;
    store.add({one}, counts);
  }
  const auto newest = store.newest(2);
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest[0].line, 5U);
  EXPECT_EQ(newest[1].line, 4U);
  EXPECT_EQ(store.newest(100).size(), 3U);
  EXPECT_EQ(store.counts()[0], 10U);
}

}  // namespace
}  // namespace artery::admission
