// When the next backup by schedule is due. By the monotonic clock, so that nothing a wall clock does makes anybody wait
// for longer than was said. A value. Private to backup/.
#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"

namespace artery::backup {

class Due {
 public:
  static constexpr Duration settle = std::chrono::seconds(10);  // a start has other things to do first
  static constexpr Duration retry_first = std::chrono::minutes(1);
  static constexpr Duration retry_max = std::chrono::hours(1);

  explicit Due(Duration every) : every_(every) {}

  // `last` is when the newest backup was made, by the same clock as `wall`. One from the future was made by a clock
  // that has gone back since.
  void start(Instant now, Time wall, std::optional<Time> last) {
    const Duration wait = last ? every_ - Duration(wall.value() - last->value()) : settle;
    next_ = now + std::clamp(wait, std::min(settle, every_), every_);
  }
  // One is being made: the next comes then, unless it fails.
  void begun(Instant now) { next_ = now + every_; }
  void made() { failures_ = 0; }
  void failed(Instant now) {
    constexpr unsigned doublings_max = 10;
    const Duration wait = retry_first * (1U << std::min(failures_++, doublings_max));
    next_ = now + std::min({wait, retry_max, every_});
  }
  // Somebody else's is under way.
  void later(Instant now) { next_ = now + std::min(retry_first, every_); }

  [[nodiscard]] Instant next() const { return next_; }

 private:
  const Duration every_;
  Instant next_{};
  unsigned failures_ = 0;  // in a row
};

}  // namespace artery::backup
