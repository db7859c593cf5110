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

Scan scan_of(live::SignalKey key, std::stop_token stop) {
  Scan scan;
  scan.asset = key.asset;
  scan.signal = key.signal;
  scan.stop = std::move(stop);
  return scan;
}

}  // namespace

Task<Result<Nearest>> last_before(history::History* history, live::SignalKey key, Time time, std::stop_token stop) {
  Scan scan = scan_of(key, std::move(stop));
  scan.to = time;
  scan.direction = Direction::backward;
  return first_of(history, std::move(scan));
}

Task<Result<Nearest>> first_from(history::History* history, live::SignalKey key, Time time, std::stop_token stop) {
  Scan scan = scan_of(key, std::move(stop));
  scan.from = time;
  return first_of(history, std::move(scan));
}

}  // namespace artery::query
