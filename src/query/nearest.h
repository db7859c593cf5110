// The samples beside a time: the newest revisions, of any quality.
#pragma once

#include <stop_token>

#include "base/result.h"
#include "base/time.h"
#include "history/history.h"
#include "live/newest.h"
#include "runtime/task.h"

namespace artery::query {

struct Nearest {
  history::Samples samples;  // one, or none
  bool incomplete = false;   // damage may have eaten a nearer one
};

// The last one before `time`, and the first one from `time` on. From any executor, go on on history's pool. Errors:
// HistoryError::*, FileError::*.
runtime::Task<Result<Nearest>> last_before(history::History* history, live::SignalKey key, Time time,
                                           std::stop_token stop);
runtime::Task<Result<Nearest>> first_from(history::History* history, live::SignalKey key, Time time,
                                          std::stop_token stop);

}  // namespace artery::query
