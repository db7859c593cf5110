// What jobs in the background share that make a new file of old ones (compaction.h, archive.h): they read segments
// signal by signal, and leave a finished file or none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "history/deletions.h"
#include "history/directory.h"
#include "history/merge.h"
#include "history/pace.h"
#include "history/segment.h"
#include "history/segment_writer.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::history {

// Goes through the directories of segments, which outlive it, signal by signal, ascending.
class SignalsWalk {
 public:
  explicit SignalsWalk(const Segments& segments);
  // False at the end. Then, up to the next call:
  bool next();
  [[nodiscard]] SignalId signal() const { return signal_; }
  // What the segment of this number has of it; nullptr where it has nothing.
  [[nodiscard]] const SignalPlaces* places(std::size_t segment) const {
    return at_[segment] != nullptr && at_[segment]->signal == signal_ ? at_[segment] : nullptr;
  }
  [[nodiscard]] std::size_t segments() const { return walks_.size(); }
  [[nodiscard]] bool has_chunks(const Span& span) const;

 private:
  std::vector<Directory::Walk> walks_;
  std::vector<const SignalPlaces*> at_;  // where each is; nullptr at its end
  SignalId signal_;
};

using OpenFiles = std::vector<std::unique_ptr<runtime::File>>;
// For reading, in their order. Errors: FileError::*.
runtime::Task<Result<OpenFiles>> open_all(runtime::Files* files, const Segments* segments);

// The samples of segments as if they were one, without what was deleted: signal by signal, of each the span that is
// asked for. Used by one task at a time, on the pool.
class SegmentsReader {
 public:
  // `segments`, `deletions` and `pace`, which is told what is read, outlive it.
  SegmentsReader(const Segments& segments, OpenFiles files, const Deletions& deletions, Pace& pace)
      : segments_(segments), files_(std::move(files)), deletions_(deletions), pace_(pace), signals_(segments) {}

  // The signals: after each next() begin() may be called once.
  [[nodiscard]] SignalsWalk& signals() { return signals_; }
  void begin(const Span& span, Revisions revisions);
  // The signal's next samples; empty at the end; nothing where a chunk is damaged. Errors: FileError::*.
  runtime::Task<Result<std::optional<Samples>>> next();
  // What the rows in the span took in their segments, of those read since it was asked before.
  std::uint64_t take_bytes() { return std::exchange(bytes_, 0); }

 private:
  struct Source {
    std::size_t segment;
    ChunkPlace place;
  };
  runtime::Task<Result<std::optional<Rows>>> load(Source source);

  const Segments& segments_;
  const OpenFiles files_;
  const Deletions& deletions_;
  Pace& pace_;
  SignalsWalk signals_;
  std::vector<Source> sources_;  // of the signal
  Span span_;
  Visible visible_;
  std::optional<Merge> merge_;
  std::uint64_t bytes_ = 0;
};

struct Rewritten {
  bool whole = true;                      // nothing of the old files is damaged; else they must stay as they are
  std::unique_ptr<SegmentWriter> writer;  // of the new one, finished; nothing where there is nothing to write
  std::size_t left_out = 0;               // of a new archive: signals of which a chunk is damaged, and that stay
};

// Finishes the file where all went well and there is something in it; else it is abandoned. Errors: those of `whole`,
// which else says what Rewritten does, and of SegmentWriter::finish(); nothing is left to abandon.
runtime::Task<Result<Rewritten>> conclude(std::unique_ptr<SegmentWriter> writer, Result<bool> whole);

}  // namespace artery::history
