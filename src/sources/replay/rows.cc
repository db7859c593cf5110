#include "sources/replay/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace artery::replay {

void RowReader::feed(std::string_view text) {
  text_.erase(0, at_);
  at_ = 0;
  text_.append(text);
}

bool RowReader::next(Row& row) {
  while (at_ < text_.size()) {
    const std::string_view rest = std::string_view(text_).substr(at_);
    std::size_t used = 0;
    row.cells.clear();
    row.fault.clear();
    row.strays.clear();
    const Found found = read(rest, ended_, row, used);
    if (found == Found::need_more) return false;
    row.line = line_;
    row.at = offset_;
    at_ += used;
    offset_ += used;
    line_ += static_cast<std::uint64_t>(std::ranges::count(rest.substr(0, used), '\n'));
    if (found == Found::row) return true;
  }
  return false;
}

namespace {

constexpr std::size_t guessed_lines_max = 100;

// The first line of `rest` without its end; false where more text must come first.
bool first_line(std::string_view rest, bool ended, std::string_view& line, std::size_t& used) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos && !ended && rest.size() <= row_bytes_max) return false;
  line = rest.substr(0, end);
  used = end == std::string_view::npos ? rest.size() : end + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

class TableReader final : public RowReader {
 public:
  explicit TableReader(Dialect dialect) : dialect_(dialect) {}

 private:
  Found read(std::string_view rest, bool ended, Row& row, std::size_t& used) override {
    if (dialect_.delimiter == ' ') return read_blanks(rest, ended, row, used);
    unquoted_.clear();
    at_ = 0;
    rest_ = rest;
    while (true) {
      const Step step = read_cell(row);
      if (step == Step::cell) continue;
      if (step == Step::cut && !ended && rest.size() <= row_bytes_max) return Found::need_more;
      if (open_quote_ || row.cells.size() > cells_max || at_ > row_bytes_max) return give_up(row, used);
      used = at_;
      break;
    }
    row.raw = rest.substr(0, used);
    while (row.raw.ends_with('\n') || row.raw.ends_with('\r')) row.raw.remove_suffix(1);
    return row.raw.empty() ? Found::nothing : Found::row;
  }

  enum class Step : std::uint8_t { cell, last, cut };

  // One cell, and the delimiter or line end behind it.
  Step read_cell(Row& row) {
    open_quote_ = false;
    Cell cell;
    if (at_ < rest_.size() && rest_[at_] == dialect_.quote && dialect_.quote != '\0') {
      cell.quoted = true;
      if (!read_quoted(cell.text)) return Step::cut;
    }
    const std::size_t start = at_;
    while (at_ < rest_.size() && rest_[at_] != dialect_.delimiter && rest_[at_] != '\n') ++at_;
    const bool is_cut = at_ == rest_.size();
    std::string_view tail = rest_.substr(start, at_ - start);
    if ((is_cut || rest_[at_] == '\n') && tail.ends_with('\r')) tail.remove_suffix(1);
    // What stands behind a closing quote is not of the cell; blanks there are common and mean nothing.
    if (!cell.quoted) cell.text = tail;
    row.cells.push_back(cell);
    if (is_cut) return Step::cut;
    return rest_[at_++] == '\n' ? Step::last : Step::cell;
  }

  bool read_quoted(std::string_view& text) {
    const std::size_t start = ++at_;
    while (true) {
      at_ = rest_.find(dialect_.quote, at_);
      if (at_ == std::string_view::npos) {
        at_ = rest_.size();
        open_quote_ = true;
        return false;
      }
      if (at_ + 1 >= rest_.size() || rest_[at_ + 1] != dialect_.quote) break;
      at_ += 2;
    }
    text = rest_.substr(start, at_ - start);
    ++at_;
    if (text.contains(dialect_.quote)) text = undouble(text);
    return true;
  }

  std::string_view undouble(std::string_view text) {
    std::string& plain = *unquoted_.emplace_back(std::make_unique<std::string>());
    for (std::size_t i = 0; i < text.size(); ++i) {
      plain.push_back(text[i]);
      if (text[i] == dialect_.quote) ++i;
    }
    return plain;
  }

  // The line alone is refused; what follows it is read as if nothing had been.
  Found give_up(Row& row, std::size_t& used) {
    row.cells.clear();
    row.fault = open_quote_ ? "a quote is opened and not closed"
                            : fmt::format("the row is longer than {} bytes or {} cells", row_bytes_max, cells_max);
    first_line(rest_, true, row.raw, used);
    return Found::row;
  }

  static Found read_blanks(std::string_view rest, bool ended, Row& row, std::size_t& used) {
    if (!first_line(rest, ended, row.raw, used)) return Found::need_more;
    constexpr std::string_view blanks = " \t";
    for (std::size_t at = row.raw.find_first_not_of(blanks); at != std::string_view::npos;) {
      const std::size_t end = std::min(row.raw.find_first_of(blanks, at), row.raw.size());
      row.cells.push_back({row.raw.substr(at, end - at), false});
      at = row.raw.find_first_not_of(blanks, end);
    }
    return row.cells.empty() ? Found::nothing : Found::row;
  }

  const Dialect dialect_;
  std::string_view rest_;
  std::size_t at_ = 0;
  bool open_quote_ = false;
  std::vector<std::unique_ptr<std::string>> unquoted_;  // of the row in hand
};

std::size_t parts_of(std::string_view line, char delimiter, char quote) {
  std::size_t parts = 1;
  bool in_quotes = false;
  bool in_blanks = true;
  for (const char c : line) {
    if (c == quote && quote != '\0') in_quotes = !in_quotes;
    if (in_quotes) continue;
    if (delimiter == ' ') {
      const bool is_blank = c == ' ' || c == '\t' || c == '\r';
      if (in_blanks && !is_blank) ++parts;
      in_blanks = is_blank;
    } else if (c == delimiter) {
      ++parts;
    }
  }
  return delimiter == ' ' ? parts - 1 : parts;
}

}  // namespace

std::unique_ptr<RowReader> make_table_reader(Dialect dialect) { return std::make_unique<TableReader>(dialect); }

char guess_delimiter(std::string_view sample, char quote) {
  std::vector<std::string_view> lines;
  for (std::string_view rest = sample; lines.size() < guessed_lines_max && !rest.empty();) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos && !lines.empty()) break;  // cut
    if (end != 0) lines.push_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  constexpr std::array<char, 5> candidates{'\t', ';', ',', '|', ' '};
  char best = ',';
  std::size_t best_lines = 0;
  for (const char candidate : candidates) {
    std::map<std::size_t, std::size_t> counts;
    for (const std::string_view line : lines) ++counts[parts_of(line, candidate, quote)];
    counts.erase(1);
    counts.erase(0);
    // Blanks stand in texts and times as well: they divide only what nothing else does.
    if (counts.empty() || (candidate == ' ' && best_lines > lines.size() / 2)) continue;
    const auto most = std::ranges::max_element(counts, {}, [](const auto& count) { return count.second; });
    if (most->second > best_lines) {
      best = candidate;
      best_lines = most->second;
    }
  }
  return best;
}

}  // namespace artery::replay
