#include "log/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/crc32c.h"
#include "log/room.h"

namespace artery::log {

using runtime::FileError;
using runtime::Task;

namespace {

constexpr std::uint64_t group_bytes_max = 8 << 20;  // a larger one would make the next wait for long
constexpr std::size_t spares_max = 8;               // what a reader's checkpoint usually frees at once
constexpr Duration full_retry = std::chrono::seconds(1);
constexpr Duration look_at_room_every = std::chrono::seconds(1);
constexpr std::uint64_t full_until_free_bytes = 1 << 20;

}  // namespace

Log::Writer::Writer(Surroundings around, LogSettings settings, std::function<void(const Error&)> on_failed)
    : shared(SegmentFiles(around.files, settings.folder), around.pool, around.journal),
      around_(around),
      settings_(std::move(settings)),
      on_failed_(std::move(on_failed)),
      work_(around.home),
      spare_changed_(around.home),
      trim_asked_(around.home),
      task_ended_(around.home),
      look_at_room_(around.home) {
  ARTERY_ASSERT(settings_.batch_bytes_max + segment_overhead_bytes <= settings_.segment_bytes);
}

Task<Result<void>> Log::Writer::recover() {
  auto found = co_await log::recover(shared.files, shared.journal, settings_.segment_bytes, around_.clock.now().value(),
                                     spare_number_++);
  if (!found) co_return std::move(found).error();
  file_ = std::move(found->file);
  life_ = found->segments.back().life;
  epoch_ = found->epoch;
  capacity_ = found->capacity;
  position_ = found->position;
  last_stamp_ = found->last_stamp;
  last_arrival_ = found->last_stamp;
  shared.end = found->end;
  shared.begin = found->segments.front().base;
  shared.damaged_batches = found->rotten;
  shared.segments = std::move(found->segments);
  co_return {};
}

void Log::Writer::start() {
  {
    const std::scoped_lock lock(shared.mutex);
    shared.on_checkpoint = [this] { trim_asked_.notify(); };
  }
  tasks_ += 2;
  scope_.spawn(run());
  scope_.spawn(trim());
  if (settings_.keep_free_bytes > 0) {
    ++tasks_;
    scope_.spawn(watch_room());
  }
  prepare_soon();
}

Task<void> Log::Writer::close() {
  {
    const std::scoped_lock lock(pending_mutex_);
    closing_ = true;
  }
  work_.notify();
  trim_asked_.notify();
  look_at_room_.notify();
  while (tasks_ > 0) co_await task_ended_.wait();
}

void Log::Writer::allow_trimming() {
  trimming_allowed_ = true;
  trim_asked_.notify();
}

Time Log::Writer::stamp(std::uint64_t count) {
  const std::int64_t now = around_.clock.now().value();
  std::int64_t last = last_stamp_;
  std::int64_t first = 0;
  do {
    first = std::max(now, last + 1);
  } while (!last_stamp_.compare_exchange_weak(last, first + static_cast<std::int64_t>(count) - 1));
  return Time(first);
}

// The whole millisecond, which costs history little to keep; above the arrival before it, never above a stamp given
// later. Under the lock: it increases as the offsets will.
std::int64_t Log::Writer::next_arrival() {
  const std::int64_t now = stamp(1).value();
  last_arrival_ = std::max(last_arrival_ + 1, now - now % arrival_grain);
  return last_arrival_;
}

Result<void> Log::Writer::may_take(std::size_t bytes) {
  if (failed_) return Error(LogError::failed, "the log failed: the node is stopping");
  if (closing_) return Error(LogError::closed, "the node is stopping");
  if (bytes > settings_.batch_bytes_max) {
    return Error(LogError::too_long, fmt::format("a batch of {} bytes is too long: at most {} go into the log at once",
                                                 bytes, settings_.batch_bytes_max));
  }
  if (full_) {
    ++refused_full_;
    return no_room();
  }
  if (pending_bytes_ + bytes > settings_.pending_bytes_max) {
    ++refused_busy_;
    return Error(LogError::busy, "too much waits for the disk: slow down");
  }
  return {};
}

Result<void> Log::Writer::submit(BatchBuilder batch, Acknowledge acknowledge) {
  ARTERY_ASSERT(!batch.empty());
  Buffer bytes = std::move(batch.bytes());
  const Bytes payload = Bytes(bytes).subspan(batch_header_bytes);
  ARTERY_ASSERT(payload.size() % batch_alignment == 0);
  BatchHeader header{.payload_bytes = static_cast<std::uint32_t>(payload.size()), .payload_crc = crc32c(payload)};
  {
    const std::scoped_lock lock(pending_mutex_);
    if (auto allowed = may_take(bytes.size()); !allowed) return allowed;
    header.arrival = next_arrival();
    pending_bytes_ += bytes.size();
    pending_.push_back({.header = header, .bytes = std::move(bytes), .acknowledge = std::move(acknowledge)});
  }
  work_.notify();
  return {};
}

Task<void> Log::Writer::run() {
  while (true) {
    Group group = take_group();
    if (!group.empty()) {
      co_await commit(std::move(group));
      continue;
    }
    bool closing = false;
    {
      const std::scoped_lock lock(pending_mutex_);
      closing = closing_ && pending_.empty();
    }
    if (closing) break;
    co_await work_.wait();
  }
  if (!failed_) co_await write_closing_mark();
  if (!failed_) end_readers(Shared::State::closed);
  --tasks_;
  task_ended_.notify();
}

// What has collected, at most one group's worth.
Log::Writer::Group Log::Writer::take_group() {
  const std::scoped_lock lock(pending_mutex_);
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < pending_.size()) {
    const std::size_t more = pending_[count].bytes.size();
    if (count > 0 && bytes + more > std::min(group_bytes_max, settings_.segment_bytes - segment_overhead_bytes)) break;
    bytes += more;
    ++count;
  }
  if (count == pending_.size()) return std::exchange(pending_, {});
  const auto split = pending_.begin() + static_cast<std::ptrdiff_t>(count);
  Group group(std::make_move_iterator(pending_.begin()), std::make_move_iterator(split));
  pending_.erase(pending_.begin(), split);
  return group;
}

