#include "governance/names.h"

#include <gtest/gtest.h>

#include <string>

namespace artery::governance {
namespace {

SeriesKey key_of(std::string_view prefix) {
  auto key = parse_series_key(prefix);
  EXPECT_TRUE(key) << prefix;
  return *key;
}

TEST(Names, a_path_is_the_measurement_and_the_tag_values_in_the_order_of_the_keys) {
  EXPECT_EQ(key_of("cpu,region=eu,host=host_0").path(), "cpu/host_0/eu");
  EXPECT_EQ(key_of("cpu").path(), "cpu");
  EXPECT_EQ(key_of("cpu,region=eu,host=host_0").spelled_path(), "cpu/host=host_0/region=eu");
}

TEST(Names, the_order_and_the_escapes_of_tags_do_not_change_the_identity) {
  EXPECT_EQ(key_of("cpu,b=2,a=1").identity(), key_of("cpu,a=1,b=2").identity());
  EXPECT_EQ(key_of(R"(c\pu,a=x\ y)").identity(), key_of(R"(c\pu,a=x\ y)").identity());
  EXPECT_NE(key_of(R"(cpu,a=1\,b\=2)").identity(), key_of("cpu,a=1,b=2").identity());
  EXPECT_NE(key_of("cpu,a=1").identity(), key_of("cpu,b=1").identity());
}

TEST(Names, what_has_a_meaning_in_paths_and_filters_is_escaped_within_a_level) {
  EXPECT_EQ(key_of("disk,path=/var/log+#%").path(), "disk/%2Fvar%2Flog%2B%23%25");
  EXPECT_EQ(key_of(R"(a\ b,k=v\,w\=x)").path(), "a b/v,w%3Dx");
}

TEST(Names, no_plain_path_equals_a_spelled_out_one) {
  EXPECT_NE(key_of(R"(cpu,a=host\=x)").path(), key_of("cpu,host=x").spelled_path());
  EXPECT_NE(key_of(R"(cpu,a\=b=c)").spelled_path(), key_of(R"(cpu,a=b\=c)").spelled_path());
}

TEST(Names, a_series_that_line_protocol_does_not_allow_is_refused_with_the_reason) {
  for (const std::string_view wrong :
       {"", ",a=1", "cpu,", "cpu,a", "cpu,a=", "cpu,=1", "cpu,a=1,", "cpu,a=1,a=2", "cpu,a=1=2", "cpu a", "cpu,a=1 "}) {
    const auto key = parse_series_key(wrong);
    ASSERT_FALSE(key) << wrong;
    EXPECT_FALSE(key.error().message().empty());
  }
}

TEST(Names, names_that_cannot_be_are_refused) {
  EXPECT_TRUE(check_name("acme/press7/force"));
  EXPECT_TRUE(check_name("größe/温度"));
  EXPECT_TRUE(check_name(std::string(name_bytes_max, 'x')));
  const std::string deep = [] {
    std::string name = "a";
    for (std::size_t i = 0; i < name_levels_max; ++i) name += "/a";
    return name;
  }();
  for (const std::string& wrong :
       {std::string(), std::string(name_bytes_max + 1, 'x'), std::string("a//b"), std::string("/a"), std::string("a/"),
        std::string("a\nb"), std::string("a\0b", 3), std::string("\xC2\x85"), std::string("\xFF"), std::string("a/+"),
        std::string("#"), deep}) {
    EXPECT_FALSE(check_name(wrong)) << wrong;
  }
  EXPECT_TRUE(check_name(deep.substr(2)));
}

TEST(Names, splitting_and_joining_are_inverse) {
  for (const std::string name : {"force", "acme/force", "acme/press7/force"}) {
    const SplitName parts = split_name(name);
    EXPECT_EQ(join_name(parts.path, parts.name), name);
  }
}

}  // namespace
}  // namespace artery::governance
