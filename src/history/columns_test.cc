// Scans that ask for some columns, against scans that ask for all, and these against the naive model.
#include <gtest/gtest.h>

#include <array>

#include "history/history_test.h"
#include "runtime/sim/rng.h"

namespace artery::history {
namespace {

using testing::Model;
using testing::Node;
using testing::SentBatch;

constexpr std::array every_column{Column::times, Column::values, Column::qualities, Column::arrivals,
                                  Column::revisions};
constexpr AssetId asset(1);
constexpr std::uint64_t log_segment_bytes = 16U << 20;  // so that a batch may hold a chunk

Columns random_columns(sim::Rng& rng) {
  Columns columns{every_column.at(rng.below(every_column.size()))};
  for (const Column column : every_column) {
    if (rng.below(2) == 0) columns = columns.with({column});
  }
  return columns;
}

void expect_columns(const Samples& samples, Columns columns) {
  EXPECT_TRUE(samples.columns == columns);
  const auto expect_rows = [&](Column column, std::size_t rows) {
    EXPECT_EQ(rows, columns.has(column) ? samples.size() : 0) << "column " << static_cast<unsigned>(column);
  };
  expect_rows(Column::times, samples.times.size());
  expect_rows(Column::values, samples.words.size());
  expect_rows(Column::qualities, samples.qualities.size());
  expect_rows(Column::arrivals, samples.arrivals.size());
  expect_rows(Column::revisions, samples.revisions.size());
  if (!columns.has(Column::values)) {
    EXPECT_TRUE(samples.text.empty());
  }
}

// Everything that the scan gives, one behind the other. Gives back what it has taken, as often as not.
runtime::Task<Samples> read_all(History* history, Scan scan, sim::Rng* rng) {
  Samples all;
  all.columns = scan.columns;
  auto cursor = co_await history->scan(scan);
  EXPECT_TRUE(cursor);
  while (cursor) {
    auto some = co_await cursor->next();
    EXPECT_TRUE(some) << (some ? "" : some.error().message());
    if (!some || some->empty()) break;
    EXPECT_LE(some->size(), scan_rows_max);
    expect_columns(*some, scan.columns);
    if (all.empty()) all.type = some->type;
    all.append(*some);
    if (rng->below(2) == 0) cursor->recycle(std::move(*some));
  }
  co_return all;
}

void expect_equal(const Samples& read, const Samples& wanted) {
  EXPECT_EQ(read.size(), wanted.size());
  EXPECT_EQ(read.times, wanted.times);
  EXPECT_EQ(read.words, wanted.words);
  EXPECT_EQ(read.qualities, wanted.qualities);
  EXPECT_EQ(read.arrivals, wanted.arrivals);
  EXPECT_EQ(read.revisions, wanted.revisions);
  EXPECT_EQ(read.text, wanted.text);
}

class ColumnsTest : public ::testing::Test {
 public:
  // Of each signal some rows that follow each other, and a few that are late, repeated or corrected.
  SentBatch random_rows() {
    SentBatch rows;
    const std::uint64_t count = 1 + rng.below(rng.below(3) == 0 ? 1500 : 40);
    for (std::uint64_t i = 0; i < count; ++i) {
      clock += 1 + (rng.below(50) == 0 ? static_cast<std::int64_t>(rng.below(30)) : 0);
      for (std::uint32_t field = 0; field < testing::signals_per_asset; ++field) push(rows, field, clock);
    }
    for (std::uint64_t i = rng.below(4) == 0 ? rng.below(30) : 0; i > 0; --i) {
      push(rows, static_cast<std::uint32_t>(rng.below(testing::signals_per_asset)),
           clock - static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(clock))));
    }
    return rows;
  }
  void push(SentBatch& rows, std::uint32_t field, std::int64_t time) {
    const SignalId signal = testing::signal_of(asset, field);
    rows.push_back({asset, signal, Time(time), testing::value_for(signal, rng.below(9)),
                    rng.below(9) == 0 ? quality_uncertain : quality_good});
  }
  std::vector<Deletion> random_deletions() {
    if (rng.below(4) != 0) return {};
    const std::int64_t from = random_time();
    return {{asset, testing::signal_of(asset, static_cast<std::uint32_t>(rng.below(testing::signals_per_asset))),
             Time(from), Time(from + 1 + static_cast<std::int64_t>(rng.below(20)))}};
  }
  std::int64_t random_time() { return static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(clock) + 2)); }

  void send(Node& node) {
    const std::vector<Deletion> deletions = random_deletions();
    const SentBatch rows = random_rows();
    testing::apply(model, deletions);
    testing::apply(model, rows);
    node.append(rows, deletions);
    ASSERT_TRUE(node.settle());
    if (rng.below(2) == 0) {
      ASSERT_TRUE(node.checkpoint());
    }
  }
  Scan random_scan() {
    Scan scan;
    scan.asset = asset;
    scan.signal = testing::signal_of(asset, static_cast<std::uint32_t>(rng.below(testing::signals_per_asset)));
    if (rng.below(2) == 0) scan.from = Time(random_time());
    if (rng.below(2) == 0) scan.to = Time(std::max(scan.from.value(), std::int64_t{0}) + random_time());
    if (rng.below(2) == 0) scan.direction = Direction::backward;
    if (rng.below(2) == 0) scan.revisions = Revisions::all;
    if (rng.below(3) == 0) scan.limit = 1 + rng.below(rng.below(2) == 0 ? 5 : 3000);
    return scan;
  }
  Samples read(Node& node, const Scan& scan) {
    auto read = node.process().run(read_all(&node.history(), scan, &rng));
    return read ? std::move(*read) : Samples();
  }
  // All columns, then some of them.
  Samples read_both(Node& node, Scan scan) {
    Samples all = read(node, scan);
    scan.columns = random_columns(rng);
    Samples wanted = all;
    wanted.keep(scan.columns);
    expect_equal(read(node, scan), wanted);
    return all;
  }
  void expect_model(const Samples& all, const Scan& scan) {
    std::vector<std::string> lines;
    lines.reserve(all.size());
    for (std::size_t row = 0; row < all.size(); ++row)
      lines.push_back(testing::line_of(all.times[row], all.value(row), all.qualities[row], all.revisions[row]));
    EXPECT_EQ(lines, testing::expected(model, scan));
  }

  sim::Machine machine{11};
  sim::Rng rng{11};
  Model model;
  std::int64_t clock = 0;
};

