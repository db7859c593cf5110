// The log's bytes on disk: docs/formats/log.md is the specification, this its one implementation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace artery::log {

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::size_t segment_header_bytes = 4096;
inline constexpr std::size_t batch_header_bytes = 64;
inline constexpr std::size_t batch_alignment = 8;
inline constexpr std::int64_t arrival_grain = 1'000'000;  // ns
// What a segment needs beside its batches: its header, and room for the mark of an orderly stop.
inline constexpr std::size_t segment_overhead_bytes = segment_header_bytes + batch_header_bytes;

// At the start of a segment file. Valid only together with the file's name, which repeats `life` and `base`.
struct SegmentHeader {
  std::uint64_t life = 0;      // the number of this use of a file; never used twice
  std::uint64_t base = 0;      // offset of the first batch; every batch below it is in older segments and synced
  std::uint64_t epoch = 0;     // one more at each recovery
  std::uint64_t capacity = 0;  // bytes of the file, prepared
  std::int64_t created = 0;    // ns since 1970 UTC

  void write(std::span<std::byte, segment_header_bytes> to) const;
  static std::optional<SegmentHeader> read(Bytes from);
};

// Before each batch.
struct BatchHeader {
  std::uint64_t life = 0;    // the segment's: a batch of another life is what a recycled file held before
  std::uint64_t offset = 0;  // the batch's number
  std::uint64_t synced = 0;  // every batch below this offset was known synced when this one was written
  std::int64_t arrival = 0;  // ns since 1970 UTC; stamps given before are below arrival + arrival_grain
  std::uint32_t payload_bytes = 0;
  std::uint32_t payload_crc = 0;
  std::uint64_t position = 0;  // of this header in its file: a misdirected write is not taken for a batch

  // A header without a payload is no batch: it says at an orderly stop that everything below it was synced.
  [[nodiscard]] bool is_closing_mark() const { return payload_bytes == 0; }

  void write(std::span<std::byte, batch_header_bytes> to) const;
  // Nothing where magic or checksum are wrong. Says nothing of the payload.
  static std::optional<BatchHeader> read(Bytes from);
};

// "segment-<life>-<base>.log"; what is not such a name is nothing.
std::string segment_name(std::uint64_t life, std::uint64_t base);
struct SegmentName {
  std::uint64_t life = 0;
  std::uint64_t base = 0;
};
std::optional<SegmentName> parse_segment_name(std::string_view name);

// The batch of `life` at `position` of a segment's bytes. `payload_ok` is false where only its header is intact;
// nothing where not even that is.
struct FoundBatch {
  BatchHeader header;
  bool payload_ok = false;
  [[nodiscard]] std::size_t bytes() const { return batch_header_bytes + header.payload_bytes; }
};
std::optional<FoundBatch> batch_at(Bytes segment, std::size_t position, std::uint64_t life);

// The position of the first intact batch of `life` with an offset of at least `offset`, searched from `from` on in
// steps of the alignment. How reading goes on behind damage.
std::optional<std::size_t> find_batch(Bytes segment, std::size_t from, std::uint64_t life, std::uint64_t offset);

}  // namespace artery::log
