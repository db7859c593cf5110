#include "log/settings.h"

#include <fmt/format.h>

namespace artery::log {

Settings settings_of(LogSettings& to) {
  using namespace std::chrono_literals;
  using setting::duration;
  using setting::size;
  return {
      size("log.segment_bytes", to.segment_bytes, {1ULL << 20, 4ULL << 30},
           "Size of one file of the log. Two are there at least: the one being written and one prepared ahead."),
      size("log.batch_bytes_max", to.batch_bytes_max, {64ULL << 10, 1ULL << 30},
           "The longest batch the log takes; must be at least 4KiB below log.segment_bytes."),
      size("log.pending_bytes_max", to.pending_bytes_max, {1ULL << 20, 16ULL << 30},
           "What may wait for its sync. Beyond it senders are told to slow down."),
      size("log.memory_bytes_max", to.memory_bytes_max, {1ULL << 20, 16ULL << 30},
           "Batches kept in memory for readers that are a little behind; those further behind read the disk."),
      size("log.keep_bytes", to.keep_bytes, {},
           "How much of the log is kept although all its readers have stored what they need of it."),
      duration("log.keep_time", to.keep_time, {0s, 24h * 3650},
               "How long the log is kept although all its readers have stored what they need of it."),
  };
}

Result<void> check(const LogSettings& settings) {
  if (settings.batch_bytes_max + segment_overhead_bytes <= settings.segment_bytes) return {};
  return Error(SettingError::bad_value,
               fmt::format("log.batch_bytes_max = '{}' must be at least 4KiB below "
                           "log.segment_bytes, which is {}",
                           show_size(settings.batch_bytes_max), show_size(settings.segment_bytes)));
}

}  // namespace artery::log
