#include "admission/settings.h"

namespace artery::admission {

Settings settings_of(AdmissionSettings& to) {
  using namespace std::chrono_literals;
  using setting::duration;
  using setting::flag;
  using setting::number;
  using setting::size;
  return {
      flag("admission.strict", to.strict, "Refuse samples of unknown names instead of creating their signals."),
      duration(
          "admission.future_max", to.future_max, {0s, 24h * 3650},
          "How far ahead of the node's clock a source's time may be. Holds only while that clock is synchronised."),
      size("admission.text_bytes_max", to.text_bytes_max, {1, 1ULL << 20}, "The longest text value."),
      number("admission.fields_per_row_max", to.fields_per_row_max, {1, 65'535}, "fields",
             "How many fields one line, or one object of JSON, may have."),
      number("admission.refusals_max", to.refusals_max, {1, 10'000}, "refusals",
             "How many refusals the answer to a write names. All are counted."),
      size("admission.batch_bytes", to.batch_bytes, {4ULL << 10, 64ULL << 20}, "About where a batch is closed."),
      number("admission.batches_in_flight_max", to.batches_in_flight_max, {1, 64}, "batches",
             "How many batches of one shard may wait for their sync while the next collects."),
      size("admission.pending_bytes_max", to.pending_bytes_max, {1ULL << 20, 16ULL << 30},
           "What one shard may collect behind them. Beyond it senders are told to slow down."),
      number("admission.series_cached_max", to.series_cached_max, {1'000, 100'000'000}, "names",
             "How many resolved names each shard remembers."),
  };
}

}  // namespace artery::admission
