#include "query/newest_values.h"

namespace artery::query {

using history::Scan;
using live::NewestValue;
using runtime::Task;

namespace {

Task<Result<std::optional<NewestValue>>> newest_of(history::History* history, live::SignalKey key) {
  Scan scan;
  scan.asset = key.asset;
  scan.signal = key.signal;
  scan.direction = history::Direction::backward;
  scan.limit = 1;
  auto cursor = co_await history->scan(std::move(scan));
  if (!cursor) co_return cursor.error();
  const auto samples = co_await cursor->next();
  if (!samples) co_return samples.error();
  if (samples->empty()) co_return std::optional<NewestValue>();
  co_return std::optional(NewestValue{.time = samples->times.front(),
                                      .value = value_of(samples->value(0)),
                                      .quality = samples->qualities.front(),
                                      .arrival = samples->arrivals.front()});
}

}  // namespace

Task<Result<NewestValues::Values>> NewestValues::of(std::vector<live::SignalKey> signals) {
  auto values = co_await live_.last(signals, home_);
  if (!values) co_return values;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    if ((*values)[i]) continue;
    auto stored = co_await newest_of(&history_, signals[i]);
    co_await runtime::on(home_);
    if (!stored) co_return stored.error();
    (*values)[i] = std::move(*stored);
  }
  co_return values;
}

}  // namespace artery::query
