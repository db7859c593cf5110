// One file of a replay, from its bytes to lines as a node takes them. Reads through the machine's files, on the thread
// that asks; belongs to that thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/export_line.h"
#include "app/replay_files.h"
#include "base/result.h"
#include "base/time.h"
#include "runtime/runtime.h"
#include "sources/replay/file_facts.h"
#include "sources/replay/line_writer.h"
#include "sources/replay/mapping.h"

namespace artery::app {

// A row of one file.
struct RowPlace {
  std::uint64_t row = 0;   // how many come before it, the header not counted
  std::uint64_t line = 0;  // where it begins, 1-based
  std::uint64_t at = 0;    // the same in bytes; 0 where the file can only be read from its beginning
  friend auto operator<=>(const RowPlace&, const RowPlace&) = default;
};

// One row as it goes out. Valid until the next one is read.
struct ReplayLine {
  std::string text;         // lines with their ends; empty where all of the row was refused or it holds no value
  std::string_view series;  // up to the first blank
  Time time;                // as the source says it, without the shift
  std::uint64_t samples = 0;
  RowPlace place;
  bool is_refused = false;  // in part or as a whole
};

// Told of each row or cell that is refused here.
using TellRefused = std::function<void(std::uint64_t line, std::string_view reason, std::string_view row)>;

class ReplaySource {
 public:
  // Reads the file's beginning. `mapping` and `zone` must outlive it. Errors: replay::ReplayError, runtime::FileError.
  static Result<std::unique_ptr<ReplaySource>> probe(runtime::Files& files, const replay::Mapping& mapping,
                                                     const replay::Zone& zone, ReplayFile file);

  // Begins (again) with the first row. Errors: as above.
  Result<void> open();
  // Begins with the row at `place`, which a ReplayLine had: reads all before it only where there is no other way.
  Result<void> open_at(const RowPlace& place);
  // The next row as it stands in the file; false at the end. Valid until the next one is read. Errors: as of next().
  Result<bool> next_row(replay::Row& row);
  // The next row that goes out; false at the end. A damaged file ends with an error behind the rows that could be read.
  Result<bool> next(Duration shift, const TellRefused& tell, ReplayLine& into);
  void close();

  [[nodiscard]] const ReplayFile& file() const { return file_; }
  [[nodiscard]] const replay::FileFacts& facts() const { return facts_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return at_; }

 private:
  ReplaySource(runtime::Files& files, const replay::Zone& zone, ReplayFile file)
      : files_(files), zone_(zone), file_(std::move(file)) {}
  Result<bool> read_piece();
  Result<bool> seek(const RowPlace& place);
  Result<bool> next_piece(const TellRefused& tell, ReplayLine& into);
  void write_row(const replay::Row& row, Duration shift, const TellRefused& tell, ReplayLine& into);

  runtime::Files& files_;
  const replay::Zone& zone_;
  const ReplayFile file_;
  replay::FileFacts facts_;
  std::unique_ptr<runtime::File> handle_;
  Buffer piece_;
  std::optional<replay::RowStream> rows_of_;
  std::optional<replay::LineWriter> writer_;
  ExportLineReader export_lines_;  // of an export
  std::uint64_t at_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t mark_bytes_ = 0;  // of a byte order mark
  bool ended_ = false;
};

}  // namespace artery::app
