#include "history/retention.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "history/history_test.h"

namespace artery::history {
namespace {

using namespace std::chrono_literals;
using testing::Node;
using testing::SentBatch;

constexpr Duration day = 24h;

Time at(Duration since_1970) { return Time(since_1970.count()); }

TEST(RetentionRule, is_a_filter_and_a_time_of_a_day_or_more) {
  const RetentionRule rule{"acme/+/vibration", 30 * day};
  EXPECT_EQ(parse_retention_rule("acme/+/vibration=30d"), rule);
  EXPECT_EQ(parse_retention_rule(show(rule)), rule);
  EXPECT_EQ(parse_retention_rule("a=b/#=48h"), (RetentionRule{"a=b/#", 2 * day})) << "names may hold what divides";
  for (const char* text : {"", "acme", "=30d", "acme/#", "acme/#=", "acme/#=30", "acme/#=23h", "a#=30d", "#/a=30d"})
    EXPECT_FALSE(parse_retention_rule(text)) << text;
}

TEST(RetentionRule, of_a_setting_are_all_right_or_none_is_taken) {
  std::vector<RetentionRule> rules;
  std::vector<Setting> settings{retention_setting("history.retention", rules, "")};
  ASSERT_TRUE(assign_setting(settings, "history.retention", "a/#=30d,#=365d"));
  EXPECT_EQ(rules, (std::vector<RetentionRule>{{"a/#", 30 * day}, {"#", 365 * day}}));
  EXPECT_EQ(settings.front().show(), "a/#=30d,#=365d");
  const auto refused = assign_setting(settings, "history.retention", "b=1d,c=1h");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("acme/+/vibration=30d"), std::string::npos) << refused.error().message();
  EXPECT_EQ(rules.size(), 2U);
}

TEST(Retention, lets_go_of_whole_days_by_the_first_rule_that_selects) {
  const std::vector<RetentionRule> rules{{"a/x", 2 * day}, {"a/#", 10 * day}, {"a/y", day}};
  const SignalNames names = [](SignalId signal) {
    return SignalFacts{std::vector<std::string>{"", "a/x", "a/y", "b", ""}.at(signal.value()), ""};
  };
  const Time now = at(100 * day + 7h);
  const Retention retention(rules, {}, names, now);
  EXPECT_EQ(retention.horizon(SignalId(1)), at(98 * day));
  EXPECT_EQ(retention.horizon(SignalId(2)), at(90 * day));
  EXPECT_EQ(retention.horizon(SignalId(3)), time_min);
  EXPECT_EQ(retention.horizon(SignalId(4)), time_min) << "a signal without a name";
  EXPECT_EQ(Retention(rules, {}, names, at(-100 * day + 7h)).horizon(SignalId(1)), at(-102 * day));
  EXPECT_EQ(Retention(rules, {}, names, time_min).horizon(SignalId(1)), time_min);
  EXPECT_FALSE(retention.kept(SignalId(1), {Time(0), Time(at(98 * day).value() - 1)}));
  const auto kept = retention.kept(SignalId(1), {Time(0), now});
  EXPECT_EQ(kept->first, at(98 * day));
  EXPECT_EQ(kept->last, now);
}

// Signals 1 and 2 of the first asset; s1 is kept for three days.
class RetentionTest : public ::testing::Test {
 protected:
  RetentionTest() {
    settings.retention = {{"s1", 3 * day}};
    settings.compaction.rest_after = 365 * day;  // nothing else rewrites a segment
  }

  // A sample of each an hour, of the last days.
  void send(Node& node, int days) {
    const Time now = machine.now();
    SentBatch batch;
    for (std::uint32_t signal = 1; signal <= 2; ++signal) {
      for (std::int64_t hour = 24 * days; hour > 0; --hour) {
        batch.push_back({AssetId(1), SignalId(signal), Time(now.value() - Duration(hour * 1h).count()),
                         testing::value_for(SignalId(signal), static_cast<std::uint64_t>(hour)), quality_good});
      }
    }
    node.append(batch);
    ASSERT_TRUE(node.settle());
  }
  static std::size_t shown(Node& node, std::uint32_t signal) {
    Scan scan;
    scan.asset = AssetId(1);
    scan.signal = SignalId(signal);
    return node.lines(scan)->size();
  }
  // What of s1 is shown of samples of every hour before `sent`, now.
  [[nodiscard]] std::size_t kept(Time sent) const {
    const std::int64_t horizon = (machine.now().value() - (3 * day).count()) / day.count() * day.count();
    return sent.value() <= horizon ? 0 : static_cast<std::size_t>((sent.value() - horizon) / Duration(1h).count());
  }

  sim::Machine machine{8};
  HistorySettings settings;
};

TEST_F(RetentionTest, what_is_too_old_is_not_shown_and_leaves_the_disk) {
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  const Time sent = machine.now();
  send(node, 30);
  EXPECT_EQ(shown(node, 1), kept(sent)) << "at once, from memory";
  EXPECT_EQ(shown(node, 2), 720U);
  ASSERT_TRUE(node.checkpoint());
  EXPECT_EQ(shown(node, 1), kept(sent)) << "from the segment";
  node.process().run_for(26h);
  EXPECT_EQ(shown(node, 1), kept(sent)) << "a day later";
  node.process().run_for(72h);
  EXPECT_EQ(shown(node, 1), 0U);
  EXPECT_EQ(shown(node, 2), 720U);
  EXPECT_EQ(node.history().counters().segment_samples, 720U) << "only those of s2 are on the disk";
  EXPECT_EQ(node.history().counters().compactions, 1U);
}

TEST_F(RetentionTest, a_segment_of_which_all_is_too_old_is_removed_although_the_disk_has_no_room_to_spare) {
  settings.retention = {{"#", day}};
  Node node(machine);
  node.set_room(0);
  ASSERT_TRUE(node.open(settings));
  send(node, 2);
  ASSERT_TRUE(node.checkpoint());
  node.process().run_for(75h);
  EXPECT_EQ(node.history().counters().segments, 0U);
  const auto entries = node.process().run(node.process().files().list("history"));
  EXPECT_EQ((*entries)->size(), 1U) << "the manifest";
}

TEST_F(RetentionTest, while_the_clock_may_be_wrong_all_is_kept_and_that_is_told) {
  machine.set_synchronised(false);
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  send(node, 30);
  ASSERT_TRUE(node.checkpoint());
  node.process().run_for(10 * day);
  EXPECT_EQ(shown(node, 1), 720U);
  EXPECT_EQ(node.history().counters().compactions, 0U);
  const auto lines = machine.journal().lines();
  EXPECT_TRUE(std::ranges::any_of(
      lines, [](const auto& line) { return line.text.find("not known to be synchronised") != std::string::npos; }));
  machine.set_synchronised(true);
  EXPECT_EQ(shown(node, 1), 0U);
}

TEST_F(RetentionTest, a_clock_that_is_trusted_is_believed_though_nothing_synchronises_it) {
  machine.set_synchronised(false);
  settings.retention_trusts_clock = true;
  Node node(machine);
  ASSERT_TRUE(node.open(settings));
  send(node, 30);
  EXPECT_LT(shown(node, 1), 97U);
  ASSERT_TRUE(node.checkpoint());
  node.process().run_for(4 * day);
  EXPECT_EQ(node.history().counters().segment_samples, 720U);
}

}  // namespace
}  // namespace artery::history
