// History's parts by themselves: head, merge, chunk, manifest, segment.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "base/crc32c.h"
#include "history/chunk.h"
#include "history/error.h"
#include "history/head.h"
#include "history/manifest.h"
#include "history/seal.h"
#include "history/segment.h"
#include "model/partition.h"
#include "model/record.h"
#include "runtime/sim/process.h"

namespace artery::history {
namespace {

Samples random_samples(sim::Rng& rng, ValueType type, std::size_t rows) {
  Samples samples;
  samples.type = type;
  std::int64_t time = -static_cast<std::int64_t>(rng.below(1000));
  const bool regular = rng.below(2) == 0;
  const bool constant = rng.below(2) == 0;
  const std::uint64_t arrival_ns = rng.below(2) == 0 ? 1'000'000 : 999'983;
  for (std::size_t row = 0; row < rows; ++row) {
    time += regular ? 10 : static_cast<std::int64_t>(rng.below(3));
    const std::uint64_t word = constant ? 1 : rng.below(2);
    samples.push(Time(time), word, std::string(rng.below(4), 'x'),
                 constant ? quality_good : Quality(static_cast<std::uint32_t>(rng.below(3))),
                 Time(static_cast<std::int64_t>(constant ? 5 : rng.below(100) * arrival_ns) - 30'000'000), 0);
  }
  return samples;
}

std::optional<Chunk> read_whole(Bytes bytes, Bytes stamps = {}) {
  const auto start = read_chunk_start(bytes);
  return start ? read_chunk(*start, stamps) : std::nullopt;
}

TEST(Chunk, gives_back_what_was_written_in_every_form) {
  sim::Rng rng(1);
  for (int round = 0; round < 200; ++round) {
    const auto type = static_cast<ValueType>(1 + rng.below(4));
    const Samples samples = random_samples(rng, type, 1 + rng.below(70));
    Buffer bytes;
    const ChunkHeader header =
        write_chunk(bytes, SignalId(9), 100, samples, round % 2 == 0 ? codec::Effort::light : codec::Effort::small)
            .header;
    EXPECT_EQ(header.bytes, bytes.size());
    const auto chunk = read_whole(bytes);
    ASSERT_TRUE(chunk);
    EXPECT_EQ(chunk->header.signal, SignalId(9));
    const Samples& read = chunk->rows.columns;
    EXPECT_EQ(read.type, type);
    EXPECT_EQ(read.times, samples.times);
    EXPECT_EQ(read.words, samples.words);
    EXPECT_EQ(read.qualities, samples.qualities);
    EXPECT_EQ(read.arrivals, samples.arrivals);
    EXPECT_EQ(read.text, samples.text);
    EXPECT_EQ(chunk->rows.orders.front(), 100U);
    EXPECT_EQ(chunk->rows.orders.back(), 99U + samples.size());
  }
}

TEST(Chunk, gives_the_columns_that_are_asked_for_and_all_where_a_time_is_there_twice) {
  sim::Rng rng(3);
  Samples spent;
  for (int round = 0; round < 400; ++round) {
    const Samples samples = random_samples(rng, static_cast<ValueType>(1 + rng.below(4)), 1 + rng.below(70));
    Buffer bytes;
    write_chunk(bytes, SignalId(9), 100, samples, codec::Effort::light);
    Columns asked{Column::values};
    for (const Column column : {Column::times, Column::qualities, Column::arrivals, Column::revisions})
      if (rng.below(2) == 0) asked = asked.with({column});
    if (rng.below(2) == 0) asked = asked.without({Column::values}).with({Column::times});
    auto chunk = read_chunk(*read_chunk_start(bytes), {}, asked, std::exchange(spent, Samples()));
    ASSERT_TRUE(chunk);
    const bool differ = std::ranges::adjacent_find(samples.times) == samples.times.end();
    const Columns has = differ ? asked : Columns::all();
    Samples& read = chunk->rows.columns;
    EXPECT_EQ(chunk->rows.times_differ, differ);
    EXPECT_EQ(chunk->header.span, (Span{samples.times.front(), samples.times.back()}));
    EXPECT_TRUE(read.columns == has);
    const auto expect_column = [&](Column column, const auto& its, const auto& wanted) {
      EXPECT_EQ(its, has.has(column) ? wanted : std::remove_cvref_t<decltype(wanted)>());
    };
    expect_column(Column::times, read.times, samples.times);
    expect_column(Column::values, read.words, samples.words);
    expect_column(Column::values, read.text, samples.text);
    expect_column(Column::qualities, read.qualities, samples.qualities);
    expect_column(Column::arrivals, read.arrivals, samples.arrivals);
    EXPECT_EQ(chunk->rows.orders.size(), has.has(Column::revisions) ? samples.size() : 0);
    if (rng.below(2) == 0) spent = std::move(read);
  }
}

TEST(Chunk, is_refused_when_its_times_descend_and_not_before) {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::pair<std::vector<std::int64_t>, bool>> cases{
      {{5}, true},
      {{5, 5, 5}, true},
      {{5, 4}, false},
      {{5, 6, 7}, true},
      {{7, 6, 5}, false},
      {{5, 6, 6, 8, 9, 9}, true},
      {{5, 6, 6, 8, 9, 8}, false},
      {{least, greatest}, true},
      {{greatest, least}, false},
      {{greatest - 2, greatest - 1, greatest}, true},
      {{greatest - 1, greatest, least}, false},
      {{least, 0, greatest - 1, greatest}, true},
      {{least, 0, greatest, least + 1}, false},
  };
  for (const auto& [times, ascend] : cases) {
    Samples samples;
    for (const std::int64_t time : times) samples.push(Time(time), 1, {}, quality_good, Time(0), 0);
    Buffer bytes;
    write_chunk(bytes, SignalId(1), 0, samples, codec::Effort::light);
    const auto chunk = read_whole(bytes);
    EXPECT_EQ(chunk.has_value(), ascend) << times.size() << " from " << times.front() << " to " << times.back();
    if (chunk) {
      EXPECT_EQ(chunk->rows.columns.times, samples.times);
    }
  }
}

TEST(Chunk, clipped_keeps_each_row_whole) {
  sim::Rng rng(2);
  for (int round = 0; round < 200; ++round) {
    Rows rows;
    rows.columns = random_samples(rng, ValueType::text, 20);
    rows.orders.resize(20);
    const Span span{rows.columns.times[rng.below(20)], rows.columns.times[rng.below(20)]};
    std::vector<std::string> expected;
    for (std::size_t row = 0; row < 20; ++row) {
      if (span.has(rows.columns.times[row])) expected.emplace_back(rows.columns.text_at(row));
    }
    clip(rows, span);
    ASSERT_EQ(rows.size(), expected.size());
    for (std::size_t row = 0; row < rows.size(); ++row) EXPECT_EQ(rows.columns.text_at(row), expected[row]);
  }
}

TEST(Chunk, is_refused_when_cut_off_or_changed_anywhere) {
  sim::Rng rng(3);
  Buffer bytes;
  write_chunk(bytes, SignalId(1), 0, random_samples(rng, ValueType::text, 9), codec::Effort::light);
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read_whole(Bytes(bytes).first(size)));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes[at] ^= std::byte{1};
    EXPECT_FALSE(read_whole(bytes)) << at;
    bytes[at] ^= std::byte{1};
  }
  EXPECT_TRUE(read_whole(bytes));
}

