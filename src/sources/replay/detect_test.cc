#include "sources/replay/detect.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sources/replay/file_facts.h"
#include "sources/replay/line_writer.h"

namespace artery::replay {
namespace {

// A file's plan and lines, with `said` as a mapping's names and values.
struct Outcome {
  FileFacts facts;
  std::string lines;
  std::vector<std::string> faults;
};

Result<Outcome> replay_by(const Mapping& mapping, std::string_view file) {
  const FilePlace place{"", "f"};
  Probe probe(mapping, place, "f.csv");
  auto more = probe.feed(as_bytes(file));
  if (!more) return more.error();
  auto facts = probe.finish();
  if (!facts) return facts.error();
  Outcome outcome{std::move(*facts), {}, {}};
  auto rows = RowStream::open(outcome.facts);
  if (!rows) return rows.error();
  if (auto fed = rows->feed(as_bytes(file)); !fed) return fed.error();
  if (auto ended = rows->end(); !ended) return ended.error();
  const Zone zone;
  LineWriter writer(outcome.facts.plan, zone);
  for (Row row; rows->next(row);) {
    writer.write(row, Duration::zero(), outcome.lines);
    outcome.faults.insert(outcome.faults.end(), writer.faults().begin(), writer.faults().end());
  }
  return outcome;
}

Result<Outcome> replay(std::string_view file, const std::vector<std::pair<std::string, std::string>>& said = {}) {
  Mapping mapping;
  for (const auto& [name, value] : said) {
    if (auto right = assign(mapping, name, value); !right) return right.error();
  }
  return replay_by(mapping, file);
}

TEST(Replay, WritesNumbersWithTheDigitsOfTheFile) {
  const auto outcome = replay("time,a,b\n2024-01-01,1.10,+7e3\n2024-01-02,-0.30000000000000004,NA\n");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->lines, "f a=1.10,b=7e3 1704067200000000000\nf a=-0.30000000000000004 1704153600000000000\n");
}

TEST(Replay, MembersOfANestedObjectAreSignalsOfAnAssetBelow) {
  const auto outcome = replay(
      "{\"ts\": \"2024-01-01\", \"pump\": {\"flow (L/min)\": 1, \"a b\": {\"on\": true}}, \"x/y\": 2}\n"
      "{\"ts\": \"2024-01-02\", \"pump\": {\"flow (L/min)\": 3}}\n");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->lines,
            "f,level02=pump flow\\ (L/min)=1 1704067200000000000\n"
            "f,level02=pump,level03=a\\ b on=true 1704067200000000000\n"
            "f x/y=2 1704067200000000000\n"
            "f,level02=pump flow\\ (L/min)=3 1704153600000000000\n");
}

TEST(Replay, MendsADecimalComma) {
  const auto outcome = replay("time;a\n2024-01-01;1,5\n2024-01-02;-,5\n");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->lines, "f a=1.5 1704067200000000000\nf a=-.5 1704153600000000000\n");
}

TEST(Replay, EscapesNamesAndTexts) {
  const auto outcome = replay("time,\"a b,c=\\d\"\n2024-01-01,\"say \"\"x\"\" \\\"\n", {{"asset", "p q/r,s=t"}});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->lines, "p\\ q,level02=r\\,s\\=t a\\ b\\,c\\=\\\\d=\"say \\\"x\\\" \\\\\" 1704067200000000000\n");
}

TEST(Replay, DayOrMonthFirstIsDecidedBehindTheSample) {
  std::string file = "date,v\n";
  for (int day = 1; day <= 13; ++day) {
    for (int row = 0; row < 96; ++row) file += std::to_string(day) + "/1/2018 1:00," + std::to_string(row) + "\n";
  }
  const auto outcome = replay(file);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->facts.plan.day_order, DayOrder::day_first);
  EXPECT_FALSE(outcome->facts.plan.is_order_guessed);
  EXPECT_TRUE(outcome->faults.empty());
}

TEST(Replay, WhereNothingDecidesTheOrderThatRunsEvenlyIsTaken) {
  std::string by_month = "date,v\n";
  std::string by_day = by_month;
  for (int day = 1; day <= 12; ++day) {
    by_month += "3/" + std::to_string(day) + "/2018,1\n";
    by_day += std::to_string(day) + "/3/2018,1\n";
  }
  const auto month_first = replay(by_month);
  EXPECT_EQ(month_first->facts.plan.day_order, DayOrder::month_first);
  EXPECT_TRUE(month_first->facts.plan.is_order_guessed);
  EXPECT_EQ(replay(by_day)->facts.plan.day_order, DayOrder::day_first);
  EXPECT_EQ(replay(by_month, {{"date_order", "day-first"}})->facts.plan.day_order, DayOrder::day_first);
}

