// Backups of a node that goes on writing.
//
// A backup is a folder that is itself a data folder: history's segments, which never change, by hard link where the
// file system allows; checkpoints, and the stretch of the log that they do not hold, by copy. It shows the node as it
// was at one offset of the log: everything that was acknowledged before make() was called is in it, and nothing of what
// came after that offset. A segment that the newest backup before has already is linked from there, so that a further
// backup takes only the room of what is new. It is one when its list of contents is there (docs/formats/backup.md), and
// a crash at any moment leaves the node and every backup before as they were.
//
// Threads: make() and list() from any executor. All else says so.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "backup/contents.h"
#include "backup/settings.h"
#include "base/result.h"
#include "base/time.h"
#include "history/history.h"
#include "log/log.h"
#include "runtime/clock.h"
#include "runtime/executor.h"
#include "runtime/file.h"
#include "runtime/journal.h"
#include "runtime/task.h"

namespace artery::backup {

struct Made {
  std::string name;
  Time made;
  Offset offset;  // everything below it is in the backup
  std::uint64_t files = 0;
  std::uint64_t bytes_linked = 0;
  std::uint64_t bytes_copied = 0;
  Duration took{0};
};

struct Listed {
  std::string name;
  Time made;
  Offset offset;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;  // of all files, also of those that other backups have too
  std::string fault;        // why it is none: half made, or damaged; empty where it is whole as far as its list tells
};

class Backups {
 public:
  struct Surroundings {
    runtime::Loop& home;
    runtime::Executor& pool;
    runtime::Files& files;
    runtime::Clock& clock;
    runtime::Journal& journal;
    log::Log& log;
    history::History& history;
  };
  struct Source {
    std::string catalogue;  // folders
    std::string live;
    std::uint64_t log_segment_bytes = 0;
  };
  // All in `around` must outlive it. When `home` and `pool` run no more of its work it may go.
  Backups(Surroundings around, BackupSettings settings, Source source);
  Backups(const Backups&) = delete;
  Backups& operator=(const Backups&) = delete;
  ~Backups() = default;

  // Makes one. Done means: durable. What it wrote is removed after an error. Goes on on the pool. Errors:
  // BackupError::not_set, busy, closed, damaged (of the node: no catalogue could be read), FileError::*,
  // log::LogError::*.
  runtime::Task<Result<Made>> make();

  // Those that are in the folder, oldest first, half made ones too. Goes on on the pool. Errors: BackupError::not_set,
  // FileError::*.
  runtime::Task<Result<std::vector<Listed>>> list();

  // Breaks off what is under way, waits for its end, and takes no more. Before log and history are closed. On `home`.
  runtime::Task<void> close();

 private:
  runtime::Task<Result<Made>> make_one();
  [[nodiscard]] Result<void> check_set() const;

  const Surroundings around_;
  const BackupSettings settings_;
  const Source source_;
  std::atomic<bool> busy_ = false;
  std::atomic<bool> closing_ = false;
  runtime::Wakeup ended_;
};

}  // namespace artery::backup