TEST_F(ColumnsTest, that_were_not_asked_for_change_nothing_of_the_others) {
  for (int life = 0; life < 4; ++life) {
    Node node(machine, log_segment_bytes);
    ASSERT_TRUE(node.open());
    for (int round = 0; round < 6; ++round) {
      ASSERT_NO_FATAL_FAILURE(send(node));
      for (int question = 0; question < 30; ++question) {
        Scan scan = random_scan();
        const Samples all = read_both(node, scan);
        expect_model(all, scan);
        if (all.empty()) continue;
        // The next page, and what was known when one of these arrived.
        const std::size_t row = rng.below(all.size());
        if (rng.below(2) == 0) scan.as_of = all.arrivals[row];
        scan.after = Position{all.times[row], all.revisions[row]};
        read_both(node, scan);
      }
      ASSERT_FALSE(HasFailure()) << "life " << life << ", round " << round;
    }
    if (life % 2 == 1) node.close();
  }
}

TEST_F(ColumnsTest, go_out_a_whole_chunk_at_a_time_where_nothing_else_is_of_its_time) {
  Node node(machine, log_segment_bytes);
  ASSERT_TRUE(node.open());
  SentBatch rows;
  for (std::int64_t time = 0; time < static_cast<std::int64_t>(scan_rows_max); ++time) push(rows, 0, time);
  node.append(rows);
  ASSERT_TRUE(node.settle());
  ASSERT_TRUE(node.checkpoint());
  Scan scan;
  scan.asset = asset;
  scan.signal = testing::signal_of(asset, 0);
  scan.columns = {Column::values};
  auto cursor = node.process().run(node.history().scan(scan));
  ASSERT_TRUE(cursor && *cursor);
  const auto some = node.process().run((*cursor)->next());
  ASSERT_TRUE(some && *some);
  EXPECT_EQ((*some)->size(), scan_rows_max);
  expect_columns(**some, scan.columns);
}

TEST(Samples, keep_the_rows_and_the_columns_that_are_wanted_in_either_direction) {
  sim::Rng rng(1);
  for (int round = 0; round < 300; ++round) {
    Samples samples;
    samples.type = rng.below(2) == 0 ? ValueType::text : ValueType::i64;
    const std::size_t rows = rng.below(20);
    for (std::size_t row = 0; row < rows; ++row) {
      samples.push(Time(static_cast<std::int64_t>(row)), rng.below(100), std::string(rng.below(4), 'x'),
                   Quality(static_cast<std::uint32_t>(row)), Time(static_cast<std::int64_t>(row) + 5), 1);
    }
    const std::size_t from = rng.below(rows + 1);
    const std::size_t to = from + rng.below(rows - from + 1);
    const Columns columns = random_columns(rng);
    Samples kept = samples;
    kept.keep(from, to);
    kept.reverse();
    kept.keep(columns);
    Samples wanted;
    wanted.type = samples.type;
    wanted.columns = columns;
    for (std::size_t row = to; row > from; --row) wanted.push(samples, row - 1, samples.revisions[row - 1]);
    expect_columns(kept, columns);
    expect_equal(kept, wanted);
  }
}

}  // namespace
}  // namespace artery::history
