// What can still be read of a segment file that is damaged in any way: for repair(). Private to history/.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "history/rows.h"
#include "history/segment_format.h"
#include "history/signal_facts.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::history {

struct Remains {
  struct Chunk {
    SignalId signal;
    ChunkPlace place;
  };
  std::uint64_t file_bytes = 0;
  std::optional<SegmentHeader> header;    // nothing where it is damaged
  bool has_directory = false;             // else the chunks were searched for
  bool ends_whole = false;                // nothing is missing up to where the footer begins
  std::vector<Chunk> whole;               // in their order
  std::vector<Chunk> gone;                // that the directory names and that cannot be read
  std::map<SignalId, SignalFacts> facts;  // where there is a directory
  std::uint64_t samples = 0;              // of the whole ones
};

// Reads every chunk of the file. Where footer or trailer is damaged chunks are searched for from byte to byte. On the
// pool. Errors: HistoryError::damaged where it is of another version, FileError::* but io, which is damage.
runtime::Task<Result<Remains>> find_remains(runtime::Files* files, std::string path);

// The rows of a chunk that was whole. Errors: HistoryError::damaged where it is not any more, FileError::*.
runtime::Task<Result<Rows>> read_remaining(runtime::File* file, ChunkPlace place);

}  // namespace artery::history
