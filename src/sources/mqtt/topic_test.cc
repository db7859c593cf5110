#include "sources/mqtt/topic.h"

#include <gtest/gtest.h>

#include "sources/mqtt/utf8.h"

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

// Every code point, and every pair and triple of bytes around the borders of Unicode's table 3-7.
TEST(Utf8, TakesExactlyTheWellFormedSequences) {
  const auto utf8 = [](std::uint32_t c) {
    std::string s;
    const auto put = [&](std::uint32_t byte) { s.push_back(static_cast<char>(byte)); };
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 | c >> 6), put(0x80 | (c & 63));
    } else if (c < 0x10000) {
      put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
    } else {
      put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 63)), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
    }
    return s;
  };
  for (std::uint32_t c = 0; c <= 0x10FFFF + 0x1000; ++c) {
    const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
    const TextFault expected = c == 0                      ? TextFault::null_character
                               : surrogate || c > 0x10FFFF ? TextFault::ill_formed
                                                           : TextFault::none;
    ASSERT_EQ(text_fault(utf8(c)), expected) << c;
    ASSERT_EQ(text_fault("acme/press7/" + utf8(c) + "/force"), expected) << c;
  }
}

TEST(Utf8, RefusesOverlongFormsStrayBytesAndCutSequences) {
  for (const char* bad :
       {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF5\x80\x80\x80", "\xFE", "\xC3",
        "\xE4\xB8", "\xF0\x9F\x8C", "\xE4\xB8z", "plain text then \xFF"}) {
    EXPECT_EQ(text_fault(bad), TextFault::ill_formed) << bad;
  }
}

TEST(Utf8, FindsANullAtEveryPlaceOfALongText) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'a');
    EXPECT_EQ(text_fault(text), TextFault::none);
    text[at] = '\0';
    EXPECT_EQ(text_fault(text), TextFault::null_character) << at;
  }
}

}  // namespace
}  // namespace artery::mqtt
