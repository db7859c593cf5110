// CSV as RFC 4180 has it: fields in quotes may hold commas, quotes (doubled) and line breaks; lines end with CRLF or
// LF. For governance's import and export.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "governance/names.h"

namespace artery::governance {

class CsvReader {
 public:
  // A byte order mark is skipped. The text must outlive the reader.
  explicit CsvReader(std::string_view text);

  struct Record {
    std::uint32_t line = 0;  // where it begins, 1-based
    std::vector<std::string> fields;
  };
  // The next record; nothing at the end. Empty lines are skipped. Errors, after which reading can go on with the next
  // line: GovernanceError::malformed.
  Result<std::optional<Record>> next();
  // Of the record that next() gave or refused last.
  [[nodiscard]] std::uint32_t line() const { return record_line_; }

 private:
  Result<std::string> quoted();
  bool end_of_line();
  void skip_line();

  std::string_view rest_;
  std::uint32_t line_ = 1;
  std::uint32_t record_line_ = 1;
};

// Appends one line, quoting where it must be.
void append_csv(std::string& to, const std::vector<std::string>& fields);

}  // namespace artery::governance
