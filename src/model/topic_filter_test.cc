#include "model/topic_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace artery {
namespace {

TEST(TopicFilter, MQTT_4_7_1_2_AHashSelectsItsParentAndEverythingBelow) {
  for (const char* name : {"sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/x"}) {
    EXPECT_TRUE(topic_matches("sport/tennis/player1/#", name)) << name;
  }
  EXPECT_TRUE(topic_matches("sport/#", "sport"));
  EXPECT_TRUE(topic_matches("#", "a/b"));
  EXPECT_TRUE(topic_matches("#", "/"));
  EXPECT_FALSE(topic_matches("sport/#", "sports"));
  EXPECT_FALSE(topic_matches("sport/#", "spor"));
}

TEST(TopicFilter, MQTT_4_7_1_3_APlusSelectsExactlyOneLevelWhichMayBeEmpty) {
  EXPECT_TRUE(topic_matches("sport/tennis/+", "sport/tennis/player1"));
  EXPECT_FALSE(topic_matches("sport/tennis/+", "sport/tennis/player1/ranking"));
  EXPECT_FALSE(topic_matches("sport/+", "sport"));
  EXPECT_TRUE(topic_matches("sport/+", "sport/"));
  EXPECT_TRUE(topic_matches("+/+", "/finance"));
  EXPECT_TRUE(topic_matches("/+", "/finance"));
  EXPECT_FALSE(topic_matches("+", "/finance"));
}

TEST(TopicFilter, MQTT_4_7_2_1_LeadingWildcardsDoNotSelectDollarNames) {
  EXPECT_FALSE(topic_matches("#", "$SYS/broker"));
  EXPECT_FALSE(topic_matches("+/broker", "$SYS/broker"));
  EXPECT_TRUE(topic_matches("$SYS/#", "$SYS/broker"));
  EXPECT_TRUE(topic_matches("$SYS/+", "$SYS/broker"));
  EXPECT_TRUE(topic_matches("a/#", "a/$SYS"));
}

TEST(TopicFilter, MQTT_4_7_3_4_NamesAreCaseSensitiveAndSlashesCount) {
  EXPECT_TRUE(topic_matches("ACCOUNTS", "ACCOUNTS"));
  EXPECT_FALSE(topic_matches("ACCOUNTS", "Accounts"));
  EXPECT_FALSE(topic_matches("/finance", "finance"));
  EXPECT_FALSE(topic_matches("a/b", "a/b/"));
  EXPECT_FALSE(topic_matches("a/b/", "a/b"));
  EXPECT_TRUE(topic_matches("a//b", "a//b"));
}

TEST(TopicFilter, ValidNamesAndFilters) {
  EXPECT_TRUE(valid_topic_name("a"));
  EXPECT_TRUE(valid_topic_name("/"));
  EXPECT_TRUE(valid_topic_name("a b/线/é"));
  EXPECT_TRUE(valid_topic_name(std::string(topic_bytes_max, 'a')));
  EXPECT_FALSE(valid_topic_name(std::string(topic_bytes_max + 1, 'a')));
  for (const char* bad : {"", "a/+", "#", "a+b"}) EXPECT_FALSE(valid_topic_name(bad)) << bad;
  for (const char* good : {"#", "+", "a/#", "+/a/+", "/", "//#", "a"}) EXPECT_TRUE(valid_topic_filter(good)) << good;
  for (const char* bad : {"", "#/", "#/a", "a#", "a/b#", "+a", "a/+b/c", "##"}) {
    EXPECT_FALSE(valid_topic_filter(bad)) << bad;
  }
  EXPECT_EQ(topic_levels("a"), 1U);
  EXPECT_EQ(topic_levels("a/b/"), 3U);
}

using Tree = TopicTree<int, std::string>;

std::multiset<std::string> found(const Tree& tree, std::string_view name) {
  std::multiset<std::string> all;
  tree.find(name, [&](int key, const std::string& value) { all.insert(std::to_string(key) + value); });
  return all;
}

TEST(TopicTree, HoldsOneValueForEachFilterAndKey) {
  Tree tree;
  EXPECT_TRUE(tree.insert("a/+", 1, "x"));
  EXPECT_FALSE(tree.insert("a/+", 1, "y")) << "replaced";
  EXPECT_TRUE(tree.insert("a/+", 2, "z"));
  EXPECT_TRUE(tree.insert("a/#", 1, "h"));
  EXPECT_EQ(tree.size(), 3U);
  EXPECT_EQ(found(tree, "a/b"), (std::multiset<std::string>{"1y", "2z", "1h"}));
  EXPECT_EQ(found(tree, "a"), (std::multiset<std::string>{"1h"}));
  ASSERT_NE(tree.get("a/+", 2), nullptr);
  EXPECT_EQ(*tree.get("a/+", 2), "z");
  EXPECT_EQ(tree.get("a/+", 3), nullptr);
  EXPECT_EQ(tree.get("a/+/b", 2), nullptr);
}

TEST(TopicTree, VisitsTheKeysOfAFilterInTheirOrder) {
  Tree tree;
  for (const int key : {5, 1, 9, 3}) tree.insert("t", key, "");
  std::vector<int> keys;
  tree.find("t", [&](int key, const std::string&) { keys.push_back(key); });
  EXPECT_EQ(keys, (std::vector<int>{1, 3, 5, 9}));
}

TEST(TopicTree, RemovesWhatWasInsertedAndNothingElse) {
  Tree tree;
  tree.insert("a/b/c", 1, "");
  tree.insert("a/b", 1, "");
  EXPECT_FALSE(tree.remove("a/b/c", 2));
  EXPECT_FALSE(tree.remove("a", 1));
  EXPECT_FALSE(tree.remove("x/y", 1));
  EXPECT_TRUE(tree.remove("a/b/c", 1));
  EXPECT_FALSE(tree.remove("a/b/c", 1));
  EXPECT_EQ(found(tree, "a/b").size(), 1U);
  EXPECT_TRUE(tree.remove("a/b", 1));
  EXPECT_TRUE(tree.empty());
}

TEST(TopicTree, TakesFiltersOfTheGreatestDepth) {
  Tree tree;
  std::string deep = "a";
  for (std::size_t level = 1; level < filter_levels_max; ++level) deep += "/+";
  EXPECT_TRUE(tree.insert(deep, 1, ""));
  std::string name = "a";
  for (std::size_t level = 1; level < filter_levels_max; ++level) name += "/b";
  EXPECT_EQ(found(tree, name).size(), 1U);
  EXPECT_EQ(found(tree, name + "/c").size(), 0U);
  EXPECT_EQ(found(tree, std::string(topic_bytes_max, '/')).size(), 0U);
  EXPECT_TRUE(tree.remove(deep, 1));
}

// The tree against the plain rule, over random filters and names of a small alphabet, while filters come and go.
TEST(TopicTree, FindsExactlyWhatTheFiltersSelectWhileTheyComeAndGo) {
  std::mt19937 random(20);  // NOLINT(cert-msc51-cpp): the same run every time
  const auto level = [&](std::initializer_list<const char*> choices) {
    return *(choices.begin() + random() % choices.size());
  };
  const auto some_name = [&] {
    std::string name = level({"a", "b", "", "$x"});
    for (auto more = random() % 4; more > 0; --more) name.append("/").append(level({"a", "b", "", "$x"}));
    return name.empty() ? std::string("a") : name;
  };
  const auto some_filter = [&] {
    std::string filter = level({"a", "b", "", "+", "$x"});
    for (auto more = random() % 4; more > 0; --more) filter.append("/").append(level({"a", "b", "", "+"}));
    if (random() % 3 == 0) filter.append("/#");
    if (random() % 20 == 0) filter = "#";
    return filter.empty() ? std::string("+") : filter;
  };
  TopicTree<int, int> tree;
  std::set<std::pair<std::string, int>> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::string filter = some_filter();
    const int key = static_cast<int>(random() % 3);
    if (random() % 2 == 0) {
      ASSERT_EQ(tree.insert(filter, key, step), model.emplace(filter, key).second);
    } else {
      ASSERT_EQ(tree.remove(filter, key), model.erase({filter, key}) == 1) << filter;
    }
    ASSERT_EQ(tree.size(), model.size());
    if (step % 4 != 0) continue;
    const std::string name = some_name();
    std::vector<int> expected;
    for (const auto& [one, owner] : model) {
      if (topic_matches(one, name)) expected.push_back(owner);
    }
    std::vector<int> got;
    tree.find(name, [&](int owner, int) { got.push_back(owner); });
    std::ranges::sort(expected);
    std::ranges::sort(got);
    ASSERT_EQ(got, expected) << name;
  }
}

}  // namespace
}  // namespace artery
