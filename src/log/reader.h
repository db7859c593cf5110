// A reader follows the log with its own position. Used on one executor, its home; none knows another.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "log/batch.h"
#include "model/ids.h"
#include "runtime/executor.h"
#include "runtime/task.h"

namespace artery::log {

struct Seat;
class Shared;
class DiskCursor;

class Reader {
 public:
  // Stops following; what it kept may be trimmed, when that is looked at next.
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  // Waits until there is something at position(), and returns about `bytes_max` of it, in order. Batches that rot has
  // eaten are skipped, counted and told in the journal; where it has eaten all there was, none are returned, and
  // position() has gone on all the same. Home only, one call at a time.
  // Errors: LogError::closed (the node stops), LogError::detached, LogError::failed, FileError::*.
  runtime::Task<Result<std::vector<BatchPtr>>> next(std::size_t bytes_max);
  // The offset that next() will return first.
  [[nodiscard]] Offset position() const;
  // Everything below `offset` is durable at the reader's own place: the log may forget it. Home only.
  void checkpointed(Offset offset);
  // Stops following, and has the log look at once whether it may forget what only this reader kept. Nothing may be
  // called after. For a reader that comes and goes. Home only.
  void end();

 private:
  friend class Log;
  Reader(Shared& shared, std::shared_ptr<Seat> seat, runtime::Executor& home);
  std::vector<BatchPtr> take_recent(std::size_t bytes_max);

  Shared& shared_;
  std::shared_ptr<Seat> seat_;
  runtime::Executor& home_;
  std::unique_ptr<DiskCursor> disk_;
};

}  // namespace artery::log
