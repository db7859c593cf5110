// Follows the log and applies its catalogue records; keeps the catalogue's snapshots.
//
// The two newest snapshots are kept, and so is the log from the older one's offset on: a snapshot that is found rotten
// at a start costs no name. Where names would be missing open() refuses, for their ids would be given a second time.
//
// Used on its home, which the Assigner shares.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "governance/catalogue.h"
#include "log/log.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/file.h"
#include "runtime/journal.h"
#include "runtime/task.h"

namespace artery::governance {

struct CatalogueReaderSettings {
  std::string folder;                                 // of the snapshots
  std::uint64_t checkpoint_bytes = 256ULL << 20;      // of log since the last snapshot
  Duration checkpoint_every = std::chrono::hours(1);  // where anything came since
  std::size_t read_bytes = 4ULL << 20;                // taken from the log at a time
};

class CatalogueReader {
 public:
  struct Surroundings {
    runtime::Executor& home;  // serial
    runtime::Executor& pool;  // reads and writes snapshots
    runtime::Files& files;
    runtime::Clock& clock;
    runtime::Journal& journal;
    log::Log& log;
    Catalogue& catalogue;  // unused by others until open() is done
  };
  CatalogueReader(Surroundings around, CatalogueReaderSettings settings);
  // After close() was awaited, or when `home` and `pool` run no more work.
  ~CatalogueReader();

  // Loads the newest intact snapshot and applies the log up to its present end; then goes on following. Errors:
  // FileError::*, LogError::*, GovernanceError::malformed where no snapshot is intact and the log does not reach back.
  // Home only.
  runtime::Task<Result<void>> open();

  // Waits until every record below `offset` is applied; an error when following has ended before (LogError::closed,
  // failed). Home only.
  runtime::Task<Result<void>> applied(Offset offset);

  // After the log is closed: waits for the end of following and writes a last snapshot if anything came since the last.
  // Errors: FileError::*. Home only.
  runtime::Task<Result<void>> close();

 private:
  class Following;
  std::unique_ptr<Following> following_;
};

}  // namespace artery::governance
