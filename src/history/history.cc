#include "history/history.h"

#include <utility>

#include "history/core.h"
#include "history/cursor.h"

namespace artery::history {

using runtime::Task;

History::History(std::unique_ptr<Core> core) : core_(std::move(core)) {}
History::~History() = default;

Task<Result<std::unique_ptr<History>>> History::open(Surroundings around, HistorySettings settings,
                                                     std::function<void(const Error&)> on_failed) {
  auto core = std::make_unique<Core>(std::move(around), std::move(settings), std::move(on_failed));
  if (auto opened = co_await core->open(); !opened) co_return opened.error();
  co_return std::unique_ptr<History>(new History(std::move(core)));
}

Task<Result<Cursor>> History::scan(Scan request) {
  const auto span = span_of(request);
  return core_->begin_scan(std::move(request), span);
}

Task<Result<SummaryCursor>> History::summaries(SummaryScan request) {
  Scan scan;
  scan.from = request.from;
  scan.to = request.to;
  const auto span = span_of(scan);
  return core_->begin_summaries(std::move(request), span);
}

Task<Result<std::optional<Sample>>> History::newest(AssetId asset, SignalId signal) {
  Scan scan;
  scan.asset = asset;
  scan.signal = signal;
  scan.direction = Direction::backward;
  scan.limit = 1;
  scan.columns = Columns::measured();
  auto cursor = co_await core_->begin_scan(std::move(scan), Span{});
  if (!cursor) co_return cursor.error();
  const auto samples = co_await cursor->next();
  if (!samples) co_return samples.error();
  if (samples->empty()) co_return std::optional<Sample>();
  co_return std::optional(Sample{samples->times.front(), value_of(samples->value(0)), samples->qualities.front()});
}

Task<Result<void>> History::checkpoint() { return core_->checkpoint(); }
Task<Result<void>> History::close() { return core_->close(); }
Task<BackupParts> History::backup_parts() { return core_->backup_parts(); }
HistoryCounters History::counters() const { return core_->counters(); }

}  // namespace artery::history
