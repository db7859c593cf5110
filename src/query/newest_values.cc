#include "query/newest_values.h"

#include "query/nearest.h"

namespace artery::query {

using live::NewestValue;
using runtime::Task;

namespace {

Task<Result<std::optional<NewestValue>>> newest_of(history::History* history, live::SignalKey key) {
  const SignalView view{.key = key, .columns = history::Columns::measured().with({history::Column::arrivals})};
  const auto nearest = co_await last_before(history, view, time_max);
  if (!nearest) co_return nearest.error();
  const history::Samples* samples = &nearest->samples;
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
