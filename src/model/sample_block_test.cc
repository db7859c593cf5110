#include "model/sample_block.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <random>

#include "model/record.h"

namespace artery {
namespace {

constexpr std::array types{ValueType::f64, ValueType::i64, ValueType::boolean, ValueType::text};

SampleBlockBuilder example() {
  SampleBlockBuilder block({types.begin(), types.end()});
  const std::array first{SignalId(10), SignalId(11), SignalId(12), SignalId(13)};
  const std::array second{SignalId(20), SignalId(21), SignalId(22), SignalId(23)};
  const auto a = block.add_series(AssetId(1), first);
  const auto b = block.add_series(AssetId(2), second);
  block.start_row(a, Time(100));
  block.set_f64(0, -0.0);
  block.set_text(3, "läuft");
  block.start_row(b, Time(90), quality_uncertain);
  block.set_i64(1, std::numeric_limits<std::int64_t>::min());
  block.start_row(a, Time(110));
  block.drop_row();
  block.start_row(a, Time(120));
  block.set_bool(2, true);
  block.set_text(3, "");
  return block;
}

Bytes body_of(const Buffer& buffer) {
  RecordReader reader(buffer);
  const auto record = reader.next();
  EXPECT_TRUE(record && record->kind == RecordKind::samples);
  return record->body;
}

TEST(SampleBlock, GivesBackExactlyWhatWasPutIn) {
  Buffer buffer;
  example().write(buffer);
  const auto block = SampleBlockView::parse(body_of(buffer));
  ASSERT_TRUE(block);
  ASSERT_EQ(block->rows(), 3U);
  ASSERT_EQ(block->fields(), 4U);
  EXPECT_EQ(block->asset(block->row_series()[1]), AssetId(2));
  EXPECT_EQ(block->signal(1, 1), SignalId(21));
  EXPECT_TRUE(bit_equal(block->value(0, 0), ValueView(-0.0)));
  EXPECT_FALSE(block->has_value(0, 1));
  EXPECT_EQ(block->i64(1)[1], std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(block->text(3, 0), "läuft");
  EXPECT_FALSE(block->has_value(3, 1));
  EXPECT_TRUE(block->has_value(3, 2));
  EXPECT_EQ(block->text(3, 2), "");
  EXPECT_TRUE(block->boolean(2, 2));
  EXPECT_EQ(block->quality(1), quality_uncertain);
  EXPECT_EQ(block->quality(2), quality_good);
  EXPECT_EQ(block->times()[2], 120);
}

TEST(SampleBlock, EveryTruncationAndMutationIsRefusedOrReadWithinBounds) {
  Buffer whole;
  example().write(whole);
  const Bytes body = body_of(whole);
  for (std::size_t length = 0; length + 8 < body.size(); ++length) {
    const Buffer cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(SampleBlockView::parse(cut)) << length;
  }
  std::mt19937 random(1);  // a fixed seed: the same mutations each time
  for (int round = 0; round < 20000; ++round) {
    Buffer bent(body.begin(), body.end());
    bent[random() % bent.size()] = static_cast<std::byte>(random());
    const auto block = SampleBlockView::parse(bent);
    if (!block) continue;
    for (std::uint32_t field = 0; field < block->fields(); ++field) {
      for (std::uint32_t row = 0; row < block->rows(); ++row) {
        if (!block->has_value(field, row)) continue;
        EXPECT_LE(block->value(field, row).index(), 3U);
      }
    }
  }
}

TEST(Records, MessagesComeBackAndDamageEndsTheWalk) {
  Buffer out;
  write_message(
      out,
      {.topic = "acme/label", .payload = as_bytes("\x01\x02"), .properties = as_bytes("p"), .qos = 1, .retain = true});
  example().write(out);
  RecordReader reader(out);
  const auto first = reader.next();
  ASSERT_TRUE(first && first->kind == RecordKind::message);
  const auto message = read_message(first->body);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->topic, "acme/label");
  EXPECT_EQ(as_text(message->properties), "p");
  EXPECT_EQ(message->qos, 1);
  EXPECT_TRUE(message->retain);
  ASSERT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.failed());
  RecordReader cut(Bytes(out).first(out.size() - 8));
  EXPECT_TRUE(cut.next());
  EXPECT_FALSE(cut.next());
  EXPECT_TRUE(cut.failed());
}

}  // namespace
}  // namespace artery