TEST(Replay, FindsTimesInNumbersOfEveryUnit) {
  for (const std::string zeros : {"", "000", "000000", "000000000"}) {
    EXPECT_EQ(replay("ts,v\n1704067200" + zeros + ",1\n")->lines, "f v=1 1704067200000000000\n") << zeros;
  }
  EXPECT_EQ(replay("time,v\n1704067200.123456789,1\n")->lines, "f v=1 1704067200123456789\n");
  EXPECT_EQ(replay("n,v\n7,1\n", {{"time", "n"}, {"time_unit", "s"}})->lines, "f v=1 7000000000\n");
  EXPECT_FALSE(replay("n,v\n7,1\n")->facts.plan.has_time);
}

TEST(Replay, PutsTimesTogetherFromColumns) {
  EXPECT_EQ(replay("year,month,day,hour,v\n2024,1,1,2,5\n2024,1,1,NA,6\n")->lines,
            "f v=5 1704074400000000000\nf v=6 1704067200000000000\n");
  EXPECT_EQ(replay("d,t,v\n2024-01-01,02:00,5\n")->lines, "f v=5 1704074400000000000\n");
  EXPECT_EQ(replay("n,v\n2,5\n3,6\n", {{"count", "n"}, {"start", "2024-01-01T00:00:00Z"}, {"step", "1h"}})->lines,
            "f v=5 1704074400000000000\nf v=6 1704078000000000000\n");
}

TEST(Replay, RowsOfOneTimeAreToldApartByALabel) {
  const auto outcome = replay("time,room,v\n2024-01-01,a/b,1\n2024-01-01,c,2\n2024-01-02,a/b,3\n2024-01-02,,4\n");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->lines,
            "f,level02=a/b v=1 1704067200000000000\nf,level02=c v=2 1704067200000000000\n"
            "f,level02=a/b v=3 1704153600000000000\nf,level02=none v=4 1704153600000000000\n");
}

TEST(Replay, AHeaderIsWhatDoesNotLookLikeTheRest) {
  EXPECT_TRUE(replay("a,b\n1,2\n")->facts.has_header);
  EXPECT_FALSE(replay("1,2\n3,4\n")->facts.has_header);
  EXPECT_FALSE(replay("2024-01-01,2\n2024-01-02,4\n")->facts.has_header);
  EXPECT_TRUE(replay("a,b\nx,y\n")->facts.has_header);
  EXPECT_EQ(replay("2024-01-01,2\n")->facts.plan.columns[1].name, "c2");
}

TEST(Replay, CodesMayBeHeadings) {
  const std::string rows = "x,1,2,3,4,5,6,7\ny,8,9,10,11,12,13,14\n";
  const auto with = replay(",211,22,3361MV,111CA,113FF,42,44\n" + rows, {{"start", "2024-01-01"}});
  ASSERT_TRUE(with);
  EXPECT_TRUE(with->facts.has_header);
  const auto without = replay("2024-01-01,211,22,bad,worse,none,42,44\n2024-01-02,1,2,3,4,5,6,7\n");
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->facts.has_header);
}

TEST(Replay, ACellThatIsNotOfItsColumnsTypeCostsItselfAlone) {
  std::string file = "time,a,b\n";
  for (int i = 0; i < 20; ++i) file += "2024-01-01,1,2\n";
  const auto outcome = replay(file + "2024-01-02,x,3\n");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->faults, std::vector<std::string>{"a: 'x' is no number"});
  EXPECT_TRUE(outcome->lines.ends_with("f b=3 1704153600000000000\n"));
}

TEST(Replay, AWideRowBecomesSeveralLines) {
  std::string header = "time";
  std::string row = "2024-01-01";
  for (std::size_t i = 0; i < fields_per_line_max * 2 + 1; ++i) {
    header += ",v" + std::to_string(i);
    row += ",1";
  }
  EXPECT_EQ(std::ranges::count(replay(header + "\n" + row + "\n")->lines, '\n'), 3);
}

TEST(Replay, LinesBeforeTheHeaderAreSkippedWhereThatIsSaid) {
  const auto outcome = replay("Report \"A, B\n\nof line 3; today\ntime;a\n2024-01-01;1,5\n", {{"skip_lines", "3"}});
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_EQ(outcome->lines, "f a=1.5 1704067200000000000\n");
  EXPECT_TRUE(outcome->faults.empty());
}

TEST(Replay, WhatCannotBeIsSaid) {
  EXPECT_FALSE(replay(""));
  EXPECT_FALSE(replay("a,b\n1,2\n", {{"time", "c"}}));
  EXPECT_FALSE(replay("a,b\n1,2\n", {{"asset", "{c}"}}));
  EXPECT_FALSE(replay("a,b\n1,2\n", {{"asset", "{a"}}));
  EXPECT_FALSE(replay("a,b\n1,2\n", {{"start", "yesterday"}}));
  EXPECT_FALSE(replay("a,b\n1,2\n", {{"encoding", "klingon"}}));
  EXPECT_FALSE(replay("a,b\n1,2\n", {{"type.a", "colour"}}));
  EXPECT_FALSE(replay("a,b\n1,2\n", {{"step", "soon"}}));
  EXPECT_FALSE(replay("a,b\n1,2\n", {{"skip_lines", "-1"}}));
}

