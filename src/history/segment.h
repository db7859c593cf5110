// A segment file that is open for reading: its directory stays in memory, its chunks are read when asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "history/manifest.h"
#include "history/segment_format.h"
#include "runtime/file.h"
#include "runtime/journal.h"
#include "runtime/task.h"

namespace artery::history {

// Within its folder.
std::string file_name(const SegmentEntry& entry);

// Immutable; may be used by any thread. An archive is a segment with tiles and no chunks.
class Segment {
 public:
  struct Opened {
    std::shared_ptr<const Segment> segment;
    std::vector<std::string> damage;  // one line each; what can still be read is read
  };
  // Reads header and footer. Where the footer is damaged its directory is made from the chunks, as far as these are
  // whole. On the pool. Errors: HistoryError::damaged (missing, or not as long as the manifest says), FileError::*.
  static runtime::Task<Result<Opened>> open(runtime::Files* files, std::string folder, SegmentEntry entry);

  Segment(std::string path, SegmentEntry entry) : path_(std::move(path)), entry_(entry) {}

  // The rows of a chunk of the signal's; nothing where it is damaged. `file` is the open file at path(). `asked` and
  // `spent` as read_chunk() has them. On the pool. Errors: FileError::* but io, which is damage.
  runtime::Task<Result<std::optional<Rows>>> load(runtime::File* file, SignalId signal, ChunkPlace place,
                                                  Columns asked = Columns::all(), Samples* spent = nullptr) const;

  // The tiles of a block of the signal's, with what they hold of `parts` at least; nothing where it is damaged. As
  // load().
  runtime::Task<Result<std::optional<std::vector<Summary>>>> load_tiles(runtime::File* file, SignalId signal,
                                                                        TilePlace place, SummaryParts parts) const;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const SegmentEntry& entry() const { return entry_; }
  [[nodiscard]] const Directory& directory() const { return directory_; }
  // When it was written as checkpoints write, light; nothing where it is coded for rest, or that is not known.
  [[nodiscard]] std::optional<Time> light_since() const { return light_since_; }
  // Whether parts of it cannot even be named: any answer may miss something.
  [[nodiscard]] bool has_holes() const { return holes_; }

 private:
  runtime::Task<Result<bool>> read_footer(runtime::File* file);
  runtime::Task<Result<void>> walk(runtime::File* file);
  bool found_chunk(const ChunkHeader& header);
  bool found_tiles(Bytes bytes);

  std::string path_;
  SegmentEntry entry_;
  Directory directory_;
  std::optional<Time> light_since_;
  bool holes_ = false;
};

// Oldest first.
using Segments = std::vector<std::shared_ptr<const Segment>>;

// Where a history tells of damage, once for each place. Thread-safe.
class Damage {
 public:
  explicit Damage(runtime::Journal& journal) : journal_(journal) {}
  void segment(std::string_view line);
  void chunk(const Segment& segment, SignalId signal, const ChunkPlace& place);
  void tiles(const Segment& segment, const TilePlace& place);
  [[nodiscard]] std::uint64_t segments() const;
  [[nodiscard]] std::uint64_t chunks() const;

 private:
  runtime::Journal& journal_;
  mutable std::mutex mutex_;
  std::uint64_t segments_ = 0;
  using Places = std::set<std::pair<std::uint64_t, std::uint64_t>>;  // segment number and place in it
  Places chunks_;
  Places tiles_;
};

}  // namespace artery::history
