// The log's one writer: group commit, segments prepared ahead, trimming. Lives on the log's loop; only submit() and
// the stamps are called from elsewhere. Private to log/.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "log/log.h"
#include "log/recovery.h"
#include "log/shared.h"
#include "runtime/task.h"
#include "runtime/turns.h"

namespace artery::log {

class Log::Writer {
 public:
  Writer(Surroundings around, LogSettings settings, std::function<void(const Error&)> on_failed);

  runtime::Task<Result<void>> recover();
  void start();
  runtime::Task<void> close();

  Result<void> submit(BatchBuilder batch, Acknowledge acknowledge);
  Time stamp(std::uint64_t count);
  LogCounters counters();

  void allow_trimming();

  Shared shared;

 private:
  struct Pending {
    BatchHeader header;
    Buffer bytes;
    Acknowledge acknowledge;
  };
  using Group = std::vector<Pending>;

  Result<void> may_take(std::size_t bytes);
  std::int64_t next_arrival();
  runtime::Task<void> run();
  Group take_group();
  runtime::Task<void> commit(Group group);
  runtime::Task<Result<void>> make_room(std::size_t bytes);
  runtime::Task<Result<void>> roll();
  runtime::Task<Result<void>> write(Group* group);
  void publish(Group group);
  runtime::Task<void> write_closing_mark();
  void drop_recent();
  void refuse(Group group, const Error& error);
  void fail(const Error& error);
  void become_full(const Error& error);
  runtime::Task<void> leave_full();
  [[nodiscard]] Error no_room() const;
  runtime::Task<Result<void>> check_room(std::uint64_t bytes);
  runtime::Task<void> watch_room();
  void end_readers(Shared::State state);
  void detach_hopeless();

  void prepare_soon();
  runtime::Task<void> prepare();
  runtime::Task<void> trim();
  std::optional<Segment> take_trimmable();

  const Surroundings around_;
  const LogSettings settings_;
  const std::function<void(const Error&)> on_failed_;

  // Any thread.
  std::mutex pending_mutex_;  // guards the next three
  Group pending_;
  std::int64_t last_arrival_ = 0;
  std::size_t pending_bytes_ = 0;  // those being written count too
  std::atomic<bool> closing_ = false;
  std::atomic<bool> full_ = false;
  std::atomic<bool> failed_ = false;
  std::atomic<std::int64_t> last_stamp_ = 0;
  std::atomic<std::uint64_t> batches_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::uint64_t> refused_full_ = 0;
  std::atomic<std::uint64_t> refused_busy_ = 0;
  DurationHistogram syncs_;  // added to on the loop
  std::atomic<Duration> sync_max_ = Duration(0);

  // The loop's.
  runtime::Wakeup work_;
  runtime::Wakeup spare_changed_;
  runtime::Wakeup trim_asked_;
  runtime::Wakeup task_ended_;
  runtime::Wakeup look_at_room_;
  std::unique_ptr<runtime::File> file_;
  std::uint64_t life_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t capacity_ = 0;
  std::uint64_t position_ = 0;
  std::vector<Spare> spares_;
  std::optional<Error> prepare_error_;
  std::uint64_t spare_number_ = 0;
  bool preparing_ = false;
  // Segments get and lose their names one after the other: a failed sync of the folder takes what was renamed meanwhile
  // with it, and a later one is good all the same.
  runtime::Turns naming_;
  bool trimming_allowed_ = false;
  int tasks_ = 0;  // that are not at their end
  runtime::Scope scope_;
};

}  // namespace artery::log
