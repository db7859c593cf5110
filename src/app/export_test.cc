// What one node writes (serve) is what another reads (sources): neither knows the other.
#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "admission/recording_intake.h"
#include "app/export_line.h"
#include "serve/http/export_text.h"
#include "sources/http/sample_lines.h"
#include "sources/replay/rows.h"

namespace artery::app {
namespace {

using admission::RecordingIntake;

class Chance {
 public:
  std::uint64_t bits() { return source_(); }
  std::size_t below(std::size_t end) { return bits() % end; }
  // Bits of any double, of an integer near 2^53, and of what both are small in.
  std::uint64_t word(ValueType type) {
    if (type == ValueType::boolean) return bits() & 1U;
    if (type == ValueType::f64 && below(4) == 0) return bits() | 0x7ff0'0000'0000'0000U;  // NaN of any bits, infinity
    if (below(4) == 0) return bits();
    const auto near = static_cast<std::int64_t>(1ULL << 53U) - 3 + static_cast<std::int64_t>(below(7));
    const std::int64_t number = below(2) == 0 ? near : -near;
    return type == ValueType::i64 ? std::bit_cast<std::uint64_t>(number)
                                  : std::bit_cast<std::uint64_t>(static_cast<double>(number) / 7);
  }
  std::string text() {
    std::string text;
    for (std::size_t i = below(20); i > 0; --i) {
      constexpr std::string_view some[] = {"a",  "\"",         "\\",   "\n", "\x01", "é",
                                           "压", "\U0001F600", "\x7f", "}",  "]",    "\r"};
      text += below(15) == 0 ? std::string(1, '\0') : std::string(some[below(std::size(some))]);
    }
    return text;
  }

 private:
  std::mt19937_64 source_{4711};
};

TEST(Export, what_is_written_is_read_back_bit_for_bit) {
  Chance chance;
  for (int round = 0; round < 400; ++round) {
    const auto type = static_cast<ValueType>(1 + chance.below(4));
    history::Samples samples;
    samples.type = type;
    for (std::size_t rows = 1 + chance.below(50); rows > 0; --rows) {
      const std::string text = chance.text();
      samples.push(Time(std::bit_cast<std::int64_t>(chance.bits())), chance.word(type), text,
                   Quality(static_cast<std::uint32_t>(chance.below(3) == 0 ? chance.bits() : 0)), Time(), 1);
    }
    serve::ExportCounts counts;
    std::string lines;
    serve::write_sample_lines("压机/a \"b\"", samples, counts, lines);
    RecordingIntake intake;
    sample_lines::decode(lines, intake);
    ASSERT_TRUE(intake.refused.empty()) << intake.refused.front().reason << lines;
    ASSERT_EQ(intake.rows.size(), samples.size());
    ASSERT_EQ(counts.samples, samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const RecordingIntake::Row& row = intake.rows[i];
      EXPECT_EQ(row.key, "压机/a \"b\"");
      EXPECT_EQ(row.time, samples.times[i]);
      EXPECT_EQ(row.quality, samples.qualities[i]);
      EXPECT_TRUE(bit_equal(view_of(row.fields.front().second), samples.value(i))) << lines;
    }
  }
}

TEST(Export, long_samples_are_cut_into_lines_that_a_reader_takes) {
  constexpr std::size_t text_bytes = 64U << 10U;
  history::Samples samples;
  samples.type = ValueType::text;
  for (int i = 0; i < 20; ++i) samples.push(Time(i), 0, std::string(text_bytes, '\x01'), quality_good, Time(), 1);
  serve::ExportCounts counts;
  std::string lines;
  serve::write_sample_lines("s", samples, counts, lines);
  std::size_t lines_read = 0;
  std::uint64_t samples_read = 0;
  ExportLineReader reader;
  for (std::string_view rest = lines; !rest.empty(); ++lines_read) {
    const std::size_t end = rest.find('\n');
    EXPECT_LT(end, artery::replay::row_bytes_max);
    const ExportLine line = reader.read(rest.substr(0, end));
    ASSERT_EQ(line.kind, ExportLine::Kind::samples);
    EXPECT_EQ(line.signal, "s");
    samples_read += line.samples;
    rest.remove_prefix(end + 1);
  }
  EXPECT_EQ(lines_read, counts.lines);
  EXPECT_EQ(samples_read, 20U);
}

TEST(Export, each_kind_of_line_is_known) {
  ExportLineReader reader;
  std::string text;
  serve::write_export_header({.filters = {"a/#"}}, "edge \"7\"", Time(0), text);
  const ExportLine header = reader.read(text);
  EXPECT_EQ(header.kind, ExportLine::Kind::header);
  EXPECT_EQ(header.version, 1U);
  EXPECT_EQ(header.node, "edge \"7\"");
  EXPECT_EQ(header.made, "1970-01-01T00:00:00Z");

  text.clear();
  serve::write_export_end({.signals = 1, .samples = 2, .lines = 3, .incomplete = true}, text);
  const ExportLine end = reader.read(text);
  EXPECT_EQ(end.kind, ExportLine::Kind::end);
  EXPECT_EQ(std::tuple(end.signals, end.samples, end.lines, end.incomplete), std::tuple(1U, 2U, 3U, true));

  text.clear();
  serve::write_export_error("the disk is gone", text);
  EXPECT_EQ(reader.read(text).message, "the disk is gone");

  text.clear();
  serve::ExportCounts counts;
  governance::Signal signal;
  signal.full_name = "a/b";
  serve::write_metadata_lines(std::vector{signal}, counts, text);
  EXPECT_EQ(reader.read(text).kind, ExportLine::Kind::metadata);

  EXPECT_EQ(reader.read(R"({"signal":"s","type":"f64","samples":[[1,2],[3,4]]})").samples, 2U);
  EXPECT_EQ(reader.read(R"({"comment":1})").kind, ExportLine::Kind::other);
  EXPECT_EQ(reader.read(R"({"signal":"s","typ)").kind, ExportLine::Kind::unreadable);
  EXPECT_EQ(reader.read("signal,time,value").kind, ExportLine::Kind::unreadable);
}

}  // namespace
}  // namespace artery::app
