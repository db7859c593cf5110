// What a file is: found out from its beginning, and then used to read the whole of it. Sans-I/O: whoever reads the file
// gives its bytes. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "sources/replay/detect.h"
#include "sources/replay/mapping.h"
#include "sources/replay/plan.h"
#include "sources/replay/rows.h"
#include "sources/replay/text.h"
#include "sources/replay/unpack.h"

namespace artery::replay {

enum class Format : std::uint8_t { table, json, line_protocol, samples };  // the last: an export of a node
// Whether its lines go out as they are.
inline bool is_copied(Format format) { return format == Format::line_protocol || format == Format::samples; }
std::string_view name_of(Format format);

struct FileFacts {
  Format format = Format::table;
  std::string encoding;
  Dialect dialect;
  bool is_packed = false;
  bool has_header = false;
  std::uint64_t skip_lines = 0;  // before the table begins
  Plan plan;                     // of tables and JSON lines
  JsonColumns json;              // closed
  std::int64_t unit_ns = 1;      // of line protocol's times
};

inline constexpr std::size_t packed_piece_bytes = 16 * 1024;  // give compressed bytes in such pieces
inline constexpr std::size_t plain_piece_bytes = 256 * 1024;
inline constexpr std::size_t sample_bytes_max = 256 * 1024;  // of text, to tell encoding, format and delimiter

// Everything that was found out of a file beside what was `said`: a mapping that reads it the same way by itself.
Mapping mapping_of(const FileFacts& facts, const Mapping& said);

// Whether the text is the file's bytes as they stand, so that rows can be found again by their place.
bool can_begin_anywhere(const FileFacts& facts);

// Looks at a file's beginning.
class Probe {
 public:
  // Both must outlive it. `name` is the file's, for its endings.
  Probe(const Mapping& mapping, const FilePlace& place, std::string name);

  // False where it has seen enough. Errors: ReplayError.
  Result<bool> feed(Bytes piece);
  // Errors: ReplayError.
  Result<FileFacts> finish();

 private:
  Result<void> begin();
  Result<bool> read_rows();
  bool add_rows();
  void tell_format();

  const Mapping& mapping_;
  const FilePlace& place_;
  const std::string name_;
  FileFacts facts_;
  std::unique_ptr<Unpacker> unpacker_;
  std::unique_ptr<TextDecoder> decoder_;
  std::unique_ptr<RowReader> reader_;
  std::unique_ptr<Detector> detector_;
  std::string plain_;
  std::string text_;
  bool begun_ = false;
};

// The rows of a file whose facts are known; a table's header is passed over.
class RowStream {
 public:
  // `facts` must outlive it. Errors: ReplayError::bad_option.
  static Result<RowStream> open(FileFacts& facts);
  // Begins with a row in the middle of a file that can_begin_anywhere(): what is fed first is the byte `at`.
  static Result<RowStream> open_at(FileFacts& facts, std::uint64_t line, std::uint64_t at);

  Result<void> feed(Bytes piece);
  Result<void> end();
  // False where more bytes are needed or, after end(), nothing is left.
  bool next(Row& row);

 private:
  RowStream() = default;

  std::unique_ptr<Unpacker> unpacker_;
  std::unique_ptr<TextDecoder> decoder_;
  std::unique_ptr<RowReader> reader_;
  std::string plain_;
  std::string text_;
  std::uint64_t skip_lines_ = 0;
  bool passed_header_ = false;
};

// "a/b/TRH_1.csv.gz" -> "TRH_1"
std::string stem_of(std::string_view name);
// By its endings: what a folder is searched for.
bool is_replayable(std::string_view name);

}  // namespace artery::replay
