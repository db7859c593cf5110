// The manifest: which segments a history is made of and where in the log it stands, committed together
// (docs/formats/history.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "history/deletions.h"
#include "model/ids.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::history {

inline constexpr std::uint32_t manifest_version = 3;
inline constexpr std::string_view manifest_name = "manifest";
inline constexpr std::string_view temporary_suffix = ".tmp";

struct SegmentEntry {
  std::uint64_t number = 0;
  Offset from;
  Offset to;
  std::uint64_t bytes = 0;
  std::uint64_t samples = 0;
  Offset clean;                  // deletions below it are carried out in this file; not below `to`
  std::optional<Time> archived;  // when it was made, of an archive, in which from, to and samples are other things:
                                 // its place among the archives, and tiles
  friend bool operator==(const SegmentEntry&, const SegmentEntry&) = default;
};

struct Manifest {
  Offset cursor;                  // every batch below it is in the segments
  std::uint64_t next_number = 1;  // of the next segment
  std::vector<SegmentEntry> segments;
  Deletions deletions;                 // below the cursor, and not carried out in every segment or archive
  std::vector<SegmentEntry> archives;  // what samples that are too old came to; no part of the above

  friend bool operator==(const Manifest&, const Manifest&) = default;

  [[nodiscard]] Buffer encode() const;
  // Also of versions 1 and 2, which knew no archives; the first no deletions either. Errors: HistoryError::damaged; the
  // message says what is wrong.
  static Result<Manifest> decode(Bytes bytes);
};

// The folder's manifest; nothing where there is none. It is durable where runtime::make_durable_folder() was called
// before. On the pool. Errors: HistoryError::damaged, FileError::*.
runtime::Task<Result<std::optional<Manifest>>> read_manifest(runtime::Files* files, std::string folder);

// Done means: it is on the device and a crash leaves either the old one or this. On the pool. Errors: FileError::*
// (nothing was changed, try again), HistoryError::failed (a sync failed: stop).
runtime::Task<Result<void>> write_manifest(runtime::Files* files, std::string folder, Manifest manifest);

// Errors of a sync are final: the same, as HistoryError::failed.
Error sync_failed(const std::string& path, const Error& why);

}  // namespace artery::history
