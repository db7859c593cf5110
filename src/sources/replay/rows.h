// Text to rows of cells: tables with a delimiter, and JSON lines. Both are streams: text is given in pieces, rows come
// as soon as they are whole. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace artery::replay {

struct Cell {
  std::string_view text;
  bool quoted = false;
};

struct Row {
  std::uint64_t at = 0;               // where it begins, in bytes of the text
  std::uint64_t line = 0;             // where it begins, 1-based
  std::string_view raw;               // as it stands, without its end
  std::vector<Cell> cells;            // empty where there is a fault
  std::string fault;                  // why it cannot be read
  std::vector<std::string> strays{};  // members that have no column
};

inline constexpr std::size_t row_bytes_max = std::size_t{1} << 20;  // an open quote must not swallow a file
inline constexpr std::size_t cells_max = 20'000;

class RowReader {
 public:
  RowReader() = default;
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;
  virtual ~RowReader() = default;

  // The text that is fed first stands there in the file.
  void start_at(std::uint64_t line, std::uint64_t at) { line_ = line, offset_ = at; }
  // Takes a copy.
  void feed(std::string_view text);
  // No more text will come: what is left is the last row.
  void end() { ended_ = true; }
  // The next whole row; false where more text is needed or, after end(), nothing is left. Empty lines are passed over.
  // `row` is valid until the next call of anything.
  bool next(Row& row);

 protected:
  enum class Found : std::uint8_t { row, nothing, need_more };
  // Reads one record from `rest`, to which more may come unless `ended`. Sets how much of it was `used`, line end
  // included, and row's cells, raw or fault. Found::nothing is an empty line.
  virtual Found read(std::string_view rest, bool ended, Row& row, std::size_t& used) = 0;

 private:
  std::string text_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t offset_ = 0;
  bool ended_ = false;
};

struct Dialect {
  char delimiter = ',';  // ' ' is any run of blanks and tabs
  char quote = '"';      // '\0' is none
  friend bool operator==(const Dialect&, const Dialect&) = default;
};
std::unique_ptr<RowReader> make_table_reader(Dialect dialect);

// The columns of JSON lines: the members' names in the order they are first met; those of nested objects have the names
// of the objects around them in front, with `/` between (a `/` that a name itself has is `%2F`).
struct JsonColumns {
  std::vector<std::string> names;
  std::unordered_map<std::string, std::size_t> index;
  bool closed = false;  // a name that is not there is a stray instead of a new column
};
// `columns` must outlive the reader, which adds to it until it is closed.
std::unique_ptr<RowReader> make_json_reader(JsonColumns& columns);

// The delimiter that divides the most lines of `sample` into the same number of parts, at least two; ' ' where only
// blanks do, ',' where nothing does.
char guess_delimiter(std::string_view sample, char quote);

}  // namespace artery::replay
