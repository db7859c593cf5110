// The newest value of each of several signals: what live has, and where live has nothing, what history has. Live makes
// its values anew of the log when its checkpoints are lost; of a signal whose samples the log has let go of since, or
// whose newest was deleted, only history knows.
//
// Holds nothing; live and history must outlive it, and the tasks it makes. Called on `home`, where the tasks go on.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "history/history.h"
#include "live/newest.h"
#include "runtime/executor.h"
#include "runtime/task.h"

namespace artery::query {

class NewestValues {
 public:
  using Values = std::vector<std::optional<live::NewestValue>>;

  NewestValues(live::Newest& live, history::History& history, runtime::Executor& home)
      : live_(live), history_(history), home_(home) {}

  // In the order of `signals`, after everything acknowledged before the call is applied; nothing where a signal has no
  // sample. Errors: LiveError::closed, HistoryError::*, FileError::*.
  runtime::Task<Result<Values>> of(std::vector<live::SignalKey> signals);

 private:
  live::Newest& live_;
  history::History& history_;
  runtime::Executor& home_;
};

}  // namespace artery::query
