// The summaries of a signal's samples over a range: what aggregates are made of, wherever it comes from. Used by one
// task at a time, on history's pool.
#pragma once

#include <vector>

#include "base/result.h"
#include "history/history.h"
#include "history/summary.h"
#include "query/intervals.h"
#include "runtime/task.h"

namespace artery::query {

class Summaries {
 public:
  // `samples` is a forward scan of the newest revisions over just the range of `intervals`.
  Summaries(history::Cursor samples, const Intervals& intervals, history::Uncertain rule);

  // The following summaries in the order of time, each of samples of one interval; none at the end. An interval may
  // come in several. Errors: as Cursor::next().
  runtime::Task<Result<std::vector<history::Summary>>> next();
  [[nodiscard]] bool incomplete() const { return samples_.incomplete(); }

 private:
  history::Cursor samples_;
  const Intervals intervals_;
  const history::Uncertain rule_;
};

}  // namespace artery::query
