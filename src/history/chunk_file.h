// Reads chunks from a segment's file. On the pool.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "history/chunk.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::history {

// Exactly these bytes; nothing where the device cannot give them or the file ends before. Errors: FileError::* but io,
// which is damage.
runtime::Task<Result<std::optional<Buffer>>> read_exactly(runtime::File* file, std::uint64_t at, std::size_t bytes);

// The chunk whose bytes these are, and which stand at `at` in the file; where its stamps are elsewhere they are read.
// Nothing where either is damaged, and nothing is read then for what is no chunk. `asked` and `spent` as read_chunk()
// has them. Errors: FileError::* but io.
runtime::Task<Result<std::optional<Chunk>>> complete_chunk(runtime::File* file, std::uint64_t at, Bytes bytes,
                                                           Columns asked = Columns::all(), Samples* spent = nullptr);

}  // namespace artery::history