Task<void> Log::Writer::commit(Group group) {
  if (failed_) {
    refuse(std::move(group), Error(LogError::failed, "the log failed: the node is stopping"));
    co_return;
  }
  std::size_t bytes = 0;
  for (const Pending& batch : group) bytes += batch.bytes.size();
  auto done = co_await make_room(bytes);
  if (done) done = co_await write(&group);
  if (done) {
    publish(std::move(group));
  } else if (done.error().is(FileError::no_space)) {
    become_full(done.error());
    refuse(std::move(group), no_room());
  } else {
    fail(done.error());
    refuse(std::move(group), Error(LogError::failed, done.error().message()));
  }
}

Task<Result<void>> Log::Writer::make_room(std::size_t bytes) {
  if (position_ + bytes + batch_header_bytes <= capacity_) co_return {};  // the closing mark fits behind them
  co_return co_await roll();
}

Task<Result<void>> Log::Writer::roll() {
  prepare_error_.reset();  // an old one: there may be room again
  while (spares_.empty()) {
    if (prepare_error_) co_return *std::exchange(prepare_error_, std::nullopt);
    prepare_soon();
    co_await spare_changed_.wait();
  }
  Spare spare = std::move(spares_.back());
  spares_.pop_back();
  const SegmentHeader header{
      .life = life_ + 1, .base = shared.end, .epoch = epoch_, .capacity = spare.capacity, .created = stamp(1).value()};
  co_await naming_.take(around_.home);
  if (failed_) {
    naming_.give();
    co_return Error(LogError::failed, "the log failed: the node is stopping");
  }
  auto file = co_await shared.files.commit(std::move(spare), header);
  naming_.give();
  if (!file) co_return std::move(file).error();
  file_ = std::move(*file);
  life_ = header.life;
  capacity_ = header.capacity;
  position_ = segment_header_bytes;
  {
    const std::scoped_lock lock(shared.mutex);
    shared.segments.push_back(
        {.life = header.life, .base = header.base, .bytes = header.capacity, .created = header.created});
  }
  detach_hopeless();
  trim_asked_.notify();
  if (!closing_) prepare_soon();
  co_return {};
}

