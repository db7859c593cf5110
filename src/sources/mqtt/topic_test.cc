#include "sources/mqtt/topic.h"

#include <gtest/gtest.h>

namespace artery::mqtt {
namespace {

TEST(MqttTopic, MQTT_4_8_2_1_ASharedSubscriptionIsSplitIntoItsNameAndItsFilter) {
  EXPECT_EQ(split_filter("$share/group/acme/+/force"), (SplitFilter{"group", "acme/+/force"}));
  EXPECT_EQ(split_filter("$share/group//"), (SplitFilter{"group", "/"}));
  EXPECT_EQ(split_filter("acme/#"), (SplitFilter{"", "acme/#"}));
  EXPECT_EQ(split_filter("$share"), (SplitFilter{"", "$share"})) << "without a slash it is a filter as any other";
  EXPECT_EQ(split_filter("$shared/g/t"), (SplitFilter{"", "$shared/g/t"}));
}

TEST(MqttTopic, MQTT_4_8_2_2_ASharedSubscriptionWithoutNameOrFilterIsNone) {
  for (const char* bad : {"$share/", "$share/g", "$share//t", "$share/g/", "$share/g+/t", "$share/#/t"}) {
    EXPECT_EQ(split_filter(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace artery::mqtt