TEST(Manifest, gives_back_what_was_written_and_refuses_it_cut_off_or_changed_anywhere) {
  const Manifest manifest{Offset(90),
                          4,
                          {{1, Offset(0), Offset(30), 1000, 7, Offset(80), std::nullopt},
                           {3, Offset(40), Offset(90), 2000, 8, Offset(90), std::nullopt}},
                          {{Offset(85), Time(5000), {AssetId(1), SignalId(2), Time(-7), Time(9)}}},
                          {{2, Offset(0), Offset(1), 300, 40, Offset(50), Time(77)}}};
  Buffer bytes = manifest.encode();
  const auto read = Manifest::decode(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->cursor, manifest.cursor);
  EXPECT_EQ(read->next_number, manifest.next_number);
  EXPECT_EQ(read->segments, manifest.segments);
  EXPECT_EQ(read->deletions, manifest.deletions);
  EXPECT_EQ(read->archives, manifest.archives);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = Manifest::decode(Bytes(bytes).first(size));
    ASSERT_FALSE(cut);
    EXPECT_NE(cut.error().message().find("cut off"), std::string::npos);
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes[at] ^= std::byte{0x10};
    EXPECT_FALSE(Manifest::decode(bytes)) << at;
    bytes[at] ^= std::byte{0x10};
  }
}

struct BlockOfTest {
  Buffer bytes;
  std::optional<SampleBlockView> view;
  explicit BlockOfTest(const SampleBlockBuilder& builder) {
    builder.write(bytes);
    view = SampleBlockView::parse(RecordReader(bytes).next()->body);
  }
};

