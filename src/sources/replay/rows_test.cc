#include "sources/replay/rows.h"

#include <gtest/gtest.h>

namespace artery::replay {
namespace {

using Rows = std::vector<std::vector<std::string>>;

struct Read {
  Rows rows;
  std::vector<std::uint64_t> lines;
  std::vector<std::string> faults;
};

Read read(RowReader& reader, std::string_view text, std::size_t piece) {
  Read result;
  const auto take = [&] {
    for (Row row; reader.next(row);) {
      result.lines.push_back(row.line);
      if (!row.fault.empty()) result.faults.push_back(row.fault);
      auto& cells = result.rows.emplace_back();
      for (const Cell& cell : row.cells) cells.emplace_back(cell.text);
    }
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    reader.feed(text.substr(at, piece));
    take();
  }
  reader.end();
  take();
  return result;
}

TEST(TableReader, ReadsTheSameInAnyPieces) {
  const std::string text = "a,b\r\n\"x, \"\"y\"\"\",2\n\n\"two\nlines\",\n,\"\"\r\nlast,9";
  const Rows wanted{{"a", "b"}, {"x, \"y\"", "2"}, {"two\nlines", ""}, {"", ""}, {"last", "9"}};
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto reader = make_table_reader({});
    const Read result = read(*reader, text, piece);
    EXPECT_EQ(result.rows, wanted) << piece;
    EXPECT_EQ(result.lines, (std::vector<std::uint64_t>{1, 2, 4, 6, 7})) << piece;
    EXPECT_TRUE(result.faults.empty());
  }
}

TEST(TableReader, AnOpenQuoteCostsItsLineAlone) {
  const auto reader = make_table_reader({});
  const Read result = read(*reader, "a,b\n1,\"open\n2,3\n4,5\n", 100);
  EXPECT_EQ(result.rows, (Rows{{"a", "b"}, {}, {"2", "3"}, {"4", "5"}}));
  EXPECT_EQ(result.faults, std::vector<std::string>{"a quote is opened and not closed"});
  EXPECT_EQ(result.lines, (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

TEST(TableReader, AnOpenQuoteDoesNotSwallowALongFile) {
  std::string text = "a,b\n1,\"open\n";
  while (text.size() < row_bytes_max * 3 / 2) text += "2,3\n";
  const auto reader = make_table_reader({});
  const Read result = read(*reader, text, 65'536);
  EXPECT_EQ(result.faults.size(), 1U);
  EXPECT_EQ(result.rows.back(), (std::vector<std::string>{"2", "3"}));
}

TEST(TableReader, BlanksBetweenColumnsAreAnyNumberOfThem) {
  const auto reader = make_table_reader({.delimiter = ' ', .quote = '"'});
  EXPECT_EQ(read(*reader, " 1  2\t3 \n\n4 5 6", 3).rows, (Rows{{"1", "2", "3"}, {"4", "5", "6"}}));
}

TEST(Delimiter, IsTheOneThatDividesTheMostLinesAlike) {
  EXPECT_EQ(guess_delimiter("a,b\n1,2\n", '"'), ',');
  EXPECT_EQ(guess_delimiter("a;b\n1,5;2,5\n3,5;4,5\n", '"'), ';');
  EXPECT_EQ(guess_delimiter("time\tvalue\n2024-01-01 00:00:00\t1\n", '"'), '\t');
  EXPECT_EQ(guess_delimiter("\"a;b\",c\n\"d;e\",f\n", '"'), ',');
  EXPECT_EQ(guess_delimiter("1 2 3\n4 5 6\n", '"'), ' ');
  EXPECT_EQ(guess_delimiter("time,text\n2024-01-01 00:00,a b c\n", '"'), ',');
  EXPECT_EQ(guess_delimiter("alone\n1\n", '"'), ',');
}

TEST(JsonReader, FlattensMembersAndKeepsNumbersAsTheyStand) {
  JsonColumns columns;
  const auto reader = make_json_reader(columns);
  const Read result =
      read(*reader, "{\"a\": 1.10, \"b\": {\"c\": true, \"d\": \"x\\\"y\"}}\n\n{\"e\": [1, 2], \"a\": null}\n", 7);
  EXPECT_EQ(columns.names, (std::vector<std::string>{"a", "b/c", "b/d", "e"}));
  EXPECT_EQ(result.rows, (Rows{{"1.10", "true", "x\"y"}, {"null", "", "", "[1, 2]"}}));
}

TEST(JsonReader, ABrokenLineCostsItselfAlone) {
  JsonColumns columns;
  const auto reader = make_json_reader(columns);
  const Read result = read(*reader, "{\"a\": 1}\n{\"a\": }\n[1]\n{\"a\": 1} x\nnonsense\n{\"a\": 2}", 100);
  EXPECT_EQ(result.faults.size(), 4U);
  EXPECT_EQ(result.rows.front(), std::vector<std::string>{"1"});
  EXPECT_EQ(result.rows.back(), std::vector<std::string>{"2"});
}

TEST(JsonReader, AMemberThatCameTooLateCostsItselfAlone) {
  JsonColumns columns;
  const auto reader = make_json_reader(columns);
  read(*reader, "{\"a\": 1}\n", 100);
  columns.closed = true;
  const auto again = make_json_reader(columns);
  again->feed("{\"a\": 1, \"b\": {\"c\": 2}}\n");
  Row row;
  ASSERT_TRUE(again->next(row));
  EXPECT_EQ(row.fault, "");
  EXPECT_EQ(row.strays, std::vector<std::string>{"b/c"});
  EXPECT_EQ(row.cells.front().text, "1");
}

TEST(JsonReader, AMemberThatStandsThereTwiceIsAFault) {
  JsonColumns columns;
  const auto reader = make_json_reader(columns);
  EXPECT_EQ(read(*reader, "{\"a\": \"\", \"a\": \"\"}\n", 100).faults,
            std::vector<std::string>{"member 'a' stands there twice"});
}

TEST(JsonReader, ASlashWithinANameIsToldFromAnObjectAround) {
  JsonColumns columns;
  const auto reader = make_json_reader(columns);
  read(*reader, "{\"a/b\": 1, \"a\": {\"b\": 2}}\n", 100);
  EXPECT_EQ(columns.names, (std::vector<std::string>{"a%2Fb", "a/b"}));
}

}  // namespace
}  // namespace artery::replay
