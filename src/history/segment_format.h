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
#include "history/signal_facts.h"
#include "history/tile.h"
#include "model/ids.h"
#include "model/sample.h"

namespace artery::history {

inline constexpr std::uint32_t segment_version = 4;         // what is written
inline constexpr std::uint32_t segment_version_oldest = 2;  // of those that are read
inline constexpr std::size_t segment_header_bytes = 64;
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
  Offset clean;  // of an archive: deletions below it are carried out
  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;

  void write(Buffer& out) const;
  static std::optional<SegmentHeader> read(Bytes bytes);
  // The version of a whole header that is none of those that are read.
  static std::optional<std::uint32_t> other_version(Bytes bytes);
};

struct ChunkPlace {
  std::uint64_t at = 0;
  std::uint32_t bytes = 0;
  std::uint32_t rows = 0;
  Span span;
};

struct TilePlace {
  std::uint64_t at = 0;
  std::uint32_t bytes = 0;
  std::uint32_t tiles = 0;
  std::uint8_t level = 0;
  Span span;
};

// Where a segment's chunks and blocks of tiles lie: they follow each other without a gap, by signal; of each signal the
// chunks by time, then the tiles by level and time. Immutable once built.
//
// It stays in memory as long as its segment, so a signal with one chunk takes 28 bytes of it, and 16 more where few
// other chunks have the same span: sources mostly send their signals together.
class Directory {
 public:
  // In their order; `place.at` is where the one before ended. Tiles follow their signal's chunks, if it has any.
  void add(SignalId signal, const ChunkPlace& place);
  void add_tiles(SignalId signal, const TilePlace& place);
  // Of an archive, after the signal's tiles, if it has any: up to where it tells of the signal.
  void end_signal(SignalId signal, Time until);
  // Something else is here.
  void pass_over(std::uint64_t bytes) { end_ += bytes; }
  // The numbers of its chunks, from first to last.
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  [[nodiscard]] Range chunks_of(SignalId signal) const;
  [[nodiscard]] ChunkPlace chunk(std::uint32_t number) const {
    const StoredPlace& place = chunks_[number];
    return {place.at, place.bytes, static_cast<std::uint32_t>(place.rows), spans_[place.span]};
  }
  // Those of them that meet the span.
  [[nodiscard]] Range chunks_of(SignalId signal, const Span& span) const;
  [[nodiscard]] std::span<const TilePlace> tiles_of(SignalId signal) const;
  [[nodiscard]] std::optional<Time> until_of(SignalId signal) const;
  [[nodiscard]] SignalId signal_of(std::uint32_t chunk) const;
  [[nodiscard]] std::size_t chunks() const { return chunks_.size(); }
  [[nodiscard]] std::size_t signals() const { return signals_.size(); }
  [[nodiscard]] SignalId signal(std::size_t number) const { return signals_[number].signal; }
  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  [[nodiscard]] std::uint64_t tiles() const { return tile_count_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }  // of the last chunk or block

 private:
  friend class Footer;
  struct Entry {
    SignalId signal;
    std::uint32_t first_chunk;
    std::uint32_t first_tiles;
  };
  struct StoredPlace {
    std::uint64_t at : 48;
    std::uint64_t rows : 16;
    std::uint32_t bytes;
    std::uint32_t span;  // in spans_
  };
  static_assert(sizeof(StoredPlace) == 16 && chunk_rows_max < (1U << 16U));

  void reserve(std::size_t signals, std::size_t chunks, std::size_t tiles);
  void begin(SignalId signal);
  std::uint32_t keep(const Span& span);

  std::vector<Entry> signals_;  // ascending
  std::vector<StoredPlace> chunks_;
  std::vector<Span> spans_;
  std::array<std::uint32_t, 64> recent_{};  // of spans_, by a hash of theirs
  std::vector<TilePlace> tiles_;
  std::vector<Time> untils_;  // of an archive, of each signal
  std::uint64_t end_ = segment_header_bytes;
  std::uint64_t samples_ = 0;
  std::uint64_t tile_count_ = 0;
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
