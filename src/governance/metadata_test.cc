#include "governance/metadata.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace artery::governance {
namespace {

TEST(Metadata, units_are_checked_by_ucums_grammar) {
  for (const std::string_view right :
       {"", "m", "Cel", "kW.h", "m/s2", "%", "10*3/ul", "[degF]", "[in_i'H2O]", "mm[Hg]", "{rpm}", "/min", "1",
        "m3{tot}/d", "(kg.m)/s2", "s-1", "J/(kg.K)", "10^6", "4.[pi].10*-7.N/A2"}) {
    EXPECT_TRUE(plausible_unit(right)) << right;
  }
  for (const std::string_view wrong :
       {"°C", "m//s", "m s", "m.", "/", "(m", "m)", "[deg", "{", "m**-", "kg·m", "a{b{c}}", "m2-"}) {
    EXPECT_FALSE(plausible_unit(wrong)) << wrong;
  }
  const std::vector<char> too_long(unit_bytes_max + 1, 'm');
  EXPECT_FALSE(plausible_unit({too_long.data(), too_long.size()}));
}

TEST(Metadata, a_patch_changes_what_it_names_and_nothing_else) {
  Signal signal;
  signal.full_name = "a/b";
  signal.unit = std::string("m");
  signal.low = 1;
  signal.display_names = {{"de", "x"}, {"en", "y"}};
  SignalPatch patch;
  patch.low = std::optional<double>();
  patch.high = 5.0;
  patch.display_names = {{"de", ""}, {"zh", "z"}};
  ASSERT_TRUE(merge(patch, signal));
  EXPECT_EQ(signal.unit, "m");
  EXPECT_FALSE(signal.low);
  EXPECT_EQ(signal.high, 5.0);
  EXPECT_EQ(signal.display_names, (Texts{{"en", "y"}, {"zh", "z"}}));
}

TEST(Metadata, a_patch_that_cannot_be_leaves_the_target_as_it_was) {
  const auto refused = [](auto change) {
    Signal signal;
    signal.unit = std::string("m");
    const Signal before = signal;
    SignalPatch patch;
    patch.description = "changed";
    change(patch);
    EXPECT_FALSE(merge(patch, signal));
    EXPECT_EQ(signal, before);
  };
  refused([](SignalPatch& patch) { patch.unit = "m//s"; });
  refused([](SignalPatch& patch) { patch.low = std::numeric_limits<double>::quiet_NaN(); });
  refused([](SignalPatch& patch) {
    patch.low = 2.0;
    patch.high = 1.0;
  });
  refused([](SignalPatch& patch) { patch.description = std::string(description_bytes_max + 1, 'x'); });
  refused([](SignalPatch& patch) { patch.description = "\xFF"; });
  refused([](SignalPatch& patch) { patch.display_names = {{"", "x"}}; });
  refused([](SignalPatch& patch) {
    for (std::size_t i = 0; i <= texts_max; ++i) patch.display_names.emplace(fmt::format("{}", i), "x");
  });
}

TEST(Metadata, a_patch_that_keeps_what_is_known_fills_in_the_rest_and_refuses_another_unit_or_type) {
  Signal signal;
  signal.full_name = "a/b";
  signal.unit = std::string("kN");
  signal.high = 5;
  signal.stepped = true;
  signal.display_names = {{"en", "force"}};
  SignalPatch patch{.full_name = "a/b", .type = ValueType::f64, .unit = "kN"};
  patch.low = 1.0;
  patch.high = 9.0;
  patch.stepped = false;
  patch.description = "pressing force";
  patch.display_names = {{"en", "thrust"}, {"zh", "压力"}};
  patch.data_class = DataClass::core;
  patch.new_name = "a/c";
  patch.aliases.emplace();
  patch.retired = true;
  ASSERT_TRUE(keep_known(patch, signal));
  EXPECT_FALSE(patch.new_name || patch.aliases || patch.retired);
  ASSERT_TRUE(merge(patch, signal));
  EXPECT_EQ(signal.unit, "kN");
  EXPECT_EQ(signal.low, 1.0);
  EXPECT_EQ(signal.high, 5.0);
  EXPECT_TRUE(signal.stepped);
  EXPECT_EQ(signal.description, "pressing force");
  EXPECT_EQ(signal.display_names, (Texts{{"en", "force"}, {"zh", "压力"}}));
  EXPECT_EQ(signal.data_class, DataClass::core);

  // What the patch has no word for takes nothing away.
  const Signal before = signal;
  SignalPatch silent{.full_name = "a/b", .unit = "", .low = std::optional<double>()};
  silent.display_names = {{"en", ""}};
  ASSERT_TRUE(keep_known(silent, signal));
  ASSERT_TRUE(merge(silent, signal));
  EXPECT_EQ(signal, before);

  SignalPatch other_unit{.full_name = "a/b", .unit = "N"};
  const auto unit = keep_known(other_unit, signal);
  ASSERT_FALSE(unit);
  EXPECT_EQ(unit.error().message(), "a/b: its unit is kN here, not N");
  SignalPatch other_type{.full_name = "a/b", .type = ValueType::text};
  const auto type = keep_known(other_type, signal);
  ASSERT_FALSE(type);
  EXPECT_EQ(type.error().message(), "a/b: its type is f64 here, not text");

  Asset asset;
  asset.properties = {{"line", "2"}};
  AssetPatch more{.path = "a", .type = "press", .properties = {{"line", "3"}, {"site", "sz"}}};
  ASSERT_TRUE(keep_known(more, asset));
  ASSERT_TRUE(merge(more, asset));
  EXPECT_EQ(asset.type, "press");
  EXPECT_EQ(asset.properties, (Texts{{"line", "2"}, {"site", "sz"}}));
}

}  // namespace
}  // namespace artery::governance
