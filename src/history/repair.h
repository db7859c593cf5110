// Makes a damaged history whole again as far as that can be: `artery repair`. For a history that no node has open.
//
// A damaged segment is made anew of the log's batches, where the log still has them, and else of the chunks that can be
// read; a manifest that is missing or damaged is made anew of the segments' headers. What is damaged is never deleted:
// it is moved to `damaged/`, beside the segments. docs/formats/history.md, "Repair".
//
// A crash at any point leaves a history that a second repair makes whole: new segments are durable before anything old
// is moved, and everything old is moved before the manifest is replaced, which is the commit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "history/signal_facts.h"
#include "history/tile_builder.h"
#include "runtime/file.h"
#include "runtime/task.h"

namespace artery::history {

inline constexpr std::string_view damaged_folder = "damaged";  // of a history's

struct RepairJob {
  runtime::Files* files = nullptr;
  std::string folder;      // the history's
  std::string log_folder;  // that of its log
  SignalNames names;       // of signals that no footer names any more
  Time now;
  TilePolicy tiles;
  std::uint64_t head_bytes_max = 256ULL << 20;  // of samples from the log, in memory at once; about
  bool write = false;                           // else nothing is changed
};

// One line each.
struct Repaired {
  std::vector<std::string> steps;   // what was done, or without `write` is to be done; none where all is whole
  std::vector<std::string> losses;  // what stays lost or wrong all the same
};

// On a pool. Errors, with nothing lost and the manifest as it was: HistoryError::damaged where it cannot be decided
// what to do, the message says why; HistoryError::failed, FileError::*.
runtime::Task<Result<Repaired>> repair(RepairJob job);

}  // namespace artery::history
