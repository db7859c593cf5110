#include "query/nearest.h"

#include <utility>

namespace artery::query {

using history::Direction;
using history::Scan;
using runtime::Task;

namespace {

Task<Result<Nearest>> first_of(history::History* history, Scan scan) {
  scan.limit = 1;
  auto cursor = co_await history->scan(std::move(scan));
  if (!cursor) co_return cursor.error();
  auto samples = co_await cursor->next();
  if (!samples) co_return samples.error();
  co_return Nearest{std::move(*samples), cursor->incomplete()};
}

}  // namespace

Scan scan_of(const SignalView& view) {
  Scan scan;
  scan.asset = view.key.asset;
  scan.signal = view.key.signal;
  scan.as_of = view.as_of;
  scan.columns = view.columns;
  scan.stop = view.stop;
  return scan;
}

Task<Result<Nearest>> last_before(history::History* history, const SignalView& view, Time time) {
  Scan scan = scan_of(view);
  scan.to = time;
  scan.direction = Direction::backward;
  return first_of(history, std::move(scan));
}

Task<Result<Nearest>> first_from(history::History* history, const SignalView& view, Time time) {
  Scan scan = scan_of(view);
  scan.from = time;
  return first_of(history, std::move(scan));
}

}  // namespace artery::query
