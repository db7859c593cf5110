#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc32c.h"
#include "base/result.h"
#include "base/strong.h"

namespace artery {
namespace {

enum class TestError { first, second };
std::string_view error_module(TestError) { return "test"; }
enum class OtherError { first };
std::string_view error_module(OtherError) { return "other"; }

TEST(Result, CarriesAValueOrAnErrorThatKnowsItsModule) {
  const Result<int> good = 7;
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 7);
  const Result<int> bad = Error(TestError::second, "no");
  ASSERT_FALSE(bad);
  EXPECT_TRUE(bad.error().is(TestError::second));
  EXPECT_FALSE(bad.error().is(TestError::first));
  EXPECT_FALSE(bad.error().is(OtherError::first));
  EXPECT_EQ(Error(bad.error()).at("line 3").message(), "line 3: no");
}

TEST(Crc32c, MatchesThePublishedCheckValues) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283U);
  const std::string zeros(32, '\0');
  EXPECT_EQ(crc32c(as_bytes(zeros)), 0x8A9136AAU);  // RFC 3720 B.4
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(Crc32c, HardwareAndTablesAgreeAtEveryLengthAndContinue) {
  std::string text;
  for (int i = 0; i < 9000; ++i) text.push_back(static_cast<char>(i * 131 + (i >> 7)));
  for (std::size_t length = 0; length < text.size(); length += (length < 64 ? 1 : 97)) {
    const Bytes bytes = as_bytes(text).first(length);
    ASSERT_EQ(crc32c(bytes), crc32c_portable(bytes)) << length;
    ASSERT_EQ(crc32c(bytes.subspan(length / 3), crc32c(bytes.first(length / 3))), crc32c(bytes)) << length;
  }
}

TEST(Bytes, AReaderNeverReadsBeyondItsSpan) {
  Buffer buffer;
  ByteWriter writer(buffer);
  writer.put(std::uint16_t{7});
  writer.text("line2");
  ByteReader reader(buffer);
  EXPECT_EQ(reader.get<std::uint16_t>(), 7);
  EXPECT_EQ(reader.text(), "line2");
  EXPECT_FALSE(reader.failed());
  EXPECT_EQ(reader.get<std::uint8_t>(), 0);
  EXPECT_TRUE(reader.failed());
  ByteReader lying(Bytes(buffer).subspan(2, 6));
  EXPECT_EQ(lying.text(), "");
  EXPECT_TRUE(lying.failed());
}

TEST(Checked, SaysWhenArithmeticWouldOverflow) {
  EXPECT_EQ(checked_mul<std::int64_t>(3, 4), 12);
  EXPECT_FALSE(checked_mul<std::int64_t>(std::numeric_limits<std::int64_t>::max(), 2));
  EXPECT_FALSE(checked_add<std::uint8_t>(200, 100));
  EXPECT_EQ(checked_sub<std::int64_t>(3, 4), -1);
  EXPECT_FALSE(checked_sub<std::int64_t>(std::numeric_limits<std::int64_t>::min(), 1));
}

}  // namespace
}  // namespace artery
