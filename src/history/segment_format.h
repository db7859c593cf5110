// The bytes of a segment file but for its chunks: docs/formats/segment.md is the specification, this its one
// implementation. Sans-I/O.
#pragma once

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
#include "model/ids.h"
#include "model/sample.h"

namespace artery::history {

inline constexpr std::uint32_t segment_version = 2;
inline constexpr std::size_t segment_header_bytes = 64;
inline constexpr std::size_t segment_trailer_bytes = 32;

// "segment-<number>.seg"; what is not such a name is nothing.
std::string segment_name(std::uint64_t number);
std::optional<std::uint64_t> parse_segment_name(std::string_view name);

// Its batches of the log are those from `from` on and below `to`.
struct SegmentHeader {
  std::uint64_t number = 0;
  Offset from;
  Offset to;
  Time created;
  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;

  void write(Buffer& out) const;
  static std::optional<SegmentHeader> read(Bytes bytes);
  // The version of a whole header that is another than ours.
  static std::optional<std::uint32_t> other_version(Bytes bytes);
};

struct ChunkPlace {
  std::uint64_t at = 0;
  std::uint32_t bytes = 0;
  std::uint32_t rows = 0;
  Span span;
};

// Where a segment's chunks lie: they follow each other without a gap, by signal, then by time. Immutable once built.
class Directory {
 public:
  // Chunks come in their order; `place.at` is where the one before ended.
  void add(SignalId signal, const ChunkPlace& place);
  // The numbers of its chunks, from first to last.
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  [[nodiscard]] Range chunks_of(SignalId signal) const;
  [[nodiscard]] const ChunkPlace& chunk(std::uint32_t number) const { return chunks_[number]; }
  [[nodiscard]] SignalId signal_of(std::uint32_t chunk) const;
  [[nodiscard]] std::size_t chunks() const { return chunks_.size(); }
  [[nodiscard]] std::size_t signals() const { return signals_.size(); }
  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  [[nodiscard]] std::uint64_t end() const;  // of the last chunk

 private:
  friend class Footer;
  struct Entry {
    SignalId signal;
    std::uint32_t first_chunk;
  };
  std::vector<Entry> signals_;  // ascending
  std::vector<ChunkPlace> chunks_;
  std::uint64_t samples_ = 0;
};

struct SignalNote {
  SignalFacts facts;
  ValueType type = ValueType::f64;  // of its first chunk
};

class Footer {
 public:
  Directory directory;
  std::vector<SignalNote> notes;  // as many as the directory has signals, in its order

  // Footer and trailer, at the end of the last chunk.
  void write(Buffer& out, codec::Effort effort) const;
  // Nothing where the bytes are no footer that was written at `at`.
  static std::optional<Footer> read(Bytes bytes, std::uint64_t at);
};

struct SegmentTrailer {
  std::uint64_t footer_at = 0;
  std::uint64_t footer_bytes = 0;
  // Nothing where it is none, or of another version, or does not fit a file of `file_bytes`.
  static std::optional<SegmentTrailer> read(Bytes bytes, std::uint64_t file_bytes);
};

}  // namespace artery::history
