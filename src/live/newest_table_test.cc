// The table's checkpoint bodies. What it makes of batches is in newest_test.cc.
#include "live/newest_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "model/record.h"

namespace artery::live {
namespace {

void write(NewestTable& table, std::uint32_t signal, std::int64_t time, const std::string& text) {
  SampleBlockBuilder block({ValueType::text, ValueType::f64});
  block.start_row(block.add_series(AssetId(1), std::vector{SignalId(signal), SignalId(signal + 1)}), Time(time));
  block.set_text(0, text);
  block.set_f64(1, 0.5 * static_cast<double>(time));
  Buffer bytes;
  block.write(bytes);
  ASSERT_EQ(table.apply(*SampleBlockView::parse(RecordReader(bytes).next()->body), Time(time)), 2U);
}

// Texts of many lengths, and one that was corrected.
Buffer body() {
  NewestTable table(0, 1);
  for (std::uint32_t i = 1; i < 12; ++i) write(table, 2 * i, i, std::string(i * 3, 'x'));
  write(table, 2, 1, "another");
  return table.encode();
}

TEST(NewestTable, takes_a_body_in_whatever_pieces_it_comes) {
  const Buffer whole = body();
  for (std::size_t size = 1; size <= whole.size(); ++size) {
    NewestTable table(0, 1);
    std::size_t taken = 0;
    for (std::size_t end = size;; end = std::min(end + size, whole.size())) {
      const auto more = table.merge(Bytes(whole).first(end).subspan(taken));
      ASSERT_TRUE(more);
      taken += *more;
      if (end == whole.size()) break;
    }
    ASSERT_EQ(taken, whole.size()) << "pieces of " << size;
    EXPECT_EQ(table.encode(), whole) << "pieces of " << size;
  }
}

TEST(NewestTable, refuses_a_type_that_there_is_not_and_takes_no_text_that_is_not_there) {
  constexpr std::size_t type_at = 28;
  constexpr std::size_t word_at = 32;
  Buffer bent = body();
  bent[type_at] = std::byte{5};
  EXPECT_EQ(NewestTable(0, 1).merge(bent), std::nullopt);
  for (const std::uint64_t length : {std::uint64_t{1} << 20, ~std::uint64_t{0}}) {
    bent = body();
    ASSERT_EQ(bent[type_at], std::byte{4});
    store(bent.data() + word_at, length);
    EXPECT_EQ(NewestTable(0, 1).merge(bent), 0U) << "the first entry seems to go on behind these bytes";
  }
}

}  // namespace
}  // namespace artery::live
