#include "history/pace.h"

#include <chrono>

#include "history/error.h"

namespace artery::history {

using runtime::Task;

namespace {
constexpr Duration ahead_max = std::chrono::milliseconds(20);
}  // namespace

Pace::Pace(PaceSettings settings)
    : settings_(std::move(settings)), begun_(settings_.pool == nullptr ? Instant() : settings_.clock->instant()) {}

Task<Result<void>> Pace::go_on(SegmentWriter* writer) const {
  if (writer->is_full()) {
    if (auto flushed = co_await writer->flush(); !flushed) co_return flushed;
  }
  if (settings_.pool == nullptr) co_return Result<void>();
  co_await runtime::on(*settings_.pool);
  while (!settings_.stop.stop_requested() && ahead(writer->written()) > ahead_max) {
    co_await runtime::on(*settings_.home);
    co_await runtime::pause(*settings_.home, ahead_max);
    co_await runtime::on(*settings_.pool);
  }
  if (settings_.stop.stop_requested()) co_return Error(HistoryError::cancelled, "the compaction was cancelled");
  co_return Result<void>();
}

// Of the time that what was read and written should have taken.
Duration Pace::ahead(std::uint64_t written) const {
  const auto bytes = static_cast<double>(bytes_read_ + written);
  const double seconds = bytes / static_cast<double>(settings_.bytes_per_second);
  const auto should = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  return should - (settings_.clock->instant() - begun_);
}

}  // namespace artery::history
