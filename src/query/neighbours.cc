#include "query/neighbours.h"

#include <algorithm>
#include <utility>

namespace artery::query {

using history::Samples;
using runtime::Task;

namespace {

Sample sample_of(const Samples& samples, std::size_t row) {
  return {samples.times[row], value_of(samples.value(row)), samples.qualities[row]};
}

}  // namespace

std::optional<Sample> Neighbours::after() const {
  if (row_ == samples_.size()) return std::nullopt;
  return sample_of(samples_, row_);
}

bool Neighbours::pass(Time time) {
  const auto from = samples_.times.begin() + static_cast<std::ptrdiff_t>(row_);
  const auto later = std::upper_bound(from, samples_.times.end(), time);
  const auto row = static_cast<std::size_t>(later - samples_.times.begin());
  if (row > row_) before_ = sample_of(samples_, row - 1);
  row_ = row;
  return row_ < samples_.size() || samples_.empty();
}

Task<Result<void>> Neighbours::read() {
  cursor_->recycle(std::exchange(samples_, Samples()));
  auto samples = co_await cursor_->next();
  if (!samples) co_return samples.error();
  samples_ = std::move(*samples);
  row_ = 0;
  incomplete_ = incomplete_ || cursor_->incomplete();
  co_return Result<void>();
}

Task<Result<void>> Neighbours::look_up(Time time) {
  const Time behind(time == time_max ? time.value() : time.value() + 1);
  auto nearest = co_await last_before(&history_, view_, behind);
  if (!nearest) co_return nearest.error();
  incomplete_ = incomplete_ || nearest->incomplete;
  if (!nearest->samples.empty()) before_ = sample_of(nearest->samples, 0);
  history::Scan scan = scan_of(view_);
  scan.from = behind;
  auto cursor = co_await history_.scan(std::move(scan));
  if (!cursor) co_return cursor.error();
  cursor_ = std::move(*cursor);
  co_return co_await read();
}

Task<Result<void>> Neighbours::move_to(Time time) {
  if (!cursor_) co_return co_await look_up(time);
  for (std::size_t vectors = 0; !pass(time); ++vectors) {
    if (vectors == vectors_max) co_return co_await look_up(time);
    const auto done = co_await read();
    if (!done) co_return done.error();
  }
  co_return Result<void>();
}

}  // namespace artery::query
