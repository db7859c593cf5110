#include "base/utf8.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace artery {
namespace {

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
    const bool expected = !surrogate && c <= 0x10FFFF;
    ASSERT_EQ(is_utf8(utf8(c)), expected) << c;
    ASSERT_EQ(is_utf8("acme/press7/" + utf8(c) + "/force"), expected) << c;
  }
}

TEST(Utf8, FollowsTheStandardsTable) {
  for (const std::string_view good :
       {"", "plain", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "12345678\xE4\xB8\xAD and more text than eight"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const std::string_view bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE4\xB8", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "12345678\xE4\xB8", "\xE4\xB8\x41", "1234567\xFF", "\xFE",
        "\xC3", "\xF0\x9F\x8C"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

}  // namespace
}  // namespace artery