Task<Result<void>> Log::Writer::write(Group* group) {
  std::vector<Bytes> parts;
  parts.reserve(group->size());
  std::uint64_t offset = shared.end;
  std::uint64_t at = position_;
  for (Pending& batch : *group) {
    batch.header.life = life_;
    batch.header.offset = offset++;
    batch.header.synced = shared.end;
    batch.header.position = at;
    batch.header.write(std::span(batch.bytes).first<batch_header_bytes>());
    at += batch.bytes.size();
    parts.emplace_back(batch.bytes);
  }
  const Instant started = around_.clock.instant();
  if (auto done = co_await file_->write(position_, std::move(parts)); !done) co_return done;
  if (auto done = co_await file_->sync(); !done) {
    co_return Error(LogError::failed, done.error().message());  // never retried, whatever its reason
  }
  const Duration took = around_.clock.instant() - started;
  syncs_.add(took);
  sync_max_ = std::max(sync_max_.load(), took);
  bytes_ += at - position_;
  batches_ += group->size();
  position_ = at;
  co_return {};
}

// Only here, after the sync, do readers and senders learn of the batches.
void Log::Writer::publish(Group group) {
  std::size_t bytes = 0;
  std::vector<std::shared_ptr<Seat>> seats;
  {
    const std::scoped_lock lock(shared.mutex);
    for (Pending& batch : group) {
      bytes += batch.bytes.size();
      shared.recent.push_back(std::make_shared<const Batch>(batch.header, std::move(batch.bytes)));
    }
    shared.recent_bytes += bytes;
    shared.end += group.size();
    drop_recent();
    seats = shared.seats;
  }
  {
    const std::scoped_lock lock(pending_mutex_);
    pending_bytes_ -= bytes;
  }
  for (const auto& seat : seats) seat->wakeup.notify();
  for (Pending& batch : group) batch.acknowledge(Offset(batch.header.offset));
}

// Without it damage to the last group could not be told from a torn tail.
Task<void> Log::Writer::write_closing_mark() {
  ARTERY_ASSERT(position_ + batch_header_bytes <= capacity_);
  Group mark(1);
  mark.front().header = {.arrival = stamp(1).value(), .payload_crc = crc32c({})};
  mark.front().bytes.resize(batch_header_bytes);
  if (const auto done = co_await write(&mark); !done) fail(done.error());
}

// Forgets in memory what every reader has, and what does not fit: whoever still wants that reads it from the disk.
void Log::Writer::drop_recent() {
  std::uint64_t wanted = shared.end;
  for (const auto& seat : shared.seats) wanted = std::min(wanted, seat->position);
  while (!shared.recent.empty()) {
    const BatchPtr& oldest = shared.recent.front();
    if (oldest->offset().value() >= wanted && shared.recent_bytes <= settings_.memory_bytes_max) break;
    shared.recent_bytes -= oldest->bytes().size();
    shared.recent.pop_front();
  }
}

void Log::Writer::refuse(Group group, const Error& error) {
  std::size_t bytes = 0;
  for (const Pending& batch : group) bytes += batch.bytes.size();
  {
    const std::scoped_lock lock(pending_mutex_);
    pending_bytes_ -= bytes;
  }
  if (error.is(LogError::full)) refused_full_ += group.size();
  for (Pending& batch : group) batch.acknowledge(error);
}

