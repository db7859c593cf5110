// Where a segment's chunks and blocks of tiles lie: by signal; of each signal the chunks by time, then the tiles by
// level and time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "history/rows.h"
#include "model/ids.h"

namespace artery::history {

inline constexpr std::size_t segment_header_bytes = 64;  // there the first chunk begins

struct ChunkPlace {
  std::uint64_t at = 0;
  std::uint32_t bytes = 0;
  std::uint32_t rows = 0;
  Span span;
  friend bool operator==(const ChunkPlace&, const ChunkPlace&) = default;
};

struct TilePlace {
  std::uint64_t at = 0;
  std::uint32_t bytes = 0;
  std::uint32_t tiles = 0;
  std::uint8_t level = 0;
  Span span;
  friend bool operator==(const TilePlace&, const TilePlace&) = default;
};

struct SignalPlaces {
  SignalId signal;
  std::vector<ChunkPlace> chunks;
  std::vector<TilePlace> tiles;
  std::optional<Time> until;  // of an archive: up to where it tells of the signal
};

// Built in order up to finish(), then immutable.
//
// It stays in memory as long as its segment, and where a node has a million signals each segment has as many. So it is
// kept coded, in pages of a few places: each column as what its values are above the least of the page, in as few bytes
// as the greatest takes. A signal with one chunk that was sent together with others takes about 5 bytes, a chunk of a
// signal with many about 10. A look at a signal decodes a page.
class Directory {
 public:
  // In their order, where the one before ended.
  void add(SignalId signal, const ChunkPlace& place);
  void add_tiles(SignalId signal, const TilePlace& place);
  // Of an archive, after the signal's tiles, if it has any.
  void end_signal(SignalId signal, Time until);
  // Something else is here.
  void pass_over(std::uint64_t bytes);
  void finish();

  // After finish(). Those of the signal's chunks that meet the span.
  [[nodiscard]] std::vector<ChunkPlace> chunks_of(SignalId signal, const Span& span) const;
  // The first one that does not end before, of those that begin in the file at `from` or behind it.
  [[nodiscard]] std::optional<ChunkPlace> next_chunk(SignalId signal, Time time, std::uint64_t from) const;
  [[nodiscard]] bool has_chunks(SignalId signal, const Span& span) const;
  [[nodiscard]] std::vector<TilePlace> tiles_of(SignalId signal) const;
  [[nodiscard]] std::optional<Time> until_of(SignalId signal) const;
  class Walk;

  [[nodiscard]] std::uint64_t signals() const { return signals_; }
  [[nodiscard]] std::optional<SignalId> last_signal() const { return last_signal_; }
  [[nodiscard]] std::uint64_t chunks() const { return chunks_; }
  [[nodiscard]] std::uint64_t samples() const { return samples_; }  // of the chunks
  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }
  [[nodiscard]] std::uint64_t tiles() const { return tiles_; }  // of the blocks
  [[nodiscard]] bool tells_until() const { return tells_until_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }  // of the last chunk or block

 private:
  enum class Kind : std::uint8_t { chunk, tiles, until };
  struct Item {
    Kind kind = Kind::chunk;
    std::uint8_t level = 0;
    SignalId signal;
    std::uint32_t bytes = 0;
    std::uint32_t count = 0;  // rows or tiles
    std::uint64_t at = 0;
    Span span;  // of `until`: that time
    [[nodiscard]] ChunkPlace chunk() const { return {at, bytes, count, span}; }
    [[nodiscard]] TilePlace tile_block() const { return {at, bytes, count, level, span}; }
  };
  struct Page {
    std::uint64_t at;     // of its first item in the file
    std::uint64_t begin;  // in coded_
    Time first;           // of this and the next two: its first item's
    SignalId signal;
    Kind kind;
    std::uint8_t items;
  };
  static constexpr std::size_t page_items = 32;
  static constexpr std::size_t columns = 6;
  using Column = std::array<std::uint64_t, page_items>;
  // Decodes items from a page on.
  class Items {
   public:
    Items(const Directory& directory, std::size_t page) : directory_(&directory), page_(page) {}
    bool next();
    [[nodiscard]] const Item& item() const { return item_; }

   private:
    void decode_page();

    const Directory* directory_;
    std::size_t page_;
    std::array<Column, columns> columns_{};
    std::size_t next_ = 0;   // of the decoded page
    std::size_t items_ = 0;  // of it
    Item item_;
  };

  void put(const Item& item);
  void end_page();
  [[nodiscard]] std::size_t page_before(SignalId signal, Kind kind, Time time) const;
  template <class Take>
  void find_chunks(SignalId signal, const Span& span, const Take& take) const;

  std::vector<Page> pages_;
  Buffer coded_;
  std::vector<Item> open_;  // of the page that is being filled
  std::optional<SignalId> last_signal_;
  bool finished_ = false;
  std::uint64_t end_ = segment_header_bytes;
  std::uint64_t signals_ = 0;
  std::uint64_t chunks_ = 0;
  std::uint64_t samples_ = 0;
  std::uint64_t blocks_ = 0;
  std::uint64_t tiles_ = 0;
  bool tells_until_ = false;
};

// Goes through a directory, which outlives it, signal by signal.
class Directory::Walk {
 public:
  explicit Walk(const Directory& directory);
  // Nothing at the end; valid up to the next call.
  const SignalPlaces* next();

 private:
  Items items_;
  bool has_item_;
  SignalPlaces places_;
};

}  // namespace artery::history
