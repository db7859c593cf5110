// The bytes of a segment file but for its chunks: docs/formats/segment.md is the specification, this its one
// implementation. Sans-I/O.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "history/chunk.h"
#include "history/directory.h"
#include "history/signal_facts.h"
#include "history/tile.h"
#include "model/ids.h"
#include "model/sample.h"

namespace artery::history {

inline constexpr std::uint32_t segment_version = 5;         // what is written
inline constexpr std::uint32_t segment_version_oldest = 2;  // of those that are read
inline constexpr std::size_t segment_trailer_bytes = 32;

// "segment-<number>.seg"; what is not such a name is nothing.
std::string segment_name(std::uint64_t number);
std::optional<std::uint64_t> parse_segment_name(std::string_view name);
// The same of a segment that has tiles and no chunks: "archive-<number>.seg".
std::string archive_name(std::uint64_t number);
std::optional<std::uint64_t> parse_archive_name(std::string_view name);

// Its batches of the log are those from `from` on and below `to`; of an archive these are its place among the archives
// (docs/formats/history.md, "Archives").
struct SegmentHeader {
  std::uint64_t number = 0;
  Offset from;
  Offset to;
  Time created;
  Offset clean;          // of an archive: deletions below it are carried out
  bool at_rest = false;  // coded with the small effort
  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;

  void write(Buffer& out) const;
  static std::optional<SegmentHeader> read(Bytes bytes);
  // The version of a whole header that is none of those that are read.
  static std::optional<std::uint32_t> other_version(Bytes bytes);
};

struct SignalNote {
  SignalFacts facts;
  ValueType type = ValueType::f64;  // of its first chunk, or block where it has none
};

class Footer {
 public:
  Directory directory;
  std::vector<SignalNote> notes;  // as many as the directory has signals, in its order

  // Footer and trailer, at the end of the directory's last chunk or block.
  void write(Buffer& out, codec::Effort effort) const;
  // Nothing where the bytes are no footer that was written at `at`.
  static std::optional<Footer> read(Bytes bytes, std::uint64_t at);
  // The same, without the memory that the notes take.
  static std::optional<Directory> read_directory(Bytes bytes, std::uint64_t at);

 private:
  static std::optional<Footer> read(Bytes bytes, std::uint64_t at, bool with_notes);
};

struct SegmentTrailer {
  std::uint64_t footer_at = 0;
  std::uint64_t footer_bytes = 0;
  // Nothing where it is none, or of another version, or does not fit a file of `file_bytes`.
  static std::optional<SegmentTrailer> read(Bytes bytes, std::uint64_t file_bytes);
};

}  // namespace artery::history