// Everything that can be found out, found once and then said: the lines are the same, and nothing new is found.
TEST(Mapping, WhatWasFoundOutReadsAFileTheSameWayByItself) {
  const std::vector<std::string> files{
      "Datum;Zeit;\"Druck, oben [bar]\";Zustand\n13.01.2024;08:00;+1,25;an\n14.01.2024;08:00;?;\"a;b\"\n",
      "t,id,v\n1704067200500,a,1\n1704067200500,b,2\n1704067201500,a,3\n1704067201500,b,4\n",
      "date v w\n20240113 1 true\n20240114 2 false\n",
      "{\"ts\": \"13/01/2024\", \"p\": {\"T (°C)\": 1, \"T\": 2}}\n{\"ts\": \"14/01/2024\", \"p\": {\"T\": 5}}\n",
      "year\tmonth\tday\tx/y\n2024\t1\t13\tNA\n2024\t1\t14\tz\n"};
  for (const std::string& file : files) {
    const auto found = replay(file);
    ASSERT_TRUE(found) << found.error().message();
    const Mapping mapping = mapping_of(found->facts, {});
    const auto again = replay_by(mapping, file);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_NE(found->lines, "");
    EXPECT_EQ(again->lines, found->lines);
    EXPECT_EQ(to_toml(mapping_of(again->facts, mapping)), to_toml(mapping));
  }
}

TEST(Mapping, OfSeveralFilesHoldsWhatTheyShare) {
  std::vector<std::string> differing;
  Mapping one;
  one.zone = "UTC";
  Mapping other = one;
  one.delimiter = ";";
  other.delimiter = ",";
  one.type = {{"a", "number"}, {"b", "text"}};
  other.type = {{"a", "boolean"}, {"c", "number"}};
  EXPECT_EQ(to_toml(common_part({one, other}, differing)),
            "zone = \"UTC\"\n\n[type]\n\"b\" = \"text\"\n\"c\" = \"number\"\n");
  EXPECT_EQ(differing, (std::vector<std::string>{"delimiter", "type.a"}));
}

TEST(Mapping, AnItemInQuotesMayHoldCommas) {
  Mapping mapping;
  ASSERT_TRUE(assign(mapping, "names", "a,\"b, \"\"c\"\"\",,d\"e"));
  EXPECT_EQ(mapping.names, (std::vector<std::string>{"a", "b, \"c\"", "", "d\"e"}));
}

TEST(Mapping, IsReadAsItWasWritten) {
  Mapping mapping;
  ASSERT_TRUE(assign(mapping, "asset", "a/{b}"));
  ASSERT_TRUE(assign(mapping, "time", "date,clock"));
  ASSERT_TRUE(assign(mapping, "type.x.y", "text"));
  EXPECT_EQ(to_toml(mapping), "asset = \"a/{b}\"\ntime = [\"date\", \"clock\"]\n\n[type]\n\"x.y\" = \"text\"\n");
}

TEST(Unit, IsSplitFromANameWhereItIsKnown) {
  std::string name;
  std::string unit;
  EXPECT_TRUE(split_unit("Temperature (°C)", name, unit));
  EXPECT_EQ(name + "|" + unit, "Temperature|Cel");
  EXPECT_TRUE(split_unit("Druck [bar]", name, unit));
  EXPECT_FALSE(split_unit("CO2(tCO2)", name, unit));
  EXPECT_FALSE(split_unit("(°C)", name, unit));
  EXPECT_FALSE(split_unit("°C)", name, unit));
}

TEST(Encoding, IsToldByAMarkOrByWhatIsValid) {
  EXPECT_EQ(guess_encoding("plain"), "utf-8");
  EXPECT_EQ(guess_encoding("\xE6\xB8\xA9"), "utf-8");
  EXPECT_EQ(guess_encoding("\xE6\xB8"), "utf-8");  // cut
  EXPECT_EQ(guess_encoding("\xCE\xC2\xB6\xC8"), "gb18030");
  EXPECT_EQ(guess_encoding("Temp (\xA1\xE6),\x84\x31\xA4\x37,\xD1\xB9\xC1\xA6\xCE"), "gb18030");  // cut
  EXPECT_EQ(guess_encoding("Gr\xF6\xDF"
                           "e (m\xB3/h);Stra\xDF"
                           "e;Temp (\xB0"
                           "C)"),
            "windows-1252");
  EXPECT_EQ(guess_encoding("d\xE9"
                           "bit;temp\xE9rature"),
            "windows-1252");
  EXPECT_EQ(guess_encoding(std::string_view("\xFF\xFE"
                                            "a\0",
                                            4)),
            "utf-16le");
}

TEST(Encoding, IsDecodedInAnyPieces) {
  const std::string text = "\xCE\xC2\xB6\xC8,1\n";  // 温度,1
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto decoder = make_text_decoder("GB18030");
    ASSERT_TRUE(decoder);
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); at += piece)
      (*decoder)->decode(std::string_view(text).substr(at, piece), decoded);
    (*decoder)->finish(decoded);
    EXPECT_EQ(decoded, "温度,1\n");
  }
}

}  // namespace
}  // namespace artery::replay
