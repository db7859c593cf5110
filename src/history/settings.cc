#include "history/settings.h"

namespace artery::history {

Settings settings_of(HistorySettings& to) {
  using namespace std::chrono_literals;
  using setting::duration;
  using setting::flag;
  using setting::number;
  using setting::size;
  return {
      size("history.checkpoint_bytes", to.checkpoint_bytes, {1ULL << 20, 64ULL << 30},
           "The samples in memory are written to a segment after this much of log."),
      duration("history.checkpoint_time", to.checkpoint_time, {1s, 24h * 30},
               "And when the oldest of them has been in memory for this time."),
      size("history.head_bytes_max", to.head_bytes_max, {1ULL << 20, 64ULL << 30},
           "Memory for samples that are in no segment yet. Beyond it they are written, and the log waits."),
      size("history.read_bytes", to.read_bytes, {64ULL << 10, 64ULL << 20}, "Taken from the log at once."),
      number("history.compaction_neighbours", to.compaction.neighbours, {2, 1000}, "segments",
             "So many neighbouring segments of about one size become one."),
      size("history.segment_bytes_max", to.compaction.segment_bytes_max, {1ULL << 20, 1ULL << 40},
           "Segments that together have more than this do not become one."),
      size("history.compaction_bytes_per_second", to.compaction.bytes_per_second, {64ULL << 10, 1ULL << 40},
           "What merging and rewriting segments may read and write of the disk in a second, together."),
      duration(
          "history.purge_after", to.compaction.purge_after, {0s, 24h * 365},
          "A segment that holds deleted samples is rewritten without them after this time, if no merge did it before."),
      duration("history.rest_after", to.compaction.rest_after, {1s, 24h * 365},
               "Segments that no merge has come to for this time are coded anew, smaller, as merges do."),
      retention_setting(
          "history.retention", to.retention,
          "How long samples are kept, by MQTT topic filters over the names of signals; the first rule that "
          "selects a signal counts. Whole days (UTC) are let go of. What no rule selects is kept for good."),
      retention_setting(
          "history.tiles_retention", to.tiles_retention,
          "How long what samples came to is kept, by minute, hour and day, for plots and aggregates of times whose "
          "samples are let go of (history.retention). Rules as there. Of what no rule selects it goes with them."),
      flag("history.retention_trusts_clock", to.retention_trusts_clock,
           "Let go of samples also while the machine's clock is not known to be synchronised, as it never is where "
           "there is no NTP. "
           "With a clock that goes wrong samples are lost too early."),
  };
}

}  // namespace artery::history
