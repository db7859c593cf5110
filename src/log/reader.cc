#include "log/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/disk_cursor.h"
#include "log/log.h"
#include "log/shared.h"

namespace artery::log {

using runtime::Task;

Reader::Reader(Shared& shared, std::shared_ptr<Seat> seat, runtime::Executor& home)
    : shared_(shared), seat_(std::move(seat)), home_(home), disk_(std::make_unique<DiskCursor>(shared)) {}

Reader::~Reader() {
  const std::scoped_lock lock(shared_.mutex);
  std::erase(shared_.seats, seat_);
}

Offset Reader::position() const {
  const std::scoped_lock lock(shared_.mutex);
  return Offset(seat_->position);
}

void Reader::checkpointed(Offset offset) {
  const std::scoped_lock lock(shared_.mutex);
  ARTERY_ASSERT(offset.value() <= seat_->position);
  seat_->checkpoint = std::max(seat_->checkpoint, offset.value());
  if (shared_.on_checkpoint) shared_.on_checkpoint();
}

void Reader::end() {
  const std::scoped_lock lock(shared_.mutex);
  std::erase(shared_.seats, seat_);
  if (shared_.on_checkpoint) shared_.on_checkpoint();
}

// Batches at the reader's position from memory; nothing where they are not (or no longer) there.
std::vector<BatchPtr> Reader::take_recent(std::size_t bytes_max) {
  std::vector<BatchPtr> taken;
  if (shared_.recent.empty()) return taken;
  const std::uint64_t first = shared_.recent.front()->offset().value();
  if (seat_->position < first) return taken;
  std::size_t bytes = 0;
  for (std::size_t at = seat_->position - first; at < shared_.recent.size() && bytes < bytes_max; ++at) {
    taken.push_back(shared_.recent[at]);
    bytes += taken.back()->bytes().size();
  }
  seat_->position += taken.size();
  return taken;
}

Task<Result<std::vector<BatchPtr>>> Reader::next(std::size_t bytes_max) {
  while (true) {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    {
      const std::scoped_lock lock(shared_.mutex);
      if (seat_->detached) {
        co_return Error(LogError::detached, fmt::format("reader '{}' stayed behind for more than {} MiB and was "
                                                        "detached; it must resume from history",
                                                        seat_->name, seat_->lag_bytes_max >> 20));
      }
      auto taken = take_recent(bytes_max);
      if (!taken.empty()) co_return taken;
      from = seat_->position;
      to = shared_.end;
      if (from == to && shared_.state != Shared::State::open) {
        const bool failed = shared_.state == Shared::State::failed;
        co_return Error(failed ? LogError::failed : LogError::closed, failed ? "the log failed" : "the log is closed");
      }
    }
    if (from == to) {
      co_await seat_->wakeup.wait();
      continue;
    }
    co_await runtime::on(shared_.pool);
    auto read = co_await disk_->read(from, to, bytes_max);
    co_await runtime::on(home_);
    if (!read) co_return read.error();
    {
      const std::scoped_lock lock(shared_.mutex);
      seat_->position = read->next;
    }
    co_return std::move(read->batches);
  }
}

}  // namespace artery::log
