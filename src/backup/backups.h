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
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "backup/contents.h"
#include "backup/due.h"
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

// How backups stand, as far as this process knows.
struct Standing {
  struct Good {
    std::string name;
    Time made;
    std::uint64_t bytes = 0;
    std::optional<Duration> took{};  // of one that this process made
  };
  struct Failure {
    Time time;
    std::string reason;
  };
  bool is_set = false;               // there is a folder for them
  bool making = false;               // now
  std::optional<Good> last{};        // the newest that is whole
  std::optional<Failure> failure{};  // the newest, if none was made since
  std::optional<Time> next{};        // by the schedule
  std::uint64_t made = 0;            // since the start, as the next
  std::uint64_t failed = 0;
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
    // Whether a file system like this has room for a backup that nobody asked for.
    std::function<bool(const runtime::Space&)> has_room;
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

  // Finds out which backup is the newest and begins the schedule, if there is one: the next backup is made `every`
  // after the newest, soon where that has passed, and after a failure later and later. On `home`, once.
  void start();

  // Any thread.
  [[nodiscard]] Standing standing() const;

  // Makes one, and removes the oldest beyond `keep` when it is whole. Done means: durable. What it wrote is removed
  // after an error. Goes on on the pool. Errors: BackupError::not_set, busy, closed, damaged (of the node: no catalogue
  // could be read), FileError::*, log::LogError::*.
  runtime::Task<Result<Made>> make();

  // Those that are in the folder, oldest first, half made ones too. Goes on on the pool. Errors: BackupError::not_set,
  // FileError::*.
  runtime::Task<Result<std::vector<Listed>>> list();

  // Breaks off what is under way, waits for its end, and takes no more. Before log and history are closed. On `home`.
  runtime::Task<void> close();

 private:
  runtime::Task<Result<Made>> make_one();
  [[nodiscard]] Result<void> check_set() const;
  runtime::Task<Result<void>> prune(std::string newest);
  runtime::Task<Result<void>> check_files(std::string folder);
  runtime::Task<void> run_schedule();
  runtime::Task<Result<void>> make_by_schedule();
  void note_made(Standing::Good made, std::uint64_t count);
  void note_failure(const Error& error);
  void set_next();

  const Surroundings around_;
  const BackupSettings settings_;
  const Source source_;
  std::atomic<bool> busy_ = false;
  std::atomic<bool> closing_ = false;
  Due due_;  // on home, as the next
  bool scheduling_ = false;
  mutable std::mutex mutex_;  // guards the next
  Standing standing_;
  runtime::Wakeup ended_;
  runtime::Wakeup tick_;
  runtime::Scope scope_;  // last: what runs in it uses all of the above
};

}  // namespace artery::backup