void Log::Writer::fail(const Error& error) {
  if (failed_.exchange(true)) return;
  shared.journal.error("log",
                       "{}; what was being written may be lost, so nothing more is acknowledged and the node "
                       "stops. Check the disk before starting again",
                       error.message());
  end_readers(Shared::State::failed);
  on_failed_(error);
}

void Log::Writer::become_full(const Error& error) {
  if (full_.exchange(true)) return;
  shared.journal.warning("log", "{}; writes are refused until there is room, reading goes on", error.message());
  ++tasks_;
  scope_.spawn(leave_full());
}

Error Log::Writer::no_room() const {
  const std::string_view kept = settings_.keep_free_bytes > 0 ? " up to what is kept free (disk.refuse_free)" : "";
  return {LogError::full, fmt::format("{}: the disk is full{}: free some space", settings_.folder, kept)};
}

// Whether so many bytes more leave what is to be kept free. What cannot be found out keeps nobody from writing.
Task<Result<void>> Log::Writer::check_room(std::uint64_t bytes) {
  if (settings_.keep_free_bytes == 0) co_return Result<void>();
  co_await runtime::on(around_.pool);
  const auto space = co_await shared.files.files().space(settings_.folder);
  co_await runtime::on(around_.home);
  if (!space) co_return Result<void>();
  const std::uint64_t kept = kept_free(settings_.keep_free_bytes, *space);
  if (space->free_bytes >= kept + bytes) co_return Result<void>();
  co_return Error(FileError::no_space, fmt::format("{}: {} MiB of the disk are free, and {} MiB are kept free",
                                                   settings_.folder, space->free_bytes >> 20, kept >> 20));
}

// Whoever takes the room: history, or a stranger.
Task<void> Log::Writer::watch_room() {
  while (!closing_ && !failed_) {
    if (!full_) {
      const auto room = co_await check_room(0);
      if (!room && !closing_) become_full(room.error());
    }
    const runtime::TimerId timer = around_.home.after(look_at_room_every, [this] { look_at_room_.notify(); });
    if (!closing_ && !failed_) co_await look_at_room_.wait();
    around_.home.cancel(timer);
  }
  --tasks_;
  task_ended_.notify();
}

// Looks every second whether there is room again; for one segment more than would do, so that it is not full again at
// once.
Task<void> Log::Writer::leave_full() {
  while (full_ && !failed_ && !closing_) {
    co_await runtime::pause(around_.home, full_retry);
    prepare_error_.reset();
    if (spares_.empty() && !preparing_) prepare_soon();
    while (preparing_) co_await runtime::pause(around_.home, full_retry / 10);
    const auto space = co_await shared.files.files().space(settings_.folder);
    const auto room = co_await check_room(settings_.segment_bytes);
    if (!spares_.empty() && room && space && space->free_bytes >= full_until_free_bytes) full_ = false;
  }
  if (!full_) shared.journal.info("log", "{}: there is room again; writes are taken", settings_.folder);
  --tasks_;
  task_ended_.notify();
}

void Log::Writer::end_readers(Shared::State state) {
  const std::scoped_lock lock(shared.mutex);
  shared.state = state;
  for (const auto& seat : shared.seats) seat->wakeup.notify();
}

// A reader that makes the log longer than its limit is let go, loudly: the disk belongs to what is to come.
void Log::Writer::detach_hopeless() {
  const std::scoped_lock lock(shared.mutex);
  for (const auto& seat : shared.seats) {
    std::uint64_t kept = 0;
    for (std::size_t i = 0; i < shared.segments.size(); ++i) {
      const bool below = i + 1 < shared.segments.size() && shared.segments[i + 1].base <= seat->checkpoint;
      if (!below) kept += shared.segments[i].bytes;
    }
    if (seat->detached || kept <= seat->lag_bytes_max) continue;
    seat->detached = true;
    ++shared.detached_readers;
    shared.journal.warning("log",
                           "reader '{}' is {} MiB behind, more than its limit of {} MiB: it is detached and must "
                           "resume from history",
                           seat->name, kept >> 20, seat->lag_bytes_max >> 20);
    seat->wakeup.notify();
  }
}

