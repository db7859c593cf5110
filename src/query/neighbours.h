// The samples on both sides of one time after another, read as a scan where the times are close and looked up where
// they are far apart. Used by one task at a time; goes on on history's pool.
#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>

#include "base/result.h"
#include "history/history.h"
#include "live/newest.h"
#include "model/sample.h"
#include "query/nearest.h"
#include "runtime/task.h"

namespace artery::query {

class Neighbours {
 public:
  // `history` must outlive it.
  Neighbours(history::History& history, SignalView view) : history_(history), view_(std::move(view)) {}

  // Makes before() and after() those of `time`, which is later than any before. Errors: HistoryError::*, FileError::*.
  runtime::Task<Result<void>> move_to(Time time);
  // The newest sample that is not later than the time, and the first that is.
  [[nodiscard]] const std::optional<Sample>& before() const { return before_; }
  [[nodiscard]] std::optional<Sample> after() const;
  [[nodiscard]] bool incomplete() const { return incomplete_; }

 private:
  static constexpr std::size_t vectors_max = 8;  // read on to the next time, before it is looked up

  runtime::Task<Result<void>> look_up(Time time);
  runtime::Task<Result<void>> read();
  // Whether the first later sample was found among what is read, or there is none.
  bool pass(Time time);

  history::History& history_;
  const SignalView view_;
  std::optional<history::Cursor> cursor_;
  history::Samples samples_;  // none at the end
  std::size_t row_ = 0;       // the first that is later than the time
  std::optional<Sample> before_;
  bool incomplete_ = false;
};

}  // namespace artery::query