TEST(Head, each_partition_keeps_its_own_assets_and_leaves_out_fields_without_a_value) {
  SampleBlockBuilder builder({ValueType::f64, ValueType::text});
  for (std::uint32_t asset = 1; asset <= 50; ++asset) {
    const std::array signals{SignalId(asset * 2 - 1), SignalId(asset * 2)};
    const std::uint32_t series = builder.add_series(AssetId(asset), signals);
    for (std::int64_t row = 0; row < 5; ++row) {
      builder.start_row(series, Time(100 - row));
      if (row != 2) builder.set_f64(0, static_cast<double>(row));
      if (row != 3) builder.set_text(1, std::to_string(row));
    }
  }
  const BlockOfTest block(builder);
  std::uint64_t samples = 0;
  for (std::uint32_t index = 0; index < 3; ++index) {
    Head head(index, 3);
    head.append(*block.view, Time(7), 0);
    head.append(*block.view, Time(8), 0);
    samples += head.samples();
    for (std::uint32_t asset = 1; asset <= 50; ++asset) {
      std::vector<std::string> texts;
      std::size_t numbers = 0;
      for (const HeadRun& run : head.runs(SignalId(asset * 2), Span{})) {
        const Rows rows = run.open(Span{Time(97), Time(99)});
        EXPECT_TRUE(std::ranges::is_sorted(rows.columns.times));
        for (std::size_t row = 0; row < rows.size(); ++row) texts.emplace_back(rows.columns.text_at(row));
      }
      for (const HeadRun& run : head.runs(SignalId(asset * 2 - 1), Span{})) numbers += run.open(Span{}).size();
      std::ranges::sort(texts);
      const bool mine = partition_of(AssetId(asset), 3) == index;
      EXPECT_EQ(texts, mine ? (std::vector<std::string>{"1", "1", "2", "2"}) : std::vector<std::string>{});
      EXPECT_EQ(numbers, mine ? 8U : 0U);
    }
  }
  EXPECT_EQ(samples, 2U * 50 * 8);
}

// Reading goes on while more is appended: a snapshot shows what was there when it was taken.
TEST(Head, a_run_shows_what_was_there_when_it_was_asked_for) {
  Head head(0, 1);
  SampleBlockBuilder builder({ValueType::text});
  std::vector<HeadRun> before;
  for (int row = 0; row < 300; ++row) {
    builder.clear();
    const std::array signals{SignalId(1)};
    builder.start_row(builder.add_series(AssetId(1), signals), Time(row));
    builder.set_text(0, std::string(100, 'a'));
    const BlockOfTest block(builder);
    head.append(*block.view, Time(row), 0);
    if (row == 9) before = head.runs(SignalId(1), Span{});
  }
  std::size_t rows = 0;
  for (const HeadRun& run : before) rows += run.open(Span{}).size();
  EXPECT_EQ(rows, 10U);
}

TEST(Segment, cut_off_anywhere_is_refused_with_its_name_and_lengths) {
  sim::Machine machine(1);
  sim::Process process(machine);
  auto head = std::make_shared<Head>(0, 1);
  SampleBlockBuilder builder({ValueType::f64});
  const std::array signals{SignalId(1)};
  builder.start_row(builder.add_series(AssetId(1), signals), Time(5));
  builder.set_f64(0, 1.5);
  head->append(*BlockOfTest(builder).view, Time(6), 0);
  process.run(process.files().make_folder("h"));
  SegmentPlan plan;
  plan.files = &process.files();
  plan.folder = "h";
  plan.number = 1;
  plan.to = Offset(1);
  plan.created = Time(9);
  plan.names = [](SignalId) { return SignalFacts{"press7/force", "kN"}; };
  const auto entry = **process.run(seal_heads(std::move(plan), {head}));
  ASSERT_TRUE(entry);
  const std::string path = "h/" + segment_name(1);
  const Buffer bytes = *machine.contents(path);
  EXPECT_EQ(bytes.size(), entry->bytes);
  ASSERT_TRUE(process.run(Segment::open(&process.files(), "h", *entry))->has_value());
  const auto footer_at = SegmentTrailer::read(Bytes(bytes).last(segment_trailer_bytes), bytes.size())->footer_at;
  const auto footer =
      Footer::read(Bytes(bytes).subspan(footer_at, bytes.size() - footer_at - segment_trailer_bytes), footer_at);
  EXPECT_EQ(footer->notes.front().facts.name, "press7/force");
  EXPECT_EQ(footer->notes.front().facts.unit, "kN");
  {
    const auto file = std::move(**process.run(process.files().open(path, runtime::OpenMode::write)));
    for (std::uint64_t size = bytes.size(); size-- > 0;) {
      ASSERT_TRUE(*process.run(file->truncate(size)));
      const auto opened = process.run(Segment::open(&process.files(), "h", *entry));
      ASSERT_FALSE(*opened);
      EXPECT_TRUE(opened->error().is(HistoryError::damaged));
      EXPECT_NE(opened->error().message().find(path), std::string::npos);
    }
  }
  process.halt();
}

}  // namespace
}  // namespace artery::history
