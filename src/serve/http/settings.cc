#include "serve/http/settings.h"

namespace artery::serve {

Settings settings_of(ApiSettings& to) {
  using setting::number;
  using setting::size;
  return {
      number("api.queries_max", to.queries_max, {1, 10'000}, "queries",
             "How many queries may be under way at once on one shard; beyond it 503."),
      number("api.signals_per_request_max", to.signals_per_request_max, {1, 100'000}, "signals",
             "How many signals one request may name."),
      size(
          "api.page_bytes_max", to.page_bytes_max, {64ULL << 10, 1ULL << 30},
          "Of one page of samples (32 bytes and its text for each) or of a list of the catalogue (its texts); the page "
          "ends there, and its `next` leads on."),
      size("api.import_bytes_max", to.import_bytes_max, {1024, 1ULL << 30},
           "Of a catalogue that is imported, as it was sent; beyond it 413."),
      number("api.subscriptions_max", to.subscriptions_max, {1, 10'000}, "subscriptions", "Of one WebSocket."),
  };
}

}  // namespace artery::serve
