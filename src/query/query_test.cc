// Native queries against what they are defined by.
#include "query/query.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "query/asked_test.h"
#include "query/m4.h"
#include "runtime/sim/rng.h"

namespace artery::query {
namespace {

using history::testing::SentBatch;

__extension__ using Wide = __int128;

struct Point {
  std::int64_t time;
  double value;
  Quality quality;
};

std::vector<PlotColumn> m4_of(const history::Samples& samples, std::int64_t from, std::int64_t to,
                              std::uint32_t width) {
  M4 m4{Time(from), Time(to), width};
  for (std::size_t row = 0; row < samples.size();) {
    const auto behind = std::ranges::lower_bound(samples.times, m4.end_of(samples.times[row])) - samples.times.begin();
    history::Summary summary;
    summary.type = samples.type;
    summary.add(samples, row, static_cast<std::size_t>(behind), history::Usable::any);
    m4.add(summary);
    row = static_cast<std::size_t>(behind);
  }
  return m4.take();
}

void expect_naive(const std::vector<PlotColumn>& columns, const std::vector<Point>& points, std::int64_t from,
                  std::int64_t to, std::uint32_t width) {
  // Column i begins at its exact edge, rounded down to whole tiles where these are at most an eighth of a column.
  Wide grain = 1;
  for (const std::int64_t minutes : {1, 10, 60, 1440}) {
    const Wide length = Wide{minutes} * 60 * 1'000'000'000;
    if (length <= (Wide{to} - from) / width / 8) grain = length;
  }
  std::vector<Wide> edges;
  for (std::uint32_t i = 0; i < width; ++i) {
    const Wide exact = from + (Wide{i} * (Wide{to} - from) + width - 1) / width;
    const Wide rounded = exact - ((exact % grain) + grain) % grain;
    edges.push_back(i == 0 ? Wide{from} : std::max(Wide{from}, rounded));
  }
  std::map<std::uint32_t, std::vector<Point>> by_column;
  std::map<std::uint32_t, std::uint32_t> worst_of;
  for (const Point& point : points) {
    if (point.time < from || point.time >= to) continue;
    const auto column =
        static_cast<std::uint32_t>(std::ranges::upper_bound(edges, Wide{point.time}) - edges.begin() - 1);
    worst_of[column] = std::max(worst_of[column], point.quality.value() >> 30U);
    if (!std::isnan(point.value)) by_column[column].push_back(point);
  }
  ASSERT_EQ(columns.size(), by_column.size());
  std::size_t i = 0;
  const auto less = [](const Point& a, const Point& b) { return a.value < b.value; };
  for (const auto& [number, inside] : by_column) {
    const PlotColumn& column = columns[i++];
    const auto same = [](const PlotPoint& a, const Point& b) {
      EXPECT_EQ(a.time, Time(b.time));
      EXPECT_TRUE(bit_equal(std::get<double>(a.value), b.value));
    };
    EXPECT_EQ(column.column, number);
    EXPECT_EQ(column.count, inside.size());
    same(column.first, inside.front());
    same(column.last, inside.back());
    same(column.min, *std::min_element(inside.begin(), inside.end(), less));
    same(column.max, *std::max_element(inside.begin(), inside.end(), less));
    EXPECT_EQ(column.worst.value() >> 30U, worst_of[number]);
  }
}

TEST(M4, equals_the_naive_one_over_any_range_and_width) {
  sim::Rng rng(1);
  for (int round = 0; round < 500; ++round) {
    const bool whole = round % 10 == 0;
    const std::int64_t scale = round % 3 == 0 ? 97'000'000'000 : 1;  // ns, or of the size of tiles
    const std::int64_t from = whole ? time_min.value() : scale * (static_cast<std::int64_t>(rng.below(100)) - 50);
    const std::int64_t to = whole ? time_max.value() : from + scale * static_cast<std::int64_t>(1 + rng.below(300));
    const auto width = static_cast<std::uint32_t>(1 + rng.below(400));
    std::vector<Point> points;
    history::Samples samples;
    std::int64_t time = whole ? from : from - 1;
    const std::uint64_t step = whole ? std::uint64_t{1} << 59U : 5 * static_cast<std::uint64_t>(scale);
    while (true) {
      const auto next = Wide{time} + 1 + rng.below(step);
      if (next >= to) break;
      time = static_cast<std::int64_t>(next);
      const std::uint64_t chance = rng.below(20);
      const double value = chance == 0   ? std::nan("")
                           : chance == 1 ? std::numeric_limits<double>::infinity()
                           : chance == 2 ? -0.0
                                         : static_cast<double>(rng.below(5));
      const Quality quality(static_cast<std::uint32_t>(rng.below(3)) << 30U);
      points.push_back({time, value, quality});
      samples.push(Time(time), std::bit_cast<std::uint64_t>(value), {}, quality, Time(0), 1);
    }
    expect_naive(m4_of(samples, from, to, width), points, from, to, width);
  }
}

std::vector<std::string> lines_of(const Raw& raw) {
  std::vector<std::string> lines;
  for (const auto& samples : raw.vectors) {
    EXPECT_FALSE(samples.empty());
    for (std::size_t row = 0; row < samples.size(); ++row) {
      lines.push_back(history::testing::line_of(samples.times[row], samples.value(row), samples.qualities[row],
                                                samples.revisions[row]));
    }
  }
  return lines;
}

class Native : public testing::Asked {
 public:
  Native() {
    SentBatch batch;
    for (std::int64_t time = 0; time < 3000; ++time) {
      batch.push_back({AssetId(1), SignalId(1), Time(time), static_cast<double>(time % 7), quality_good});
    }
    batch.push_back({AssetId(1), SignalId(1), Time(5), 100.0, quality_good});
    batch.push_back({AssetId(1), SignalId(4), Time(5), std::string("text"), quality_good});
    append(batch);
  }
  static RawRequest raw_of(SignalId signal) {
    RawRequest request;
    request.asset = AssetId(1);
    request.signal = signal;
    return request;
  }
};

TEST_F(Native, raw_pages_join_to_the_whole) {
  RawRequest request = raw_of(SignalId(1));
  request.limit = 700;
  std::vector<Time> times;
  std::size_t pages = 0;
  while (true) {
    const auto raw = ask(&Queries::raw, request);
    ASSERT_TRUE(raw);
    ++pages;
    for (const auto& vector : raw->vectors) times.insert(times.end(), vector.times.begin(), vector.times.end());
    if (!raw->next) break;
    EXPECT_EQ(times.size(), pages * 700);
    request.after = raw->next;
  }
  EXPECT_EQ(pages, 5U);
  ASSERT_EQ(times.size(), 3000U);
  for (std::int64_t time = 0; time < 3000; ++time) EXPECT_EQ(times[static_cast<std::size_t>(time)], Time(time));
}

TEST(M4, compares_and_gives_whole_numbers_without_rounding) {
  constexpr std::int64_t beyond = std::int64_t{1} << 53U;  // what a double still tells apart
  history::Samples samples;
  samples.type = ValueType::i64;
  for (const std::int64_t value : {beyond + 3, beyond + 1, beyond + 5, beyond + 4}) {
    samples.push(Time(static_cast<std::int64_t>(samples.size())), static_cast<std::uint64_t>(value), {}, quality_good,
                 Time(0), 1);
  }
  const auto columns = m4_of(samples, 0, 10, 1);
  ASSERT_EQ(columns.size(), 1U);
  const auto is = [](const PlotPoint& point, std::int64_t time, std::int64_t value) {
    return point.time == Time(time) && std::get<std::int64_t>(point.value) == value;
  };
  EXPECT_TRUE(is(columns[0].first, 0, beyond + 3));
  EXPECT_TRUE(is(columns[0].min, 1, beyond + 1));
  EXPECT_TRUE(is(columns[0].max, 2, beyond + 5));
  EXPECT_TRUE(is(columns[0].last, 3, beyond + 4));
}

// Every page holds at most its bytes, or one sample, and the pages joined are the scan without pages.
void expect_pages_join(Native& native, RawRequest request, std::uint64_t bytes_max) {
  RawRequest without_pages = request;
  without_pages.limit = raw_limit_max;
  without_pages.bytes_max = std::numeric_limits<std::uint64_t>::max();
  const auto whole = lines_of(*native.ask(&Queries::raw, without_pages));
  request.bytes_max = bytes_max;
  std::vector<std::string> joined;
  while (true) {
    const auto raw = native.ask(&Queries::raw, request);
    ASSERT_TRUE(raw);
    const auto lines = lines_of(*raw);
    EXPECT_TRUE(raw->bytes <= bytes_max || lines.size() == 1) << raw->bytes;
    joined.insert(joined.end(), lines.begin(), lines.end());
    if (!raw->next) break;
    ASSERT_FALSE(lines.empty()) << "paging would never end";
    request.after = raw->next;
  }
  EXPECT_EQ(joined, whole) << bytes_max;
}

TEST_F(Native, raw_pages_end_at_their_bytes_and_join_to_the_whole) {
  SentBatch batch;
  for (std::int64_t time = 0; time < 40; ++time) {
    for (std::int64_t revision = 0; revision <= time % 4; ++revision) {
      std::string text(static_cast<std::size_t>((time * 37 + revision * 11) % 300), 'a');
      text += fmt::format("{}", revision);
      batch.push_back({AssetId(2), SignalId(9), Time(time), std::move(text), quality_good});
    }
  }
  append(batch);
  for (const auto revisions : {history::Revisions::newest, history::Revisions::all}) {
    for (const auto direction : {history::Direction::forward, history::Direction::backward}) {
      for (const std::uint64_t bytes_max : {1U, 33U, 200U, 1000U, 3000U, 1'000'000U}) {
        RawRequest request = raw_of(SignalId(9));
        request.asset = AssetId(2);
        request.revisions = revisions;
        request.direction = direction;
        expect_pages_join(*this, request, bytes_max);
        request.limit = 3;
        expect_pages_join(*this, request, bytes_max);
      }
    }
  }
}

TEST_F(Native, a_page_of_numbers_ends_at_its_bytes_too) {
  RawRequest request = raw_of(SignalId(1));
  request.bytes_max = 100 * raw_sample_bytes;
  const auto raw = ask(&Queries::raw, request);
  EXPECT_EQ(lines_of(*raw).size(), 100U);
  EXPECT_EQ(raw->bytes, request.bytes_max);
  ASSERT_TRUE(raw->next);
  EXPECT_EQ(raw->next->time, Time(99));
  expect_pages_join(*this, request, 1700 * raw_sample_bytes);
}

TEST_F(Native, raw_shows_the_newest_revision_or_all_with_their_arrival) {
  RawRequest request = raw_of(SignalId(1));
  request.from = Time(5);
  request.to = Time(6);
  auto raw = ask(&Queries::raw, request);
  ASSERT_EQ(raw->vectors.front().size(), 1U);
  EXPECT_EQ(std::get<double>(raw->vectors.front().value(0)), 100.0);
  request.revisions = history::Revisions::all;
  request.arrivals = true;
  raw = ask(&Queries::raw, request);
  ASSERT_EQ(raw->vectors.front().size(), 2U);
  EXPECT_EQ(std::get<double>(raw->vectors.front().value(0)), 5.0);
  EXPECT_GT(raw->vectors.front().arrivals[0], Time(0));
}

TEST_F(Native, a_limit_of_exactly_what_there_is_has_no_next_page) {
  RawRequest request = raw_of(SignalId(1));
  request.limit = 3000;
  EXPECT_FALSE(ask(&Queries::raw, request)->next);
  request.limit = 2999;
  EXPECT_TRUE(ask(&Queries::raw, request)->next);
}

TEST_F(Native, wrong_requests_are_refused_with_what_would_be_right) {
  RawRequest raw = raw_of(SignalId(1));
  raw.limit = raw_limit_max + 1;
  EXPECT_TRUE(ask(&Queries::raw, raw).error().is(QueryError::bad_limit));
  raw.limit = 0;
  EXPECT_TRUE(ask(&Queries::raw, raw).error().is(QueryError::bad_limit));
  raw.limit = 1;
  raw.from = raw.to;
  EXPECT_TRUE(ask(&Queries::raw, raw).error().is(QueryError::bad_range));
  EXPECT_TRUE(
      ask(&Queries::plot, PlotRequest{AssetId(1), SignalId(1), Time(0), Time(9), 0}).error().is(QueryError::bad_limit));
  EXPECT_TRUE(ask(&Queries::plot, PlotRequest{AssetId(1), SignalId(4), Time(0), Time(9), 5})
                  .error()
                  .is(QueryError::not_numeric));
}

TEST_F(Native, a_cancelled_question_ends_with_that) {
  std::stop_source stop;
  stop.request_stop();
  RawRequest request = raw_of(SignalId(1));
  request.stop = stop.get_token();
  EXPECT_TRUE(ask(&Queries::raw, request).error().is(history::HistoryError::cancelled));
}

TEST_F(Native, plot_is_m4_of_the_newest_revisions) {
  std::vector<Point> points;
  for (std::int64_t time = 0; time < 3000; ++time) {
    points.push_back({time, time == 5 ? 100.0 : static_cast<double>(time % 7), quality_good});
  }
  const auto plot = ask(&Queries::plot, PlotRequest{AssetId(1), SignalId(1), Time(-100), Time(4000), 333});
  ASSERT_TRUE(plot);
  EXPECT_FALSE(plot->incomplete);
  expect_naive(plot->columns, points, -100, 4000, 333);
}

}  // namespace
}  // namespace artery::query
