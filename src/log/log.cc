#include "log/log.h"

#include <fmt/format.h>

#include <utility>

#include "log/shared.h"
#include "log/writer.h"

namespace artery::log {

using runtime::Task;

Log::Log(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}

Log::~Log() = default;

Task<Result<std::unique_ptr<Log>>> Log::open(Surroundings around, LogSettings settings,
                                             std::function<void(const Error&)> on_failed) {
  auto writer = std::make_unique<Writer>(around, std::move(settings), std::move(on_failed));
  if (auto done = co_await writer->recover(); !done) co_return std::move(done).error();
  writer->start();
  co_return std::unique_ptr<Log>(new Log(std::move(writer)));
}

Result<void> Log::append(BatchBuilder batch, Acknowledge acknowledge) {
  return writer_->submit(std::move(batch), std::move(acknowledge));
}

Offset Log::end() const { return Offset(writer_->shared.end); }

Offset Log::begin() const { return Offset(writer_->shared.begin); }

std::unique_ptr<Reader> Log::follow(std::string name, runtime::Executor& home, Offset from,
                                    std::uint64_t lag_bytes_max) {
  Shared& shared = writer_->shared;
  const std::scoped_lock lock(shared.mutex);
  ARTERY_ASSERT(from.value() <= shared.end);
  if (from.value() < shared.begin) {
    shared.journal.error("log",
                         "reader '{}' wants batches from {}, but the log begins at {}: what lies between is gone", name,
                         from.value(), shared.begin.load());
    from = Offset(shared.begin);
  }
  auto seat = std::make_shared<Seat>(std::move(name), home, from.value(), lag_bytes_max);
  shared.seats.push_back(seat);
  return std::unique_ptr<Reader>(new Reader(shared, std::move(seat), home));
}

void Log::allow_trimming() { writer_->allow_trimming(); }

Time Log::stamp(std::uint64_t count) { return writer_->stamp(count); }

Task<void> Log::close() { return writer_->close(); }

LogCounters Log::counters() const { return writer_->counters(); }

}  // namespace artery::log
