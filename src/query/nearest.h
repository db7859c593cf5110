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

// What is looked at.
struct SignalView {
  live::SignalKey key;
  Time as_of = time_max;  // as history::Scan::as_of
  std::stop_token stop{};
  history::Columns columns = history::Columns::measured();  // that its samples have
};

// The last one before `time`, and the first one from `time` on. From any executor, go on on history's pool. Errors:
// HistoryError::*, FileError::*.
runtime::Task<Result<Nearest>> last_before(history::History* history, const SignalView& view, Time time);
runtime::Task<Result<Nearest>> first_from(history::History* history, const SignalView& view, Time time);

// All of it, forward.
history::Scan scan_of(const SignalView& view);

}  // namespace artery::query
