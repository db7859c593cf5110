#include "governance/csv.h"

#include <algorithm>

namespace artery::governance {

CsvReader::CsvReader(std::string_view text) : rest_(text) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
}

bool CsvReader::end_of_line() {
  const std::size_t length = rest_.starts_with("\r\n") ? 2 : rest_.starts_with('\n') ? 1 : 0;
  if (length == 0) return false;
  rest_.remove_prefix(length);
  ++line_;
  return true;
}

void CsvReader::skip_line() {
  const std::size_t end = rest_.find('\n');
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  ++line_;
}

// Behind the opening quote, up to behind the closing one.
Result<std::string> CsvReader::quoted() {
  std::string text;
  while (true) {
    const std::size_t quote = rest_.find('"');
    if (quote == std::string_view::npos) {
      rest_ = {};
      return Error(GovernanceError::malformed, "a quote is not closed");
    }
    for (const char c : rest_.substr(0, quote)) line_ += c == '\n' ? 1 : 0;
    text.append(rest_.substr(0, quote));
    rest_.remove_prefix(quote + 1);
    if (!rest_.starts_with('"')) return text;
    text.push_back('"');
    rest_.remove_prefix(1);
  }
}

Result<std::optional<CsvReader::Record>> CsvReader::next() {
  while (end_of_line()) continue;
  record_line_ = line_;
  if (rest_.empty()) return std::optional<Record>();
  Record record{.line = line_, .fields = {}};
  while (true) {
    if (rest_.starts_with('"')) {
      rest_.remove_prefix(1);
      auto text = quoted();
      if (!text) return text.error();
      record.fields.push_back(std::move(*text));
    } else {
      const std::size_t end = std::min(rest_.find_first_of(",\r\n\""), rest_.size());
      record.fields.emplace_back(rest_.substr(0, end));
      rest_.remove_prefix(end);
    }
    if (rest_.empty() || end_of_line()) return std::optional<Record>(std::move(record));
    if (!rest_.starts_with(',')) {
      skip_line();
      return Error(GovernanceError::malformed, "a quote or text where a comma or the line's end should be");
    }
    rest_.remove_prefix(1);
  }
}

void append_csv(std::string& to, const std::vector<std::string>& fields) {
  bool first = true;
  for (const std::string& field : fields) {
    if (!first) to.push_back(',');
    first = false;
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      to.append(field);
      continue;
    }
    to.push_back('"');
    for (const char c : field) to.append(c == '"' ? 2 : 1, c);
    to.push_back('"');
  }
  to.append("\r\n");
}

}  // namespace artery::governance