void Log::Writer::prepare_soon() {
  if (preparing_ || !spares_.empty()) return;
  preparing_ = true;
  ++tasks_;
  scope_.spawn(prepare());
}

Task<void> Log::Writer::prepare() {
  const std::uint64_t number = spare_number_++;
  const auto room = co_await check_room(settings_.segment_bytes);
  if (room) {
    co_await runtime::on(around_.pool);
    auto spare = co_await shared.files.prepare(number, settings_.segment_bytes);
    co_await runtime::on(around_.home);
    if (spare) {
      spares_.push_back(std::move(*spare));
    } else {
      prepare_error_ = std::move(spare).error();
    }
  } else {
    prepare_error_ = room.error();
  }
  preparing_ = false;
  --tasks_;
  spare_changed_.notify();
  task_ended_.notify();
}

Task<void> Log::Writer::trim() {
  while (true) {
    co_await trim_asked_.wait();
    if (closing_ || failed_) break;
    for (auto old = take_trimmable(); old && !failed_; old = take_trimmable()) {
      const bool keep_file = old->bytes == settings_.segment_bytes && spares_.size() < spares_max;
      const std::uint64_t number = spare_number_++;
      co_await naming_.take(around_.home);
      co_await runtime::on(around_.pool);
      Result<void> done;
      std::optional<Spare> spare;
      if (keep_file) {
        auto recycled = co_await shared.files.recycle(*old, number);
        if (recycled) {
          spare = std::move(*recycled);
        } else {
          done = std::move(recycled).error();
        }
      } else {
        done = co_await shared.files.remove(*old);
      }
      co_await runtime::on(around_.home);
      if (spare) spares_.insert(spares_.begin(), std::move(*spare));
      // Going on would leave a hole between segments, and a failed sync of the folder is like any failed sync.
      if (!done) fail(done.error());
      naming_.give();
      spare_changed_.notify();
    }
  }
  --tasks_;
  task_ended_.notify();
}

// The oldest segment, where every reader has checkpointed beyond it and it need not be kept for its own sake.
std::optional<Segment> Log::Writer::take_trimmable() {
  if (!trimming_allowed_) return std::nullopt;
  const std::scoped_lock lock(shared.mutex);
  if (shared.segments.size() < 2 || shared.seats.empty()) return std::nullopt;
  std::uint64_t wanted = std::numeric_limits<std::uint64_t>::max();
  for (const auto& seat : shared.seats) {
    if (!seat->detached) wanted = std::min(wanted, seat->checkpoint);
  }
  const Segment& next = shared.segments[1];
  if (next.base > wanted) return std::nullopt;
  std::uint64_t rest = 0;
  for (std::size_t i = 1; i < shared.segments.size(); ++i) rest += shared.segments[i].bytes;
  if (rest < settings_.keep_bytes) return std::nullopt;
  if (next.created > around_.clock.now().value() - settings_.keep_time.count() && settings_.keep_time.count() > 0) {
    return std::nullopt;
  }
  const Segment oldest = shared.segments.front();
  shared.segments.erase(shared.segments.begin());
  shared.begin = shared.segments.front().base;
  return oldest;
}

LogCounters Log::Writer::counters() {
  LogCounters counters{.batches = batches_,
                       .bytes = bytes_,
                       .refused_full = refused_full_,
                       .refused_busy = refused_busy_,
                       .sync_max = sync_max_,
                       .damaged_batches = shared.damaged_batches,
                       .detached_readers = shared.detached_readers,
                       .full = full_};
  syncs_.add_to(counters.syncs);
  const std::scoped_lock lock(shared.mutex);
  counters.segments = shared.segments.size();
  for (const Segment& segment : shared.segments) counters.disk_bytes += segment.bytes;
  return counters;
}

}  // namespace artery::log
